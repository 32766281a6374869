import {
  html,
  nothing,
  svg,
  type PropertyValues,
  type TemplateResult,
} from "lit";
import { state } from "lit/decorators.js";
import { styleMap } from "lit/directives/style-map.js";
import { showMoreInfo } from "../lib/actions";
import { LiveCard } from "../lib/base-card";
import { factStyles, facts } from "../lib/facts";
import { formatAgo, formatNumber, formatTime, joined } from "../lib/format";
import type { Hass } from "../lib/hass";
import { head } from "../lib/head";
import { HistoryController } from "../lib/history";
import type { CardModule } from "../lib/lazy-card";
import { message, messageStyles } from "../lib/message";
import { now, recent } from "../lib/range";
import { readStates } from "../lib/recorder";
import { spark, sparkStyles } from "../lib/spark";
import { cardStyles, toolStyles } from "../lib/styles";
import { TickController } from "../lib/tick";
import { COASTLINE } from "./coastline";
import { issForm } from "./iss-form";
import {
  TANK,
  byTeam,
  detectionsOf,
  detectorsOf,
  isOdd,
  legendOf,
  whereIn,
  readingOf,
  stationOf,
  trackOf,
  type Channel,
  type Detection,
  type IssCardConfig,
  type Reading,
  type Station,
  type Thing,
  type Things,
} from "./iss-model";
import {
  HEIGHT,
  WIDTH,
  isSunlit,
  nightPath,
  onMap,
  placeAt,
  sunAt,
  trackPath,
  type Place,
} from "./iss-sky";
import { issStyles } from "./iss-styles";
import type en from "./strings.en.json";
import { texts, type Text } from "./texts";

const HOURS = 24;
const BUCKETS = 48;
/** Seconds of the way that are drawn on each side: one orbit. */
const ORBIT = 5_580;
/** Rows of a sections view in which there is room for the map only. */
const COMPACT_ROWS = 5;
const DOTS: Readonly<Record<Station["signal"], string>> = {
  acquired: "",
  stale: "waiting",
  lost: "failed",
};
/** Meridians and parallels, each 30 degrees. */
const GRID = [
  ...Array.from({ length: 11 }, (_, index) => `M${(index + 1) * 60} 0V360`),
  ...Array.from({ length: 5 }, (_, index) => `M0 ${(index + 1) * 60}H720`),
].join("");

/** The station: its way over a map, its signal, its channels by discipline, and the tank that detectors watch. */
class IssCard extends LiveCard<IssCardConfig, Thing> {
  static override styles = [
    cardStyles,
    toolStyles,
    messageStyles,
    sparkStyles,
    factStyles,
    issStyles,
  ];

  @state() private openTeams: ReadonlySet<string> = new Set();
  /** The channel that is looked at. */
  @state() private openId: string | undefined;
  @state() private detections: readonly Detection[] = [];

  readonly #history = new HistoryController(this, HOURS, BUCKETS);
  /** The events of which the detections were read. */
  #read = "";

  constructor() {
    super();
    new TickController(this, 1_000);
  }

  protected override get followed() {
    const { feed } = this.config ?? {};
    return { type: "maestra/iss", ...(feed ? { feed } : {}) };
  }

  protected override refusal(language: string): string {
    return texts(language)("refused_detail");
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    void this.#readDetections();
  }

  protected override renderThings(
    hass: Hass,
    config: IssCardConfig,
    things: Things,
  ): TemplateResult {
    const text = texts(hass.locale.language);
    const station = stationOf(things);
    if (!station) {
      return message("mdi:space-station", text("none"), text("none_detail"));
    }
    const rows = config.grid_options?.rows;
    const isCompact = typeof rows === "number" && rows <= COMPACT_ROWS;
    const { connected, signal, since } = station;
    const tank = station.channels.find(({ id }) => id === TANK);
    const hasMap = config.map !== false;
    const side = isCompact
      ? nothing
      : html`<div class="side">
          ${renderFigures(hass, things, text)}
          ${tank ? this.#renderTank(hass, tank, things, text) : nothing}
        </div>`;
    return html`
      ${head(
        "mdi:space-station",
        config.name ?? text("title"),
        html`<span
            class="dot ${connected ? DOTS[signal] : "offline"}"
            style="display: inline-block"
          ></span
          >${
            connected
              ? joined(
                  text(`signal_${signal}`),
                  since && formatAgo(since, Date.now(), hass.locale),
                )
              : text("disconnected")
          }`,
      )}
      <div
        class="top ${hasMap && !isCompact ? "both" : ""} ${isCompact ? "fills" : ""}"
      >
        ${hasMap ? renderMap(hass, station, things, text, isCompact) : nothing}
        ${side}
      </div>
      ${
        isCompact || config.channels === false
          ? nothing
          : html`<div class="list ${this.isSized ? "fills" : ""}" tabindex="-1">
              ${byTeam(station.channels).map(([team, channels]) =>
                this.#renderTeam(hass, team, channels, things, text),
              )}
            </div>`
      }
    `;
  }

