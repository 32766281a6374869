import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { styleMap } from "lit/directives/style-map.js";
import { MaestraCard } from "../lib/base-card";
import { formatMoment, formatNumber, formatTime, joined } from "../lib/format";
import type { Hass } from "../lib/hass";
import { head } from "../lib/head";
import type { CardModule } from "../lib/lazy-card";
import { statusOf } from "../lib/live";
import { message, messageStyles, unready } from "../lib/message";
import { RangeController, now, panned, zoomed, type Range } from "../lib/range";
import { cardStyles, toolStyles } from "../lib/styles";
import { iconButton, rangeTools } from "../lib/toolbar";
import { HistoryChart, type Look } from "./history-chart";
import { historyForm, historyStub } from "./history-form";
import {
  COMPARES,
  aligned,
  compose,
  covers,
  csv,
  entityIdOf,
  figuresOf,
  noteAt,
  notesIn,
  readAhead,
  seconds,
  seriesOf,
  valueAt,
  widthFor,
  withBlock,
  type Block,
  type Compare,
  type HistoryCardConfig,
  type Line,
  type Note,
  type Series,
} from "./history-model";
import { readBlock, readNewest, type Failure } from "./history-reader";
import { historyStyles } from "./history-styles";
import { texts, type Text } from "./texts";

const HOURS = [1, 24, 168, 720, 8760] as const;
const DEFAULT_HOURS = 24;
const HOUR = 3600;
/** What a chart has room for, in pixels a value. */
const PIXELS = 2;
const MAX_ROOM = 600;
/** How much more is read in coarser buckets, so that one can go far at once. */
const FAR = 10;
const REFRESH = 10_000;
/** Rows that there will be, while it loads. */
const LIKELY = 5;
const COLORS = ["#4269d0", "#f4bd4a", "#ff725c", "#6cc5b0", "#a463f2"];

/** The time of a chart: what is live stays so when one zooms, as it ends where it did. */
class ChartRange extends RangeController {
  override zoom(factor: number, at = this.#anchor()): void {
    const view = panned(zoomed(this.view, factor, at), 0, now());
    this.look(view, this.milliseconds / 1000);
  }

  #anchor(): number {
    const { start, end } = this.view;
    return this.isLive ? end : (start + end) / 2;
  }
}

/** Lines of the past, aggregated by the database. */
class HistoryCard extends MaestraCard<HistoryCardConfig> {
  static override styles = [
    cardStyles,
    toolStyles,
    messageStyles,
    historyStyles,
  ];

  @state() private blocks: readonly Block[] = [];
  @state() private compare: Compare = "none";
  @state() private concealed: ReadonlySet<number> = new Set();
  @state() private areNotesShown = true;
  @state() private pointed: number | undefined;
  @state() private isBusy = false;
  @state() private isRecorder = false;
  /** What is newest of each series: a bucket has only means. */
  @state() private newest: readonly (number | undefined)[] = [];
  @state() private failure: Failure | undefined;

