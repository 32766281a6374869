import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { act, showMoreInfo } from "../lib/actions";
import { LiveCard } from "../lib/base-card";
import {
  deviceList,
  deviceListStyles,
  inSight,
  type DeviceRow,
} from "../lib/device-list";
import { formatAgo, formatNumber, formatSpan, joined } from "../lib/format";
import type { Hass } from "../lib/hass";
import { head } from "../lib/head";
import { HistoryController } from "../lib/history";
import type { CardModule } from "../lib/lazy-card";
import { LiveController, type Live } from "../lib/live";
import { message, messageStyles, unready } from "../lib/message";
import { spark, sparkStyles } from "../lib/spark";
import { cardStyles, toolStyles } from "../lib/styles";
import { TickController } from "../lib/tick";
import { searchField } from "../lib/toolbar";
import type en from "./strings.en.json";
import { telemetryForm } from "./telemetry-form";
import {
  PARTS,
  endingsOf,
  isAdrift,
  isQuiet,
  lettersOf,
  lookOf,
  nodesOf,
  type Certificate,
  type Component,
  type Controller,
  type DeadLetter,
  type Ending,
  type Part,
  type QsNode,
  type Reading,
  type TelemetryCardConfig,
} from "./telemetry-model";
import { telemetryStyles } from "./telemetry-styles";
import { texts, type Text } from "./texts";

/** From this many on there is something to search in. */
const MANY = 8;
/** So many dead letters and certificates are shown at first. */
const FEW = 3;
const HISTORY_HOURS = 24;
const HISTORY_BUCKETS = 24;
const NONE: ReadonlyMap<string, never> = new Map<string, never>();

/** An action on a component. */
interface Move {
  key: "unlock" | "lock" | "sound" | "silence";
  domain: string;
  action: string;
  /** Whether one is asked first. */
  isAsked?: boolean;
}

/** QS nodes, F2 controllers and certificates in one look. */
class TelemetryCard extends LiveCard<TelemetryCardConfig, QsNode> {
  static override styles = [
    cardStyles,
    toolStyles,
    messageStyles,
    sparkStyles,
    deviceListStyles,
    telemetryStyles,
  ];

  @state() private search = "";
  @state() private scrolled = 0;
  /** The lists that are shown as a whole. */
  @state() private whole: ReadonlySet<Part> = new Set();
  /** The component of which is asked whether it is meant. */
  @state() private asking: string | undefined;
  /** What Home Assistant was asked about, and why something was refused: by component or dead letter. */
  @state() private busy: ReadonlySet<string> = new Set();
  @state() private errors: Readonly<Record<string, string | undefined>> = {};

