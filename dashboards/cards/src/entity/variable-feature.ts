import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";
import { act } from "../lib/actions";
import { isOther } from "../lib/base-card";
import { controlStyles } from "../lib/control-styles";
import { renderControl } from "../lib/controls";
import type { Json, MaestraEntity, Variable } from "../lib/entity";
import type { FeatureContext, Hass } from "../lib/hass";
import type { Module } from "../lib/lazy-card";
import { LiveController } from "../lib/live";
import { Setter } from "../lib/setter";
import { cardStyles } from "../lib/styles";
import { variableOf } from "./variable-of";

/** The colour of a light, or all axes of a vector, below a tile of one of its entities. */
class VariableFeature extends LitElement {
  static override styles = [
    cardStyles,
    controlStyles,
    css`
      .value {
        display: none;
      }
      input {
        height: var(--feature-height, 42px);
        border-radius: var(--feature-border-radius, 12px) !important;
      }
      .axes {
        gap: var(--feature-button-spacing, 12px);
      }
      .axes label {
        position: relative;
      }
      .axes span {
        position: absolute;
        inset-inline-start: 12px;
        font-size: var(--ha-font-size-s, 12px);
        text-transform: uppercase;
      }
      .axes input {
        padding-inline-start: 28px;
      }
      @container (max-width: 220px) {
        .axes {
          gap: 4px;
        }
        .axes span {
          display: none;
        }
        .axes input {
          padding-inline: 4px;
        }
      }
      input[type="color"] {
        display: block;
        width: 100%;
      }
      input[type="color"]::-webkit-color-swatch-wrapper {
        padding: 0;
      }
      input[type="color"]::-webkit-color-swatch {
        border-radius: var(--feature-border-radius, 12px);
      }
    `,
  ];

  @property({ attribute: false, hasChanged: isOther }) hass?: Hass;
  @property({ attribute: false }) context: FeatureContext | undefined;

  readonly #live = new LiveController<MaestraEntity>(this);
  readonly #setter = new Setter(
    (name, value) => this.#send(name, value),
    () => {
      this.requestUpdate();
    },
  );

  setConfig(): void {
    // It has no options.
  }

  protected override willUpdate(): void {
    const entity = this.#deviceId;
    this.#live.follow(
      this.hass,
      entity ? { type: "maestra/entity", entity } : undefined,
    );
  }

  protected override render(): TemplateResult | typeof nothing {
    const { hass } = this;
    const entity = this.#entity;
    const variable =
      entity && variableOf(entity, this.context?.entity_id ?? "");
    return hass && entity && variable
      ? this.#renderVariable(hass, entity, variable)
      : nothing;
  }

  #renderVariable(
    hass: Hass,
    entity: MaestraEntity,
    variable: Variable,
  ): TemplateResult {
    const { name, label } = variable;
    return html`${renderControl({
      variable,
      value: this.#setter.shown(name, variable.value),
      label,
      locale: hass.locale,
      disabled: !entity.can_set,
      error: undefined,
      points: undefined,
      set: (value) => {
        this.#setter.set(name, value);
      },
      refuse: () => {
        // What is no number is not taken.
      },
    })}`;
  }

  get #deviceId(): string | undefined {
    const id = this.context?.entity_id ?? "";
    return this.hass?.entities[id]?.device_id ?? undefined;
  }

  get #entity(): MaestraEntity | undefined {
    const { live } = this.#live;
    return live.status === "ready"
      ? (live.things.get(this.#deviceId ?? "") ?? undefined)
      : undefined;
  }

  async #send(name: string, value: Json): Promise<void> {
    const slug = this.#entity?.slug;
    if (this.hass && slug) {
      const data = { slug, state: { [name]: value } };
      const message = await act(this.hass, "set_state", data);
      if (message) {
        // It has no room for why: Home Assistant tells it below the page.
        this.dispatchEvent(
          new CustomEvent("hass-notification", {
            detail: { message },
            bubbles: true,
            composed: true,
          }),
        );
      }
    }
  }
}

const feature: Module = {
  tag: "maestra-variable-feature",
  element: VariableFeature,
};
export default feature;