  readonly #range = new ChartRange(this, REFRESH, (hasMovedOn) => {
    void this.#load(hasMovedOn);
  });
  /** The time that the chart shows. */
  #drawn: Range | undefined;
  #series: readonly Series[] = [];
  #labels: readonly (string | undefined)[] = [];
  #chart: HistoryChart | undefined;
  #isMaking = false;
  /** Told apart from what was asked for before something else was chosen. */
  #question: object = {};

  override setConfig(config: HistoryCardConfig): void {
    super.setConfig(config);
    this.#series = seriesOf(config);
    this.compare = COMPARES.find((one) => one === config.compare) ?? "none";
    this.concealed = new Set();
    this.#forget();
    this.#range.show(Number(config.hours) || DEFAULT_HOURS);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#range.moveOn();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#chart?.destroy();
    this.#chart = undefined;
  }

  protected override renderCard(
    hass: Hass,
    config: HistoryCardConfig,
  ): TemplateResult {
    const { language } = hass.locale;
    const text = texts(language);
    if (!this.#series.length) {
      return message("mdi:chart-line", text("none"), text("none_detail"));
    }
    const { failure } = this;
    const { lines, earlier } = this.#composed();
    const isEmpty = !lines.some((line) => figuresOf(line, this.#range.view));
    const status = this.blocks.length ? statusOf(failure?.code) : "loading";
    if (isEmpty && status) {
      return unready(language, status, text("refused_detail"), LIKELY);
    }
    if (isEmpty && failure) {
      return failed(failure, text);
    }
    const names = this.#series.map((_, index) => this.#name(hass, index));
    const notes = notesIn(this.blocks, this.#range.view);
    return html`
      ${this.#renderHead(hass, config, names, lines, text)}
      ${this.#renderTools(hass, text)}
      <div class="chart ${this.isSized ? "fills" : ""}">
        <div
          class="plot"
          role="img"
          title=${text("help")}
          aria-label=${text("chart", { names: names.join(", ") })}
        ></div>
        ${isEmpty ? html`<div class="over">${text("empty")}</div>` : nothing}
        ${this.isBusy ? html`<div class="busy"></div>` : nothing}
      </div>
      <ul class="legend">
        ${lines.map((line, index) =>
          this.#renderEntry(hass, names, index, line, text, false),
        )}
        ${earlier.map((line, index) =>
          this.concealed.has(index) || this.compare === "none"
            ? nothing
            : this.#renderEntry(hass, names, index, line, text, true),
        )}
        ${this.#renderNotes(hass, notes, text)}
      </ul>
      ${
        this.isRecorder
          ? html`<div class="note">
              <ha-icon icon="mdi:information-outline"></ha-icon>
              <span>${text("recorder")}</span>
            </div>`
          : nothing
      }
      ${
        failure
          ? html`<div class="note error" role="alert">
              <ha-icon icon="mdi:alert-circle-outline"></ha-icon>
              <span
                >${text(failure.code === "store_missing" ? "no_store" : "failed")}</span
              >
            </div>`
          : nothing
      }
    `;
  }

  #renderHead(
    hass: Hass,
    config: HistoryCardConfig,
    names: readonly string[],
    lines: readonly Line[],
    text: Text,
  ): TemplateResult {
    const only = names.length === 1 ? names[0] : undefined;
    return head(
      "mdi:chart-line",
      config.name ?? only ?? text("title"),
      this.#writtenRange(hass, text),
      iconButton("mdi:download", text("save"), () => {
        save(
          csv(
            names.map((name, index) => withUnit(name, this.#unit(hass, index))),
            lines,
            this.#range.view,
          ),
        );
      }),
    );
  }

  #writtenRange(hass: Hass, text: Text): string {
    const { start, end } = this.#range.view;
    const isLong = end - start > 90 * 24 * HOUR;
    const write = (at: number) =>
      formatTime(at, hass.locale, {
        day: "numeric",
        month: "short",
        ...(isLong
          ? { year: "numeric" }
          : { hour: "numeric", minute: "2-digit" }),
      });
    return `${write(start)} – ${this.#range.isLive ? text("now").toLocaleLowerCase() : write(end)}`;
  }

  #renderTools(hass: Hass, text: Text): TemplateResult {
    return html`<div class="tools">
      ${rangeTools(hass.locale.language, HOURS, this.#range)}
      <select
        aria-label=${text("compare")}
        @change=${(event: Event) => {
          this.compare = (event.target as HTMLSelectElement).value as Compare;
          this.#forget();
        }}
      >
        ${COMPARES.map(
          (compare) =>
            html`<option value=${compare} ?selected=${compare === this.compare}>
              ${text(`compare_${compare}`)}
            </option>`,
        )}
      </select>
    </div>`;
  }

  #renderEntry(
    hass: Hass,
    names: readonly string[],
    index: number,
    line: Line,
    text: Text,
    isEarlier: boolean,
  ): TemplateResult {
    const unit = this.#unit(hass, index);
    const figures = figuresOf(line, this.#range.view);
    const isShown = !this.concealed.has(index);
    const here =
      this.pointed === undefined ? undefined : valueAt(line, this.pointed);
    const write = (value: number | undefined) =>
      value === undefined
        ? "–"
        : `${formatNumber(value, hass.locale)} ${unit}`.trim();
    const figure = (
      key: "last" | "at" | "min" | "mean" | "max",
      value?: number,
    ) =>
      html`<span class="figure ${key === "last" || key === "at" ? "now" : ""}"
        ><small>${text(key)}</small>${write(value)}</span
      >`;
    const name = names[index] ?? "";
    const swatch = html`<span
      class="swatch"
      style=${styleMap({ "--line": this.#color(index) })}
    ></span>`;
    return html`<li class="entry ${isEarlier ? "earlier" : ""}">
      ${
        isEarlier
          ? html`<span class="who"
              >${swatch}<span
                >${name} · ${text(`compare_${this.compare}`)}</span
              ></span
            >`
          : html`<button
              class="who"
              aria-pressed=${isShown ? "true" : "false"}
              @click=${() => {
                const concealed = new Set(this.concealed);
                if (!concealed.delete(index)) {
                  concealed.add(index);
                }
                this.concealed = concealed;
              }}
            >
              ${swatch}<span>${name}</span>
            </button>`
      }
      ${
        this.pointed === undefined
          ? figure(
              "last",
              this.#range.isLive && !isEarlier
                ? (this.newest[index] ?? figures?.last)
                : figures?.last,
            )
          : figure("at", here)
      }${figure("min", figures?.min)}${figure("mean", figures?.mean)}${figure(
        "max",
        figures?.max,
      )}
    </li>`;
  }

  /** Where there are any: a switch, and the one that somebody points at, else the newest. */
  #renderNotes(
    hass: Hass,
    notes: readonly Note[],
    text: Text,
  ): TemplateResult | typeof nothing {
    if (!notes.length) {
      return nothing;
    }
    const pointed =
      this.pointed === undefined
        ? notes.at(-1)
        : noteAt(notes, this.pointed, this.#range.view);
    return html`<li class="entry notes">
      <button
        class="who"
        aria-pressed=${this.areNotesShown ? "true" : "false"}
        @click=${() => {
          this.areNotesShown = !this.areNotesShown;
        }}
      >
        <span class="swatch"></span
        ><span>${text("notes", { count: notes.length })}</span>
      </button>
      ${
        pointed
          ? html`<span class="note-text" title=${pointed.detail ?? nothing}
              ><small>${formatMoment(pointed.time, hass.locale)}</small
              >${pointed.title}</span
            >`
          : nothing
      }
    </li>`;
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    const plot = this.renderRoot.querySelector<HTMLElement>(".plot");
    if (this.#chart && this.#chart.element !== plot) {
      this.#chart.destroy();
      this.#chart = undefined;
    }
    if (plot && !this.#chart) {
      void this.#make(plot);
    } else if (
      this.#drawn !== this.#range.view ||
      [...changed.keys()].some((key) => key !== "pointed")
    ) {
      this.#draw();
    }
    if (this.hass && !this.blocks.length && !this.isBusy && !this.failure) {
      void this.#load();
    }
  }

  async #make(element: HTMLElement): Promise<void> {
    if (this.#isMaking) {
      return;
    }
    this.#isMaking = true;
    try {
      const { default: make } = await import("uplot");
      if (element.isConnected && !this.#chart) {
        this.#chart = new HistoryChart(element, make, {
          pan: (by) => {
            this.#range.pan(by);
          },
          zoom: (factor, at) => {
            this.#range.zoom(factor, at);
          },
          point: (at) => {
            this.pointed = at;
          },
        });
        this.#draw();
        void this.#load();
      }
    } finally {
      this.#isMaking = false;
    }
  }

  #draw(): void {
    const { hass, config } = this;
    if (!hass || !config || !this.#chart) {
      return;
    }
    this.#drawn = this.#range.view;
    const { lines, earlier } = this.#composed();
    const isCompared = this.compare !== "none";
    const looks = [
      ...lines.map((_, index) => this.#look(hass, index, false)),
      ...(isCompared
        ? lines.map((_, index) => this.#look(hass, index, true))
        : []),
    ];
    this.#chart.draw({
      view: this.#range.view,
      ...aligned(isCompared ? [...lines, ...earlier] : lines),
      looks,
      hasBand: config.band !== false,
      notes: this.areNotesShown ? notesIn(this.blocks, this.#range.view) : [],
      locale: hass.locale,
    });
  }

  #look(hass: Hass, index: number, isEarlier: boolean): Look {
    return {
      label: String(index),
      color: this.#color(index),
      unit: this.#unit(hass, index),
      isShown: !this.concealed.has(index),
      isEarlier,
    };
  }

  #color(index: number): string {
    const themed = getComputedStyle(this)
      .getPropertyValue(`--color-${index + 1}`)
      .trim();
    return themed || (COLORS[index % COLORS.length] ?? "");
  }

  #name(hass: Hass, index: number): string {
    const series = this.#series[index];
    const id = series && entityIdOf(series);
    return (
      series?.name ??
      (id
        ? (textOf(hass.states[id]?.attributes["friendly_name"]) ?? id)
        : (this.#labels[index] ??
          joined(...Object.values(series?.address ?? {}).map(String))))
    );
  }

  #unit(hass: Hass, index: number): string {
    const series = this.#series[index];
    const shown = series && hass.states[entityIdOf(series) ?? ""]?.attributes;
    return series?.unit ?? textOf(shown?.["unit_of_measurement"]) ?? "";
  }

  #composed(): { lines: Line[]; earlier: Line[] } {
    return compose(
      this.blocks,
      this.#range.view,
      this.#width(),
      this.#series.length,
    );
  }

  #width(): ReturnType<typeof widthFor> {
    const pixels = this.#chart?.element.clientWidth ?? 300;
    return widthFor(
      this.#range.view.end - this.#range.view.start,
      Math.min(MAX_ROOM, Math.max(60, pixels / PIXELS)),
    );
  }

  #forget(): void {
    this.#question = {};
    this.blocks = [];
    this.failure = undefined;
    this.isBusy = false;
    this.isRecorder = false;
  }

  /** Reads what is missing, one range at a time: first what is seen, then far around it. */
  async #load(isAnew = false): Promise<void> {
    if (this.isBusy || !this.hass || !this.#series.length) {
      return;
    }
    const question = this.#question;
    this.isBusy = true;
    let wanted = this.#wanted(isAnew);
    const reading = this.#range.isLive
      ? readNewest(this.hass, this.#series)
      : [];
    while (wanted) {
      const { range, width } = wanted;
      const { block, labels, isRecorder, failure } = await readBlock(
        this.hass,
        this.#series,
        range,
        width,
        this.compare,
        this.config?.notes !== false,
      );
      if (question !== this.#question) {
        return;
      }
      this.failure = failure;
      // What was drawn stays while the connection is lost.
      if (!failure || !this.blocks.length || hasPoints(block)) {
        this.isRecorder = isRecorder;
        this.#labels = labels;
        this.blocks = withBlock(this.blocks, block);
      }
      // What fails is tried again when something is asked for anew.
      wanted = failure ? undefined : this.#wanted(false);
    }
    const newest = await reading;
    if (question === this.#question) {
      this.newest = newest;
      this.isBusy = false;
    }
  }

  #wanted(
    isAnew: boolean,
  ): { range: Range; width: Block["width"] } | undefined {
    const { blocks } = this;
    const { view } = this.#range;
    const width = this.#width();
    if (isAnew || !covers(blocks, view, width, now())) {
      return { range: readAhead(view, width, now()), width };
    }
    const span = (view.end - view.start) * FAR;
    const far = zoomed(view, FAR, (view.start + view.end) / 2);
    const coarse = widthFor(span, span / FAR / seconds(width));
    return this.preview || covers(blocks, far, coarse, now())
      ? undefined
      : { range: readAhead(far, coarse, now()), width: coarse };
  }
}

function hasPoints({ lines }: Block): boolean {
  return lines.some(({ time }) => time.length);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function withUnit(name: string, unit: string): string {
  return unit ? `${name} (${unit})` : name;
}

/** Lets the browser save a file. */
function save(content: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type: "text/csv" }));
  link.download = "history.csv";
  link.click();
  URL.revokeObjectURL(link.href);
}

function failed(failure: Failure, text: Text): TemplateResult {
  return failure.code === "store_missing"
    ? message("mdi:database-off", text("no_store"), text("no_store_detail"))
    : message("mdi:alert-circle", text("failed"), failure.message);
}

const card: CardModule = {
  tag: "maestra-history-card",
  element: HistoryCard,
  form: historyForm,
  stub: historyStub,
};
export default card;
