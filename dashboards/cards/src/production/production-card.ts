import { html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { act } from "../lib/actions";
import { LiveCard } from "../lib/base-card";
import type { Hass, Message } from "../lib/hass";
import { head } from "../lib/head";
import type { CardModule } from "../lib/lazy-card";
import { message, messageStyles } from "../lib/message";
import { cardStyles, toolStyles } from "../lib/styles";
import { iconButton } from "../lib/toolbar";
import { productionForm } from "./production-form";
import {
  detailOf,
  nameOfShow,
  productionOf,
  shownOf,
  wordsOf,
  type Item,
  type Production,
  type ProductionCardConfig,
} from "./production-model";
import { productionStyles } from "./production-styles";
import { texts, type Text } from "./texts";

/** What an overlay shows now, small, and what waits to be shown. */
class ProductionCard extends LiveCard<ProductionCardConfig, Production> {
  static override styles = [
    cardStyles,
    toolStyles,
    messageStyles,
    productionStyles,
  ];

  /** Why something was refused. */
  @state() private reason: string | undefined;

  protected override readonly likely = 6;

  protected override get followed(): Message {
    return { type: "maestra/productions" };
  }

  protected override refusal(language: string): string {
    return texts(language)("refused_detail");
  }

  protected override renderThings(
    hass: Hass,
    config: ProductionCardConfig,
    things: ReadonlyMap<string, Production | null>,
  ): TemplateResult {
    const text = texts(hass.locale.language);
    const production = productionOf(things.values(), config.production);
    if (!production) {
      return message("mdi:movie-open-off", text("none"), text("none_detail"));
    }
    const { is_live, is_paused, can_control, queue } = production;
    const status = [
      text(is_live ? "live" : "off_air"),
      nameOfShow(production),
      ...(is_paused ? [text("paused")] : []),
    ].join(" · ");
    const run =
      (action: string, data: Record<string, unknown> = {}) =>
      () =>
        void this.#act(hass, action, { production: production.id, ...data });
    return html`
      ${head(
        is_live ? "mdi:broadcast" : "mdi:movie-open-outline",
        config.name ?? production.name,
        status,
        can_control && production.takeover
          ? iconButton("mdi:close", text("clear"), run("clear_takeover"))
          : nothing,
      )}
      <div class="screen" role="img" aria-label=${text("screen")}>
        ${repeat(
          shownOf(production),
          ({ layer }) => layer,
          (shown) =>
            html`<div
              class="shown"
              data-layer=${shown.layer}
              data-state=${shown.state}
              data-type=${shown.type}
            >
              <b>${shown.title}</b>
              ${shown.text ? html`<span>${shown.text}</span>` : nothing}
            </div>`,
        )}
      </div>
      <ul class="queue" aria-label=${text("queue")}>
        ${
          queue.length
            ? repeat(
                queue,
                ({ id }) => id,
                (item) => this.#renderItem(item, can_control, run, text),
              )
            : html`<li><small>${text("empty")}</small></li>`
        }
      </ul>
      ${
        this.reason
          ? html`<div class="note" role="alert">${this.reason}</div>`
          : nothing
      }
    `;
  }

  #renderItem(
    item: Item,
    canControl: boolean,
    run: (action: string, data: Record<string, unknown>) => () => void,
    text: Text,
  ): TemplateResult {
    const { title } = wordsOf(item);
    return html`<li>
      <span class="words">
        ${title}
        <small>${detailOf(item)}</small>
      </span>
      ${
        canControl
          ? iconButton(
              "mdi:close",
              text("remove", { item: title }),
              run("remove_item", { item: item.id }),
            )
          : nothing
      }
    </li>`;
  }

  async #act(
    hass: Hass,
    action: string,
    data: Record<string, unknown>,
  ): Promise<void> {
    this.reason = await act(hass, action, data);
  }
}

const card: CardModule = {
  tag: "maestra-production-card",
  element: ProductionCard,
  form: productionForm,
  stub: () => ({}),
};
export default card;
