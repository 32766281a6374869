import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { styleMap } from "lit/directives/style-map.js";
import { act } from "../lib/actions";
import { MaestraCard } from "../lib/base-card";
import { formatMoment, formatTime, joined } from "../lib/format";
import type { Hass } from "../lib/hass";
import { head } from "../lib/head";
import type { CardModule } from "../lib/lazy-card";
import { LiveController, statusOf } from "../lib/live";
import { message, messageStyles, unready } from "../lib/message";
import { RangeController, zoomed } from "../lib/range";
import { cardStyles, toolStyles } from "../lib/styles";
import { choice, iconButton, rangeTools } from "../lib/toolbar";
import { texts, type Text } from "./texts";
import { timelineForm } from "./timeline-form";
import {
  KINDS,
  barsOf,
  gravity,
  shownOf,
  type Happening,
  type Kind,
  type Shown,
  type TimelineCardConfig,
} from "./timeline-model";
import { readTimeline } from "./timeline-reader";
import { timelineStyles } from "./timeline-styles";

const HOURS = [1, 24, 168, 720] as const;
const DEFAULT_HOURS = 24;
const HOUR = 3600;
const REFRESH = 15_000;
const BARS = 32;
/** Rows that there will be, while it loads. */
const LIKELY = 5;
/** More are not drawn at once. */
const MAX_ROWS = 200;
const ICONS: Readonly<Record<Kind, string>> = {
  event: "mdi:flash",
  detection: "mdi:radar",
  annotation: "mdi:note-text",
  fault: "mdi:lan-disconnect",
  approval: "mdi:account-clock",
};

interface Device {
  name: string;
  is_pending: boolean;
  last_seen: string | null;
  hardware_id: string;
}

/** All that happened, on one line: what devices told, what was found, noted, lost, and who waits. */
class TimelineCard extends MaestraCard<TimelineCardConfig> {
  static override styles = [
    cardStyles,
    toolStyles,
    messageStyles,
    timelineStyles,
  ];

  @state() private happenings: readonly Happening[] | undefined;
  @state() private failure: string | undefined;
  @state() private kinds: ReadonlySet<Kind> = new Set(KINDS);
  @state() private isGrave = false;
  @state() private isNoting = false;
  @state() private refusal: string | undefined;

