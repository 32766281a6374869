import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { act, openDevice } from "../lib/actions";
import { LiveCard } from "../lib/base-card";
import { controlStyles } from "../lib/control-styles";
import { renderInput, renderOutput } from "../lib/controls";
import {
  iconOf,
  type Json,
  type MaestraEntity,
  type Place,
} from "../lib/entity";
import { formatAgo } from "../lib/format";
import type { Hass, Message } from "../lib/hass";
import { head } from "../lib/head";
import { HistoryController } from "../lib/history";
import type { CardModule } from "../lib/lazy-card";
import { message, messageStyles } from "../lib/message";
import { Setter } from "../lib/setter";
import { sparkStyles } from "../lib/spark";
import { cardStyles } from "../lib/styles";
import { TickController } from "../lib/tick";
import { entityForm, entityStub } from "./entity-form";
import {
  HISTORY_HOURS,
  chartedEntities,
  type EntityCardConfig,
} from "./entity-model";
import { entityStyles } from "./entity-styles";
import { texts, type Text } from "./texts";

const HISTORY_BUCKETS = 48;

/** One Maestra entity: its variables with their controls, its place in the hierarchy, who changed it last. */
class EntityCard extends LiveCard<EntityCardConfig, MaestraEntity> {
  static override styles = [
    cardStyles,
    messageStyles,
    sparkStyles,
    controlStyles,
    entityStyles,
  ];

  /** Why a variable was not set, by its name. */
  @state() private errors: Readonly<Record<string, string | undefined>> = {};

  protected override readonly likely = 3;

  readonly #history = new HistoryController(
    this,
    HISTORY_HOURS,
    HISTORY_BUCKETS,
  );
  readonly #setter = new Setter(
    (name, value) => this.#send(name, value),
    () => {
      this.requestUpdate();
    },
  );

  constructor() {
    super();
    new TickController(this, 10_000);
  }

  protected override get followed(): Message | undefined {
    const name = this.#name;
    return name ? { type: "maestra/entity", entity: name } : undefined;
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    const entity = this.#entity;
    if (this.hass && entity && this.config?.history !== false) {
      this.#history.follow(this.hass, chartedEntities(entity));
    }
  }

  protected override refusal(language: string): string {
    return texts(language)("refused_detail");
  }

  protected override renderCard(
    hass: Hass,
    config: EntityCardConfig,
  ): TemplateResult | typeof nothing {
    return this.#name
      ? super.renderCard(hass, config)
      : message("mdi:cube-outline", texts(hass.locale.language)("not_chosen"));
  }

  protected override renderThings(
    hass: Hass,
    config: EntityCardConfig,
  ): TemplateResult {
    const text = texts(hass.locale.language);
    const entity = this.#entity;
    return entity
      ? this.#renderEntity(hass, config, text, entity)
      : message(
          "mdi:cube-off-outline",
          text("not_there"),
          text("not_there_detail", { name: config.name ?? config.slug ?? "" }),
        );
  }

  #renderEntity(
    hass: Hass,
    config: EntityCardConfig,
    text: Text,
    entity: MaestraEntity,
  ): TemplateResult {
    const inputs = entity.variables.filter(({ is_input }) => is_input);
    const outputs = entity.variables.filter(({ is_input }) => !is_input);
    const device = hass.devices[entity.device_id ?? ""];
    return html`
      ${head(
        iconOf(entity.type),
        config.name ?? device?.name_by_user ?? entity.name,
        html`${entity.ancestors.map(
          (above) => html`${this.#renderPlace(hass, above)} › `,
        )}${entity.type_name}`,
        entity.is_online
          ? nothing
          : html`<span class="state">${text("offline")}</span>`,
      )}
      ${
        entity.variables.length || entity.children.length
          ? nothing
          : message(
              "mdi:tune-variant",
              text("no_variables"),
              text("no_variables_detail"),
            )
      }
      <div class="variables">
        ${
          inputs.length && outputs.length
            ? html`<h3>${text("inputs")}</h3>`
            : nothing
        }
        ${repeat(
          inputs,
          ({ name }) => name,
          (variable) =>
            renderInput({
              variable,
              value: this.#setter.shown(variable.name, variable.value),
              label: variable.label,
              locale: hass.locale,
              disabled: !entity.can_set,
              error:
                this.errors[variable.name] ?? variable.warning ?? undefined,
              points: this.#history.of(variable.entity_ids[0]),
              set: (value) => {
                this.#setter.set(variable.name, value);
              },
              refuse: (reason) => {
                this.#setError(variable.name, reason);
              },
            }),
        )}
        ${
          inputs.length && outputs.length
            ? html`<h3>${text("outputs")}</h3>`
            : nothing
        }
        ${repeat(
          outputs,
          ({ name }) => name,
          (variable) =>
            renderOutput(
              variable,
              hass.locale,
              this.#history.of(variable.entity_ids[0]),
            ),
        )}
        ${
          entity.children.length
            ? html`<h3>${text("children")}</h3>
                <div class="children">
                  ${entity.children.map((below) =>
                    this.#renderPlace(hass, below, "pill"),
                  )}
                </div>`
            : nothing
        }
      </div>
      ${
        entity.variables.length
          ? html`<div class="foot">${this.#changed(hass, text, entity)}</div>`
          : nothing
      }
    `;
  }

  /** A name that leads to the device's page, for those who may open it. */
  #renderPlace(hass: Hass, place: Place, kind = ""): TemplateResult {
    const { device_id: deviceId, name } = place;
    return hass.user?.is_admin && deviceId
      ? html`<button
          class=${kind}
          @click=${() => {
            openDevice(deviceId);
          }}
        >
          ${name}
        </button>`
      : html`<span class=${kind}>${name}</span>`;
  }

  #changed(hass: Hass, text: Text, entity: MaestraEntity): string {
    const ago = formatAgo(entity.changed_at, Date.now(), hass.locale);
    const who =
      entity.changed_by === "home_assistant"
        ? text("by_home_assistant")
        : entity.changed_by;
    return who ? text("changed_by", { who, ago }) : text("changed", { ago });
  }

  get #name(): string | undefined {
    return this.config?.slug || this.config?.device;
  }

  get #entity(): MaestraEntity | null | undefined {
    return this.things?.get(this.#name ?? "");
  }

  async #send(name: string, value: Json): Promise<void> {
    const entity = this.#entity;
    if (this.hass && entity) {
      const reason = await act(this.hass, "set_state", {
        slug: entity.slug,
        state: { [name]: value },
      });
      this.#setError(name, reason);
    }
  }

  #setError(name: string, reason: string | undefined): void {
    if (this.errors[name] !== reason) {
      this.errors = { ...this.errors, [name]: reason };
    }
  }
}

const card: CardModule = {
  tag: "maestra-entity-card",
  element: EntityCard,
  form: entityForm,
  stub: entityStub,
};
export default card;