  #renderTank(
    hass: Hass,
    tank: Channel,
    things: Things,
    text: Text,
  ): TemplateResult {
    const level = readingOf(things, TANK)?.value ?? undefined;
    if (tank.entity_id) {
      this.#history.follow(hass, [tank.entity_id]);
    }
    const percent = Math.min(100, Math.max(0, level ?? 0));
    return html`<div class="tank">
      <div class="line">
        <div class="title">${text("tank")}</div>
        <div class="value">
          ${level === undefined ? "–" : `${formatNumber(level, hass.locale)} %`}
        </div>
      </div>
      <div
        class="level"
        role="meter"
        aria-label=${text("tank")}
        aria-valuemin="0"
        aria-valuemax="100"
        aria-valuenow=${percent}
      >
        <div style=${styleMap({ width: `${percent}%` })}></div>
      </div>
      ${spark(this.#history.of(tank.entity_id), level)}
      ${
        this.detections.length
          ? html`<ul tabindex="0" aria-label=${text("detections")}>
              ${this.detections.map((each) =>
                renderDetection(hass, each, text),
              )}
            </ul>`
          : html`<div class="subtitle">${text("no_detections")}</div>`
      }
    </div>`;
  }

  #renderTeam(
    hass: Hass,
    team: string,
    channels: readonly Channel[],
    things: Things,
    text: Text,
  ): TemplateResult {
    const odd = channels.filter(({ id }) => {
      const reading = readingOf(things, id);
      return reading && isOdd(reading);
    }).length;
    return html`<details
      data-team=${team}
      ?open=${this.openTeams.has(team)}
      @toggle=${(event: Event) => {
        const teams = new Set(this.openTeams);
        if ((event.target as HTMLDetailsElement).open) {
          teams.add(team);
        } else {
          teams.delete(team);
        }
        this.openTeams = teams;
      }}
    >
      <summary>
        <span class="title">${text(`team_${team}` as keyof typeof en)}</span>
        <span class="subtitle">
          ${joined(
            odd ? text("odd", { count: odd }) : undefined,
            String(channels.length),
          )}
        </span>
        <ha-icon icon="mdi:chevron-down"></ha-icon>
      </summary>
      ${
        this.openTeams.has(team)
          ? html`<ul>
              ${channels.map((channel) =>
                this.#renderChannel(
                  hass,
                  channel,
                  readingOf(things, channel.id),
                  text,
                ),
              )}
            </ul>`
          : nothing
      }
    </details>`;
  }

  #renderChannel(
    hass: Hass,
    channel: Channel,
    reading: Reading | undefined,
    text: Text,
  ): TemplateResult {
    const isOpen = channel.id === this.openId;
    return html`<li>
      <button
        class="row"
        aria-expanded=${isOpen ? "true" : "false"}
        data-channel=${channel.id}
        @click=${() => {
          this.openId = isOpen ? undefined : channel.id;
        }}
      >
        <span class="label">${channel.label}</span>
        <span class="value ${reading && isOdd(reading) ? "odd" : ""}"
          >${valueOf(hass, channel, reading)}</span
        >
      </button>
      ${isOpen ? this.#renderAbout(hass, channel, reading, text) : nothing}
    </li>`;
  }

  #renderAbout(
    hass: Hass,
    channel: Channel,
    reading: Reading | undefined,
    text: Text,
  ): TemplateResult {
    const entityId = channel.entity_id;
    return html`<div class="about">
      <div class="subtitle">
        ${joined(
          channel.id,
          reading &&
            text("measured", {
              ago: formatAgo(reading.time, Date.now(), hass.locale),
            }),
          reading?.status,
          reading?.color,
        )}
      </div>
      ${
        channel.legend
          ? html`<ul class="legend" aria-label=${text("legend")}>
              ${legendOf(channel, reading).map(
                ({ code, meaning, isNow }) =>
                  html`<li
                    class=${isNow ? "now" : ""}
                    aria-current=${isNow ? "true" : "false"}
                  >
                    ${code} ${meaning}
                  </li>`,
              )}
            </ul>`
          : nothing
      }
      ${
        entityId
          ? html`<button
              class="pill"
              @click=${() => {
                showMoreInfo(this, entityId);
              }}
            >
              ${text("history")}
            </button>`
          : nothing
      }
    </div>`;
  }

  /** Reads what was found when there is a detection more. */
  async #readDetections(): Promise<void> {
    const { hass } = this;
    const found = hass ? detectorsOf(Object.values(hass.states), TANK) : [];
    const news = found
      .map(({ entity_id, state }) => `${entity_id} ${state}`)
      .join();
    if (!hass || news === this.#read) {
      return;
    }
    this.#read = news;
    const range = recent(HOURS);
    const ids = found.map(({ entity_id }) => entity_id);
    const recorded = await readStates(hass, ids, range, true);
    // The newest may not be in the recorder yet.
    const newest = found.map(({ state, attributes }) => [
      { s: state, a: { ...attributes }, lu: range.end },
    ]);
    this.detections = detectionsOf(
      [...Object.values(recorded), ...newest],
      range,
    );
  }
}

