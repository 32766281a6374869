import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { LiveCard } from "../lib/base-card";
import { copy } from "../lib/clipboard";
import { formatNumber, formatTime, joined } from "../lib/format";
import type { Hass } from "../lib/hass";
import { head } from "../lib/head";
import type { CardModule } from "../lib/lazy-card";
import { LiveController } from "../lib/live";
import { message, messageStyles } from "../lib/message";
import { Recycler } from "../lib/rows";
import { cardStyles, toolStyles } from "../lib/styles";
import { choice, searchField } from "../lib/toolbar";
import { busForm } from "./bus-form";
import {
  asText,
  missed,
  newestFirst,
  total,
  type BusCardConfig,
  type BusMessage,
  type Gateway,
} from "./bus-model";
import { busStyles } from "./bus-styles";
import { texts, type Text } from "./texts";

/** Milliseconds that somebody types before another filter counts. */
const PAUSE = 300;

/** Rows that are drawn while nobody scrolls: in a flood each of them is another one four times a second. */
const ROWS_AT_TOP = 30;

/** What passes through the connections: figures of each, and the messages as they pass. */
class BusCard extends LiveCard<BusCardConfig, Gateway> {
  static override styles = [cardStyles, toolStyles, messageStyles, busStyles];

  @state() private subject = "";
  /** What is shown while it is paused. */
  @state() private paused: readonly BusMessage[] | undefined;
  @state() private isCopied = false;
  @state() private isScrolled = false;

  protected override readonly followed = { type: "maestra/traffic" };
  /** What passes while nobody looks is there too when somebody does. */
  readonly #messages = new LiveController<BusMessage>(this, true);
  readonly #rows = new Recycler<number>();
  #typing: ReturnType<typeof setTimeout> | undefined;

  override setConfig(config: BusCardConfig): void {
    if (config.subject !== this.config?.subject) {
      this.subject = config.subject ?? "";
    }
    super.setConfig(config);
  }

  protected override willUpdate(changed: PropertyValues): void {
    this.#messages.follow(
      this.hass,
      // While it is paused, nothing has to be sent.
      this.paused
        ? undefined
        : { type: "maestra/messages", subject: this.subject },
    );
    super.willUpdate(changed);
  }

  protected override refusal(language: string): string {
    return texts(language)("refused_detail");
  }

  protected override renderThings(
    hass: Hass,
    config: BusCardConfig,
    things: ReadonlyMap<string, Gateway | null>,
  ): TemplateResult {
    const text = texts(hass.locale.language);
    const gateways = [...things.values()].filter((each) => each !== null);
    const rate = (name: string) =>
      formatNumber(total(gateways, name), hass.locale, 0.1);
    return html`
      ${head(
        "mdi:swap-vertical",
        config.name ?? text("title"),
        text("summary", {
          in: rate("messages_in"),
          out: rate("messages_out"),
        }),
      )}
      ${
        gateways.length
          ? gateways.map((gateway) => this.#renderGateway(hass, gateway, text))
          : message("mdi:lan-disconnect", text("none"), text("none_detail"))
      }
      ${gateways.length ? this.#renderTail(hass, text) : nothing}
    `;
  }

  #renderGateway(hass: Hass, gateway: Gateway, text: Text): TemplateResult {
    const { rates, latency_p50: p50, latency_p99: p99 } = gateway;
    const number = (value: number) => formatNumber(value, hass.locale, 0.1);
    const times =
      p50 === null || p99 === null
        ? undefined
        : {
            p50: formatNumber(p50, hass.locale),
            p99: formatNumber(p99, hass.locale),
          };
    const reasons = Object.entries(gateway.reasons)
      .map(([reason, count]) => `${reason} ${count}`)
      .join(", ");
    return html`<div class="gateway">
      <span class="dot ${gateway.connected ? "" : "failed"}"></span>
      <div class="titles">
        <div class="title">${gateway.title}</div>
        <div class="subtitle">
          ${joined(
            gateway.connected ? undefined : text("disconnected"),
            gateway.dialect,
            gateway.clients === null
              ? undefined
              : text("clients", { count: gateway.clients }),
          )}
        </div>
      </div>
      <div class="figures">
        <div class="title">
          ${
            rates
              ? text("rates", {
                  in: number(rates["messages_in"] ?? 0),
                  out: number(rates["messages_out"] ?? 0),
                })
              : "–"
          }
        </div>
        <div
          class="subtitle"
          title=${times ? text("latency_title", times) : nothing}
        >
          ${times ? text("latency", times) : nothing}
        </div>
      </div>
      ${
        gateway.refused
          ? html`<div class="error">
              ${text("refusals", { count: gateway.refused, reasons })}
            </div>`
          : nothing
      }
      ${
        gateway.unsent
          ? html`<div class="error">
              ${text("unsent", { count: gateway.unsent })}
            </div>`
          : nothing
      }
    </div>`;
  }

  #renderTail(hass: Hass, text: Text): TemplateResult {
    const messages = this.paused ?? this.#shown;
    const drawn =
      this.paused || this.isScrolled
        ? messages
        : messages.slice(0, ROWS_AT_TOP);
    const keys = this.#rows.keysOf(drawn.map(({ number }) => number));
    const lost = missed(messages);
    return html`<div class="tools">
        ${searchField(text("filter"), this.subject, (value) => {
          clearTimeout(this.#typing);
          this.#typing = setTimeout(() => {
            this.subject = value;
            this.paused = undefined;
          }, PAUSE);
        })}
        ${choice(
          text(this.paused ? "go_on" : "pause"),
          Boolean(this.paused),
          () => {
            this.paused = this.paused ? undefined : this.#shown;
          },
        )}
        <button
          class="pill"
          ?disabled=${!messages.length}
          @click=${() => {
            void this.#copy(messages);
          }}
        >
          ${text(this.isCopied ? "copied" : "copy")}
        </button>
      </div>
      ${
        lost
          ? html`<div class="note subtitle">
              ${text("missed", { count: lost })}
            </div>`
          : nothing
      }
      <ul
        class="tail"
        tabindex="0"
        aria-label=${text("messages")}
        @scroll=${({ target }: Event) => {
          this.isScrolled = (target as HTMLElement).scrollTop > 0;
        }}
      >
        ${
          drawn.length
            ? repeat(
                drawn,
                ({ number }) => keys.get(number),
                (each) => this.#renderMessage(hass, each, text),
              )
            : html`<li class="empty">${text("waiting")}</li>`
        }
      </ul>`;
  }

  #renderMessage(hass: Hass, said: BusMessage, text: Text): TemplateResult {
    return html`<li>
      <span class="meta"
        >${formatTime(said.time, hass.locale, {
          hour: "2-digit",
          minute: "2-digit",
          second: "2-digit",
        })} <span aria-hidden="true">${said.is_incoming ? "↓" : "↑"}</span
        ><span class="sr-only"
          >${text(said.is_incoming ? "received" : "sent")}</span
        >
        ${said.gateway}</span
      >
      ${said.place}
      <span class="payload">${said.payload}</span>
    </li>`;
  }

  get #shown(): readonly BusMessage[] {
    const { live } = this.#messages;
    return live.status === "ready" ? newestFirst(live.things.values()) : [];
  }

  async #copy(messages: readonly BusMessage[]): Promise<void> {
    this.isCopied = await copy(this.renderRoot, asText(messages));
    setTimeout(() => {
      this.isCopied = false;
    }, 2000);
  }
}

const card: CardModule = {
  tag: "maestra-bus-card",
  element: BusCard,
  form: busForm,
  stub: () => ({}),
};
export default card;