  protected override readonly followed = { type: "maestra/qs_nodes" };
  readonly #letters = new LiveController<DeadLetter>(this);
  readonly #controllers = new LiveController<Controller>(this);
  readonly #certificates = new LiveController<Certificate>(this);
  readonly #history = new HistoryController(
    this,
    HISTORY_HOURS,
    HISTORY_BUCKETS,
  );

  constructor() {
    super();
    new TickController(this, 5_000);
  }

  protected override willUpdate(changed: PropertyValues): void {
    const { hass } = this;
    this.#letters.follow(
      hass,
      hass?.user?.is_admin ? { type: "maestra/qs_dead_letters" } : undefined,
    );
    this.#controllers.follow(hass, { type: "maestra/f2_controllers" });
    this.#certificates.follow(hass, { type: "maestra/certificates" });
    super.willUpdate(changed);
  }

  protected override refusal(language: string): string {
    return texts(language)("refused_detail");
  }

  protected override renderThings(
    hass: Hass,
    config: TelemetryCardConfig,
    things: ReadonlyMap<string, QsNode | null>,
  ): TemplateResult {
    const { language } = hass.locale;
    const text = texts(language);
    const others = [this.#controllers.live, this.#certificates.live];
    if (others.some(({ status }) => status === "loading")) {
      return unready(language, "loading", "", this.likely);
    }
    const parts = new Set<Part>(config.parts?.length ? config.parts : PARTS);
    const shown = <Thing>(part: Part, found: ReadonlyMap<string, Thing>) =>
      parts.has(part) ? found : NONE;
    const now = Date.now();
    const nodes = nodesOf(shown("nodes", things).values(), "", now);
    const letters = lettersOf(
      shown("dead_letters", thingsOf(this.#letters.live)).values(),
    );
    const controllers = [
      ...shown("controllers", thingsOf(this.#controllers.live)).values(),
    ].filter((controller) => controller !== null);
    const certificates = endingsOf(thingsOf(this.#certificates.live), now);
    const endings = parts.has("certificates") ? certificates : [];
    const isEmpty = ![nodes, letters, controllers, endings].some(
      ({ length }) => length,
    );
    if (isEmpty && !this.isSmall) {
      return message("mdi:access-point-off", text("none"), text("none_detail"));
    }
    const count = (key: "nodes" | "controllers" | "letters", number: number) =>
      number ? text(`summary_${key}`, { count: number }) : undefined;
    const alerts = alertsOf(nodes, controllers, endings, now, text);
    return html`
      ${head(
        "mdi:access-point",
        config.name ?? text("title"),
        isEmpty
          ? text("none")
          : joined(
              count("nodes", nodes.length),
              count("controllers", controllers.length),
              count("letters", letters.length),
            ),
      )}
      ${
        this.isSmall
          ? html`<div class="note">${alerts || text("all_well")}</div>`
          : html`<div class="body ${this.isSized ? "fills" : ""}">
              ${this.#renderNodes(hass, nodes, now, text)}
              ${this.#renderLetters(hass, letters, text)}
              ${
                controllers.length
                  ? html`<h3>${text("part_controllers")}</h3>
                      ${repeat(
                        controllers,
                        ({ certificate }) => certificate,
                        (controller) =>
                          this.#renderController(
                            hass,
                            controller,
                            certificates,
                            text,
                          ),
                      )}`
                  : nothing
              }
              ${this.#renderEndings(endings, controllers, text)}
            </div>`
      }
    `;
  }

  #renderNodes(
    hass: Hass,
    all: readonly QsNode[],
    now: number,
    text: Text,
  ): TemplateResult | typeof nothing {
    if (!all.length) {
      return nothing;
    }
    const nodes = this.search ? nodesOf(all, this.search, now) : all;
    const scroll = {
      at: this.scrolled,
      moved: (at: number) => {
        this.scrolled = at;
      },
    };
    const { first, shown } = inSight(this.renderRoot, nodes, scroll);
    this.#history.follow(
      hass,
      shown.flatMap(({ latest }) => latest?.entity_id ?? []),
    );
    return html`<h3>${text("part_nodes")}</h3>
      ${
        all.length > MANY
          ? html`<div class="tools">
              ${searchField(text("search"), this.search, (value) => {
                this.search = value;
              })}
            </div>`
          : nothing
      }
      ${
        nodes.length
          ? deviceList(
              nodes.length,
              first,
              shown.map((node) => this.#row(hass, node, now, text)),
              scroll,
              false,
            )
          : message("mdi:magnify", text("no_match"))
      }`;
  }

  #row(hass: Hass, node: QsNode, now: number, text: Text): DeviceRow {
    const { locale } = hass;
    const { latest } = node;
    const quiet = isQuiet(node, now);
    const value = latest?.value;
    const clock = drift(node.drift, hass, text);
    const seen = node.last_seen
      ? formatAgo(node.last_seen, now, locale)
      : text("never");
    return {
      key: node.id,
      status: quiet
        ? "offline"
        : isAdrift(node.drift) || node.ids_reused
          ? "waiting"
          : "online",
      statusName: text(quiet ? "node_quiet" : "node_online"),
      title: hass.devices[node.device_id ?? ""]?.name_by_user ?? node.id,
      // What should be looked at comes first: a narrow row has no room for all.
      subtitle: joined(
        quiet ? seen : undefined,
        isAdrift(node.drift) ? clock : undefined,
        node.per_minute === null
          ? undefined
          : text("rate", { rate: formatNumber(node.per_minute, locale, 1) }),
        isAdrift(node.drift) ? undefined : clock,
        node.dead_letters
          ? text("letters", { count: node.dead_letters })
          : undefined,
        node.ids_reused
          ? text("reused", { count: node.ids_reused })
          : undefined,
        quiet ? undefined : seen,
      ),
      trend:
        typeof value === "number"
          ? spark(this.#history.of(latest?.entity_id), value)
          : undefined,
      value: latest
        ? { text: reading(latest, hass), label: latest.label }
        : undefined,
      deviceId: hass.user?.is_admin ? node.device_id : undefined,
    };
  }

  #renderLetters(
    hass: Hass,
    letters: readonly DeadLetter[],
    text: Text,
  ): TemplateResult | typeof nothing {
    return this.#renderPart("dead_letters", letters, FEW, text, (letter) =>
      this.#renderLetter(hass, letter, text),
    );
  }

  #renderLetter(hass: Hass, letter: DeadLetter, text: Text): TemplateResult {
    const { id } = letter;
    return html`<div class="letter" data-letter=${id}>
      <div class="about">
        <div class="title">${letter.error}</div>
        <div class="subtitle">
          ${joined(
            letter.device_id ?? letter.topic,
            formatAgo(letter.timestamp, Date.now(), hass.locale),
            letter.is_cut ? text("cut") : undefined,
          )}
        </div>
      </div>
      ${
        letter.is_cut
          ? nothing
          : html`<button
              class="pill"
              aria-label=${text("replay_name", {
                name: letter.device_id ?? letter.topic,
              })}
              ?disabled=${this.busy.has(id)}
              @click=${() => {
                void this.#do(id, () =>
                  act(hass, "replay_dead_letter", { dead_letter: id }),
                );
              }}
            >
              ${text("replay")}
            </button>`
      }
      <details>
        <summary>${text("payload")}</summary>
        <pre tabindex="0">${letter.payload}</pre>
      </details>
      ${this.#renderError(id)}
    </div>`;
  }

  #renderController(
    hass: Hass,
    controller: Controller,
    certificates: readonly Ending[],
    text: Text,
  ): TemplateResult {
    const { certificate, device_id, is_online } = controller;
    const ending = certificates.find(({ name }) => name === certificate);
    const status =
      is_online === null
        ? "controller_unknown"
        : is_online
          ? "controller_online"
          : "controller_away";
    return html`<section data-controller=${certificate}>
      <div class="controller">
        <span
          class="dot ${is_online === null ? "offline" : is_online ? "" : "failed"}"
        ></span>
        <div class="about">
          <div class="title">
            ${hass.devices[device_id ?? ""]?.name_by_user ?? controller.name}
          </div>
          <div class="subtitle">
            ${joined(
              text(status),
              controller.last_seen &&
                formatAgo(controller.last_seen, Date.now(), hass.locale),
              drift(controller.drift, hass, text),
              ending && text("days_left_short", { days: ending.days }),
            )}
          </div>
        </div>
      </div>
      <div class="parts">
        ${controller.components.map((component) =>
          this.#renderComponent(hass, certificate, component, text),
        )}
      </div>
    </section>`;
  }

  #renderComponent(
    hass: Hass,
    mac: string,
    component: Component,
    text: Text,
  ): TemplateResult {
    const { entity_id, kind, number } = component;
    const key = `${mac}/${component.path}`;
    const name = component.name || text(`kind_${kind}`, { number });
    const look = lookOf(component);
    const happened =
      component.event && component.state && Date.parse(component.state)
        ? component.state
        : undefined;
    const says =
      kind === "sensor"
        ? joined(
            ...component.values
              .filter(({ value }) => value !== null)
              .map((value) => `${value.label} ${reading(value, hass)}`),
          ) || text("no_values")
        : joined(
            text(`says_${look.says}` as keyof typeof en),
            happened && formatAgo(happened, Date.now(), hass.locale),
          );
    const entity = component.values[0]?.entity_id ?? entity_id;
    const content = html`<span class="badge"
        ><ha-icon .icon=${look.icon}></ha-icon
      ></span>
      <span class="about">
        <span class="title block">${name}</span>
        <span class="subtitle block">${says}</span>
      </span>`;
    return html`<div
      class="part ${kind} ${look.isGrave ? "grave" : ""}"
      data-path=${component.path}
    >
      ${
        entity
          ? html`<button
              class="look"
              @click=${() => {
                showMoreInfo(this, entity);
              }}
            >
              ${content}
            </button>`
          : html`<div class="look">${content}</div>`
      }
      ${component.can_control ? this.#renderMove(hass, key, name, component, text) : nothing}
      ${this.#renderError(key)}
    </div>`;
  }

  #renderMove(
    hass: Hass,
    key: string,
    name: string,
    component: Component,
    text: Text,
  ): TemplateResult | typeof nothing {
    const move = moveOf(component);
    if (!move) {
      return nothing;
    }
    const isAsking = this.asking === key;
    const button = (isSure: boolean, run: () => void) => {
      const title = text(isSure ? "sound_sure" : move.key);
      return html`<button
        class="pill ${isSure ? "danger" : ""}"
        aria-label=${text("do_name", { action: title, name })}
        ?disabled=${this.busy.has(key)}
        @click=${run}
      >
        ${title}
      </button>`;
    };
    const run = () => {
      this.asking = undefined;
      void this.#do(key, () =>
        act(hass, move.action, { entity_id: component.entity_id }, move.domain),
      );
    };
    if (!move.isAsked) {
      return button(false, run);
    }
    return isAsking
      ? html`${button(true, run)}<button
            class="pill"
            @click=${() => {
              this.asking = undefined;
            }}
          >
            ${text("cancel")}
          </button>`
      : button(false, () => {
          this.asking = key;
        });
  }

  #renderEndings(
    endings: readonly Ending[],
    controllers: readonly Controller[],
    text: Text,
  ): TemplateResult | typeof nothing {
    const names = new Map(
      controllers.map(({ certificate, name }) => [certificate, name]),
    );
    const few = Math.max(
      FEW,
      endings.filter(({ gravity }) => gravity !== "fine").length,
    );
    return this.#renderPart(
      "certificates",
      endings,
      few,
      text,
      (ending) =>
        html`<div class="ending ${ending.gravity}" data-name=${ending.name}>
          <div class="title">
            ${
              ending.purpose === "device"
                ? (names.get(ending.name) ?? ending.name)
                : text(`certificate_${ending.purpose}`)
            }
          </div>
          <div class="title days">
            ${
              ending.gravity === "over"
                ? text("over")
                : text("days_left", { days: ending.days })
            }
          </div>
        </div>`,
    );
  }

  /** A part with a heading, of which at first a few are shown. */
  #renderPart<Item>(
    part: Part,
    items: readonly Item[],
    few: number,
    text: Text,
    render: (item: Item) => TemplateResult,
  ): TemplateResult | typeof nothing {
    if (!items.length) {
      return nothing;
    }
    const isWhole = this.whole.has(part);
    return html`<h3>${text(`part_${part}`)}</h3>
      ${(isWhole ? items : items.slice(0, few)).map(render)}
      ${
        items.length > few
          ? html`<div class="tools">
              <button
                class="pill"
                aria-expanded=${isWhole ? "true" : "false"}
                @click=${() => {
                  const whole = new Set(this.whole);
                  if (!whole.delete(part)) {
                    whole.add(part);
                  }
                  this.whole = whole;
                }}
              >
                ${
                  isWhole
                    ? text("fewer")
                    : text("more", { count: items.length })
                }
              </button>
            </div>`
          : nothing
      }`;
  }

  #renderError(key: string): TemplateResult | typeof nothing {
    const reason = this.errors[key];
    return reason
      ? html`<div class="error" role="alert">${reason}</div>`
      : nothing;
  }

  async #do(
    key: string,
    run: () => Promise<string | undefined>,
  ): Promise<void> {
    this.busy = new Set([...this.busy, key]);
    const reason = await run();
    this.busy = new Set([...this.busy].filter((each) => each !== key));
    this.errors = { ...this.errors, [key]: reason };
  }
}

