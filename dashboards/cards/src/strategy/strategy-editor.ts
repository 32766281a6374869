// The form of the dashboard's options.
import { LitElement, html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import type { FormField, Hass } from "../lib/hass";
import { strategyTexts, type Text } from "./house";
import { VIEW_KEYS, type Options } from "./views";

export const TAG = "maestra-strategy-editor";
const LONGEST_HOURS = 8760;

/** Returns the fields of the options. */
export function strategySchema(text: Text): readonly FormField[] {
  return [
    { name: "areas", selector: { area: { multiple: true } } },
    {
      name: "hours",
      selector: {
        number: {
          min: 1,
          max: LONGEST_HOURS,
          mode: "box",
          unit_of_measurement: "h",
        },
      },
    },
    {
      name: "hide",
      selector: {
        select: {
          multiple: true,
          mode: "list",
          options: VIEW_KEYS.map((value) => ({ value, label: text(value) })),
        },
      },
    },
  ];
}

/** What Home Assistant shows of a dashboard's strategy in its editor. */
export class StrategyEditor extends LitElement {
  @property({ attribute: false }) hass?: Hass;
  @state() private config: Options = {};

  setConfig(config: Options): void {
    this.config = config;
  }

  protected override render(): TemplateResult | typeof nothing {
    const { hass } = this;
    if (!hass) {
      return nothing;
    }
    const text = strategyTexts(hass.locale.language);
    return html`<ha-form
      .hass=${hass}
      .data=${this.config}
      .schema=${strategySchema(text)}
      .computeLabel=${({ name }: FormField) =>
        text(`form_${name as keyof Options}`)}
      @value-changed=${(event: CustomEvent<{ value: Options }>) => {
        event.stopPropagation();
        this.dispatchEvent(
          new CustomEvent("config-changed", {
            detail: { config: event.detail.value },
            bubbles: true,
            composed: true,
          }),
        );
      }}
    ></ha-form>`;
  }
}