function renderMap(
  hass: Hass,
  { signal, has_position: hasPosition }: Station,
  things: Things,
  text: Text,
  isCompact: boolean,
): TemplateResult {
  const time = now();
  const track = trackOf(things) ?? [];
  const place = placeAt(track, time);
  const sun = sunAt(time);
  const ways = [
    { kind: "past", path: trackPath(track, time - ORBIT, time) },
    { kind: "next", path: trackPath(track, time, time + ORBIT) },
  ];
  const [sunX, sunY] = onMap(sun);
  const label = place
    ? text("map_at", written(place, hass, text))
    : text("map");
  return html`<div class="map">
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label=${label}>
      <rect class="sea" width=${WIDTH} height=${HEIGHT} />
      <path class="land" d=${COASTLINE} />
      <path class="grid" d=${GRID} />
      <path class="night" d=${nightPath(sun)} />
      <circle class="sun" cx=${sunX} cy=${sunY} r="6" />
      ${hass.config ? renderHome(hass.config) : nothing}
      ${ways.map(
        ({ kind, path }) =>
          svg`<path class="halo" d=${path} /><path class="way ${kind}" d=${path} />`,
      )}
      ${place ? renderStation(place, signal) : nothing}
    </svg>
    ${
      isCompact
        ? nothing
        : html`<div class="key subtitle">
            ${
              place
                ? html`<span>${text("past")}</span
                    ><span class="next">${text("next")}</span>`
                : text(hasPosition ? "no_vector" : "no_position")
            }
          </div>`
    }
  </div>`;
}

function renderHome(place: Place): TemplateResult {
  const [x, y] = onMap(place);
  return svg`<path class="home" d="M${x} ${y - 6}l6 6h-2v5h-8v-5h-2z" />`;
}

function renderStation(
  place: Place,
  signal: Station["signal"],
): TemplateResult {
  const [x, y] = onMap(place);
  return svg`${
    signal === "lost"
      ? nothing
      : svg`<circle class="ring" cx=${x} cy=${y} r="14" />`
  }<circle
    class="station ${signal}"
    cx=${x}
    cy=${y}
    r="7"
  />`;
}

function renderFigures(
  hass: Hass,
  things: Things,
  text: Text,
): TemplateResult | typeof nothing {
  const position = whereIn(things);
  if (!position) {
    return nothing;
  }
  const place = placeAt(trackOf(things) ?? [], now()) ?? position;
  const { latitude, longitude } = written(place, hass, text);
  const figure = (value: number, unit: string) =>
    `${formatNumber(value, hass.locale, 0)} ${unit}`;
  const isLit = isSunlit(place, position.altitude, sunAt(now()));
  return facts([
    [text("below"), `${latitude}, ${longitude}`],
    [text("altitude"), figure(position.altitude, "km")],
    [text("velocity"), figure(position.velocity * 3.6, "km/h")],
    [text("light"), text(isLit ? "light_sun" : "light_shadow")],
    [text("heard"), formatAgo(position.time, Date.now(), hass.locale)],
  ]);
}

function renderDetection(
  hass: Hass,
  { time, confidence, start, end }: Detection,
  text: Text,
): TemplateResult {
  return html`<li class="line">
    <span
      >${formatTime(time, hass.locale, {
        weekday: "short",
        hour: "numeric",
        minute: "2-digit",
      })}</span
    >
    <span
      >${joined(
        start !== undefined && end !== undefined
          ? text("filled", { start, end })
          : undefined,
        confidence === undefined
          ? undefined
          : text("sure", { percent: Math.round(confidence * 100) }),
      )}</span
    >
  </li>`;
}

/** Writes a place: degrees with the sky's direction. */
function written(
  place: Place,
  hass: Hass,
  text: Text,
): { latitude: string; longitude: string } {
  const degrees = (value: number) => ({
    degrees: formatNumber(Math.abs(value), hass.locale, 1),
  });
  const { latitude, longitude } = place;
  return {
    latitude: text(latitude < 0 ? "south" : "north", degrees(latitude)),
    longitude: text(longitude < 0 ? "west" : "east", degrees(longitude)),
  };
}

function valueOf(
  hass: Hass,
  channel: Channel,
  reading: Reading | undefined,
): string {
  if (!reading) {
    return "–";
  }
  const { value } = reading;
  if (value === null) {
    return reading.text || "–";
  }
  if (channel.legend) {
    return (
      legendOf(channel, reading).find(({ isNow }) => isNow)?.meaning ??
      (reading.text || String(value))
    );
  }
  return [formatNumber(value, hass.locale), channel.unit]
    .filter(Boolean)
    .join(" ");
}

const card: CardModule = {
  tag: "maestra-iss-card",
  element: IssCard,
  form: issForm,
  stub: () => ({ map: true, channels: true }),
};
export default card;