/** What can be done with a component now. */
function moveOf({ kind, state }: Component): Move | undefined {
  switch (kind) {
    case "strike":
      return state === "unlocked"
        ? { key: "lock", domain: "lock", action: "lock" }
        : { key: "unlock", domain: "maestra", action: "f2_unlock" };
    case "siren":
      return state === "on"
        ? { key: "silence", domain: "siren", action: "turn_off" }
        : { key: "sound", domain: "siren", action: "turn_on", isAsked: true };
    default:
      return undefined;
  }
}

function thingsOf<Thing>(live: Live<Thing>): ReadonlyMap<string, Thing | null> {
  return live.status === "ready" ? live.things : NONE;
}

/** What somebody should look at, in one line. */
function alertsOf(
  nodes: readonly QsNode[],
  controllers: readonly Controller[],
  endings: readonly Ending[],
  now: number,
  text: Text,
): string {
  const counts = {
    quiet: nodes.filter((node) => isQuiet(node, now)).length,
    adrift: nodes.filter((node) => isAdrift(node.drift)).length,
    away: controllers.filter(({ is_online }) => is_online === false).length,
    ending: endings.filter(({ gravity }) => gravity !== "fine").length,
  };
  return joined(
    ...Object.entries(counts).map(([key, count]) =>
      count
        ? text(`alert_${key as keyof typeof counts}`, { count })
        : undefined,
    ),
    ...controllers.flatMap(({ components }) =>
      components.flatMap((component) => {
        const look = lookOf(component);
        return look.isGrave && component.kind !== "reader"
          ? `${component.name || text(`kind_${component.kind}`, { number: component.number })}: ${text(`says_${look.says}` as keyof typeof en)}`
          : [];
      }),
    ),
  );
}

function drift(
  seconds: number | null,
  { locale }: Hass,
  text: Text,
): string | undefined {
  return seconds === null
    ? undefined
    : text(seconds < 0 ? "ahead" : "behind", {
        span: formatSpan(Math.abs(seconds), locale),
      });
}

function reading({ value, unit, decimals }: Reading, { locale }: Hass): string {
  return typeof value === "number"
    ? `${formatNumber(value, locale, decimals ?? undefined)} ${unit ?? ""}`.trim()
    : (value ?? "");
}

const card: CardModule = {
  tag: "maestra-telemetry-card",
  element: TelemetryCard,
  form: telemetryForm,
  stub: () => ({ parts: PARTS }),
};
export default card;
