import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { styleMap } from "lit/directives/style-map.js";
import { MaestraCard } from "../lib/base-card";
import { formatMoment, formatNumber } from "../lib/format";
import type { Hass } from "../lib/hass";
import { head } from "../lib/head";
import type { CardModule } from "../lib/lazy-card";
import { statusOf } from "../lib/live";
import { message, messageStyles, unready } from "../lib/message";
import { RangeController } from "../lib/range";
import { cardStyles, toolStyles } from "../lib/styles";
import { rangeTools } from "../lib/toolbar";
import { summaryForm } from "./summary-form";
import {
  COUNTS,
  SEVERITIES,
  barsOf,
  type Counted,
  type Summary,
  type SummaryCardConfig,
} from "./summary-model";
import { summaryStyles } from "./summary-styles";
import { texts, type Text } from "./texts";

const HOURS = [1, 24, 168, 720, 8760] as const;
const DEFAULT_HOURS = 168;
const REFRESH = 60_000;
/** Rows that there will be, while it loads. */
const LIKELY = 5;

/** How much there was of all that was recorded, and what there was most of. */
class SummaryCard extends MaestraCard<SummaryCardConfig> {
  static override styles = [
    cardStyles,
    toolStyles,
    messageStyles,
    summaryStyles,
  ];

  @state() private summary: Summary | undefined;
  @state() private failure: string | undefined;

  readonly #range = new RangeController(this, REFRESH, () => {
    this.#question = undefined;
  });
  /** Told apart from what was asked for before. */
  #question: object | undefined;

  override setConfig(config: SummaryCardConfig): void {
    super.setConfig(config);
    this.#range.show(Number(config.hours) || DEFAULT_HOURS);
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    if (this.hass && !this.#question) {
      void this.#read(this.hass);
    }
  }

  protected override renderCard(
    hass: Hass,
    config: SummaryCardConfig,
  ): TemplateResult {
    const { language } = hass.locale;
    const text = texts(language);
    const { summary, failure } = this;
    const { start, end } = this.#range.view;
    const status =
      statusOf(failure) ?? (summary || failure ? undefined : "loading");
    if (status) {
      return unready(language, status, text("refused_detail"), LIKELY);
    }
    if (!summary) {
      return failure === "store_missing"
        ? message("mdi:database-off", text("no_store"), text("no_store_detail"))
        : message("mdi:alert-circle", text("failed"));
    }
    const severities = SEVERITIES.map((severity) => ({
      label: text(`severity_${severity}`),
      count: summary.severities[severity] ?? 0,
    }));
    return html`
      ${head(
        "mdi:chart-box-outline",
        config.name ?? text("title"),
        `${formatMoment(start, hass.locale)} – ${formatMoment(end, hass.locale)}`,
      )}
      <div class="tools">${rangeTools(language, HOURS, this.#range)}</div>
      <dl class="counts">
        ${COUNTS.map(
          (key) =>
            html`<div class="count">
              <dt>${text(`count_${key}`)}</dt>
              <dd>${formatNumber(summary.counts[key], hass.locale)}</dd>
            </div>`,
        )}
      </dl>
      <div class="ranks">
        ${this.#renderRanks(hass, "list_severities", severities, text)}
        ${this.#renderRanks(hass, "list_event_types", summary.event_types, text)}
        ${this.#renderRanks(
          hass,
          "list_failing_devices",
          summary.failing_devices,
          text,
        )}
        ${this.#renderRanks(hass, "list_entities", summary.entities, text)}
      </div>
      ${
        failure
          ? html`<div class="note" role="status">${text("failed")}</div>`
          : nothing
      }
    `;
  }

  #renderRanks(
    hass: Hass,
    title: Parameters<Text>[0],
    counted: readonly Counted[],
    text: Text,
  ): TemplateResult | typeof nothing {
    const bars = barsOf(counted);
    return bars.length
      ? html`<section>
          <h3>${text(title)}</h3>
          <ul>
            ${bars.map(
              ({ label, count, share }) =>
                html`<li
                  class="rank"
                  style=${styleMap({ "--share": `${share * 100}%` })}
                >
                  <span>${label}</span>
                  <span>${formatNumber(count, hass.locale)}</span>
                </li>`,
            )}
          </ul>
        </section>`
      : nothing;
  }

  async #read(hass: Hass): Promise<void> {
    const question = (this.#question = {});
    let summary = this.summary;
    let failure: string | undefined;
    try {
      summary = await hass.connection.sendMessagePromise<Summary>({
        type: "maestra/summary",
        ...this.#range.view,
      });
    } catch (error) {
      failure = (error as { code?: string }).code ?? "unknown";
    }
    if (question === this.#question) {
      this.summary = summary;
      this.failure = failure;
    }
  }
}

const card: CardModule = {
  tag: "maestra-summary-card",
  element: SummaryCard,
  form: summaryForm,
  stub: () => ({ hours: DEFAULT_HOURS }),
};
export default card;