  readonly #live = new LiveController<Device>(this);
  readonly #range = new RangeController(this, REFRESH, () => {
    this.#question = undefined;
  });
  /** Told apart from what was asked for before. */
  #question: object | undefined;

  override setConfig(config: TimelineCardConfig): void {
    super.setConfig(config);
    this.kinds = new Set(this.#offered());
    this.#range.show(Number(config.hours) || DEFAULT_HOURS);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#range.moveOn();
  }

  protected override willUpdate(changed: PropertyValues): void {
    this.#live.follow(this.hass, { type: "maestra/devices" });
    super.willUpdate(changed);
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    if (this.hass && !this.#question) {
      void this.#read();
    }
  }

  protected override renderCard(
    hass: Hass,
    config: TimelineCardConfig,
  ): TemplateResult {
    const { language } = hass.locale;
    const text = texts(language);
    const status = this.happenings ? statusOf(this.failure) : "loading";
    if (!this.happenings || status) {
      return unready(
        language,
        status ?? "loading",
        text("refused_detail"),
        LIKELY,
      );
    }
    const shown = shownOf(
      [...this.happenings, ...this.#waiting(text)],
      this.#range.view,
      this.kinds,
      this.isGrave ? 1 : 0,
    );
    return html`
      ${this.#renderHead(hass, config, text)}
      ${this.isNoting ? this.#renderForm(hass, text) : nothing}
      ${this.#renderTools(hass, shown, text)}
      ${this.#renderBars(hass, shown, text)}
      ${
        shown.happenings.length
          ? this.#renderList(hass, shown.happenings, text)
          : message("mdi:timeline-clock-outline", text("none"))
      }
      ${
        this.failure
          ? html`<div class="note" role="status">
              ${text(this.failure === "store_missing" ? "no_store" : "failed")}
            </div>`
          : nothing
      }
    `;
  }

  #renderHead(
    hass: Hass,
    config: TimelineCardConfig,
    text: Text,
  ): TemplateResult {
    const mayNote = hass.user?.is_admin && !this.failure;
    const { start, end } = this.#range.view;
    return head(
      "mdi:timeline-clock",
      config.name ?? text("title"),
      `${formatMoment(start, hass.locale)} – ${formatMoment(end, hass.locale)}`,
      mayNote
        ? iconButton("mdi:note-plus-outline", text("note"), () => {
            this.isNoting = !this.isNoting;
            this.refusal = undefined;
          })
        : nothing,
    );
  }

  #renderForm(hass: Hass, text: Text): TemplateResult {
    return html`<form
      @submit=${(event: Event) => {
        event.preventDefault();
        void this.#note(hass, new FormData(event.target as HTMLFormElement));
      }}
    >
      <input
        class="field"
        name="title"
        required
        maxlength="200"
        aria-label=${text("note_title")}
        placeholder=${text("note_title")}
      />
      <input
        class="field"
        name="description"
        maxlength="1000"
        aria-label=${text("note_detail")}
        placeholder=${text("note_detail")}
      />
      <button class="pill primary" type="submit">${text("note_save")}</button>
      <button
        class="pill"
        type="button"
        @click=${() => {
          this.isNoting = false;
        }}
      >
        ${text("note_cancel")}
      </button>
      ${
        this.refusal
          ? html`<div class="error" role="alert">${this.refusal}</div>`
          : nothing
      }
    </form>`;
  }

  #renderTools(hass: Hass, shown: Shown, text: Text): TemplateResult {
    return html`<div class="tools">
        ${rangeTools(hass.locale.language, HOURS, this.#range)}
      </div>
      <div class="tools">
        ${this.#offered()
          .filter((kind) => shown.counts.has(kind) || !this.kinds.has(kind))
          .map((kind) =>
            choice(
              `${text(`kind_${kind}`)} ${shown.counts.get(kind) ?? 0}`,
              this.kinds.has(kind),
              () => {
                const kinds = new Set(this.kinds);
                if (!kinds.delete(kind)) {
                  kinds.add(kind);
                }
                this.kinds = kinds;
              },
            ),
          )}
        ${choice(text("grave"), this.isGrave, () => {
          this.isGrave = !this.isGrave;
        })}
      </div>`;
  }

  #renderBars(hass: Hass, shown: Shown, text: Text): TemplateResult {
    const { view } = this.#range;
    const bars = barsOf(shown.happenings, view, BARS);
    const most = Math.max(1, ...bars.map(({ count }) => count));
    return html`<div class="bars">
        ${bars.map((bar) =>
          bar.count
            ? html`<button
                class="slot grave-${bar.gravity}"
                aria-label=${text("bar", {
                  count: bar.count,
                  start: formatMoment(bar.start, hass.locale),
                })}
                @click=${() => {
                  this.#range.look(zoomed(bar, 2, (bar.start + bar.end) / 2));
                }}
              >
                <span
                  style=${styleMap({ height: `${(bar.count / most) * 100}%` })}
                ></span>
              </button>`
            : html`<div class="slot"></div>`,
        )}
      </div>
      <div class="ends" aria-hidden="true">
        <span>${formatMoment(view.start, hass.locale)}</span>
        <span>${formatMoment(view.end, hass.locale)}</span>
      </div>`;
  }

  #renderList(
    hass: Hass,
    happenings: readonly Happening[],
    text: Text,
  ): TemplateResult {
    const rows = happenings.slice(0, MAX_ROWS);
    let before = "";
    return html`<ul
      class="list ${this.isSized ? "fills" : ""}"
      tabindex="0"
      aria-label=${text("title")}
    >
      ${rows.map((one) => {
        const day = formatTime(one.time, hass.locale, {
          weekday: "long",
          day: "numeric",
          month: "long",
        });
        const head =
          day === before ? nothing : html`<li class="day">${day}</li>`;
        before = day;
        return html`${head}${this.#renderOne(hass, one, text)}`;
      })}
      ${
        happenings.length > rows.length
          ? html`<li class="more">
              ${text("more", { count: happenings.length - rows.length })}
            </li>`
          : nothing
      }
    </ul>`;
  }

  #renderOne(hass: Hass, one: Happening, text: Text): TemplateResult {
    const grave = gravity(one);
    return html`<li class="one grave-${grave}" data-kind=${one.kind}>
      <span class="mark"><ha-icon .icon=${ICONS[one.kind]}></ha-icon></span>
      <div>
        <div class="title">
          ${
            grave
              ? html`<span class="sr-only"
                  >${text(`severity_${grave}`)}:
                </span>`
              : nothing
          }${titleOf(one, text)}
        </div>
        <div class="subtitle">${joined(one.of, one.detail)}</div>
      </div>
      <time datetime=${new Date(one.time * 1000).toISOString()}>
        ${formatTime(one.time, hass.locale, {
          hour: "numeric",
          minute: "2-digit",
          second: "2-digit",
        })}
      </time>
    </li>`;
  }

  /** The kinds that the configuration leaves to choose from. */
  #offered(): readonly Kind[] {
    const wanted = this.config?.kinds;
    return wanted?.length
      ? KINDS.filter((kind) => wanted.includes(kind))
      : KINDS;
  }

  #waiting(text: Text): Happening[] {
    const { live } = this.#live;
    return live.status === "ready"
      ? [...live.things.values()].flatMap((device) =>
          device?.is_pending && device.last_seen
            ? [
                {
                  kind: "approval" as const,
                  time: Date.parse(device.last_seen) / 1000,
                  title: text("waits"),
                  detail: device.hardware_id,
                  severity: "warning",
                  of: device.name,
                },
              ]
            : [],
        )
      : [];
  }

  async #read(): Promise<void> {
    if (!this.hass) {
      return;
    }
    const question = (this.#question = {});
    const { happenings, failure } = await readTimeline(
      this.hass,
      this.#range.view,
    );
    if (question === this.#question) {
      this.happenings = happenings;
      this.failure = failure;
    }
  }

  async #note(hass: Hass, data: FormData): Promise<void> {
    const said = (name: string) => {
      const text = data.get(name);
      return typeof text === "string" ? text.trim() : "";
    };
    const [title, description] = [said("title"), said("description")];
    this.refusal = await act(hass, "annotate", {
      title,
      ...(description ? { description } : {}),
    });
    if (!this.refusal) {
      this.isNoting = false;
      const { start, end } = this.#range.view;
      this.#range.show((end - start) / HOUR);
      // The database has it a moment later.
      this.#question = {};
      this.happenings = [
        ...(this.happenings ?? []),
        {
          kind: "annotation",
          time: this.#range.view.end,
          title,
          detail: description || null,
          severity: "info",
          of: null,
        },
      ];
    }
  }
}

function titleOf({ kind, title, label }: Happening, text: Text): string {
  return kind === "fault"
    ? text(title === "lost" ? "lost" : "back")
    : (label ?? title);
}

const card: CardModule = {
  tag: "maestra-timeline-card",
  element: TimelineCard,
  form: timelineForm,
  stub: () => ({ hours: DEFAULT_HOURS }),
};
export default card;
