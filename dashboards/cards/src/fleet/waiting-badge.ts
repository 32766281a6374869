import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import { isOther } from "../lib/base-card";
import type { CardConfig, Hass } from "../lib/hass";
import type { CardModule } from "../lib/lazy-card";
import { LiveController } from "../lib/live";
import { cardStyles } from "../lib/styles";
import { Applicants, applicantStyles } from "./applicants";
import { fleetOf, type Device } from "./fleet-model";
import { texts } from "./texts";

interface WaitingBadgeConfig extends CardConfig {
  name?: string;
}

/** How many devices wait to be let in, for administrators; pressed, it shows them, to be let in or turned away. */
class WaitingBadge extends LitElement {
  static override styles = [
    cardStyles,
    applicantStyles,
    css`
      :host {
        container-type: normal;
      }
      .waiting-badge {
        display: flex;
        align-items: center;
        gap: 8px;
        box-sizing: border-box;
        height: var(--ha-badge-size, 36px);
        padding: 0 12px 0 8px;
        border: var(--ha-card-border-width, 1px) solid
          var(--ha-card-border-color, var(--divider-color));
        border-radius: var(
          --ha-badge-border-radius,
          calc(var(--ha-badge-size, 36px) / 2)
        );
        background: var(
          --ha-card-background,
          var(--card-background-color, #fff)
        );
        box-shadow: var(--ha-card-box-shadow, none);
        text-align: start;
        anchor-name: --badge;
      }
      .waiting-badge:disabled {
        opacity: 1;
      }
      ha-icon {
        --mdc-icon-size: var(--ha-badge-icon-size, 18px);
        color: var(--secondary-text-color);
      }
      .some ha-icon {
        color: var(--warning-color);
      }
      .label,
      .content {
        display: block;
        font-weight: var(--ha-font-weight-medium, 500);
        white-space: nowrap;
      }
      .label {
        font-size: var(--ha-font-size-xs, 10px);
        line-height: 10px;
        color: var(--secondary-text-color);
      }
      .content {
        font-size: var(--ha-badge-font-size, var(--ha-font-size-s, 12px));
        line-height: 16px;
        color: var(--primary-text-color);
      }
      [popover] {
        box-sizing: border-box;
        width: min(420px, 100vw - 32px);
        max-height: min(70vh, 480px);
        padding: 12px 0 4px;
        border: var(--ha-card-border-width, 1px) solid
          var(--ha-card-border-color, var(--divider-color));
        border-radius: var(--ha-card-border-radius, 12px);
        background: var(--card-background-color, #fff);
        color: var(--primary-text-color);
        box-shadow: 0 4px 16px rgb(0 0 0 / 25%);
        overflow-y: auto;
      }
      /* Elsewhere it is in the middle of the page. */
      @supports (position-area: bottom) {
        [popover] {
          position-anchor: --badge;
          position-area: bottom;
          position-try-fallbacks: --inside;
          margin: 8px 0;
        }
        @position-try --inside {
          position-area: bottom span-all;
        }
      }
    `,
  ];

  @property({ attribute: false, hasChanged: isOther }) hass?: Hass;
  @property({ attribute: false }) preview = false;
  @state() private config?: WaitingBadgeConfig;

  readonly #live = new LiveController<Device>(this);
  readonly #applicants = new Applicants(this);

  setConfig(config: WaitingBadgeConfig): void {
    this.config = config;
  }

  protected override willUpdate(): void {
    const isFollowed = this.hass?.user?.is_admin;
    this.#live.follow(
      this.hass,
      isFollowed ? { type: "maestra/devices" } : undefined,
    );
  }

  protected override render(): TemplateResult | typeof nothing {
    const { hass, config } = this;
    const { live } = this.#live;
    if (!hass?.user?.is_admin || !config) {
      return nothing;
    }
    const text = texts(hass.locale.language);
    const things = live.status === "ready" ? live.things.values() : [];
    const { waiting } = fleetOf(things, { filter: "waiting", search: "" });
    return html`<button
        class="waiting-badge ${waiting.length ? "some" : ""}"
        popovertarget="waiting"
        ?disabled=${!waiting.length}
      >
        <ha-icon icon="mdi:account-clock"></ha-icon>
        <span>
          <span class="label">${config.name ?? text("waiting_devices")}</span>
          <span class="content">
            ${
              live.status === "ready"
                ? waiting.length || text("waiting_none")
                : "–"
            }
          </span>
        </span>
      </button>
      <div id="waiting" popover aria-label=${text("waiting_devices")}>
        ${this.#applicants.render(hass, waiting)}
      </div>`;
  }

  /** With the last one nothing is left to decide. */
  protected override updated(): void {
    const list = this.renderRoot.querySelector<HTMLElement>("[popover]");
    if (list?.matches(":popover-open") && !list.querySelector(".asking")) {
      list.hidePopover();
    }
  }
}

const badge: CardModule = {
  tag: "maestra-waiting-badge",
  element: WaitingBadge,
  form: (language) => ({
    schema: [{ name: "name", selector: { text: {} } }],
    computeLabel: () => texts(language)("form_name"),
  }),
  stub: () => ({}),
};
export default badge;
