// Devices that wait to be let in, each with what lets it in or turns it away.
import {
  css,
  html,
  nothing,
  type ReactiveControllerHost,
  type TemplateResult,
} from "lit";
import { repeat } from "lit/directives/repeat.js";
import { act } from "../lib/actions";
import { formatAgo, joined } from "../lib/format";
import type { Hass } from "../lib/hass";
import type { Device } from "./fleet-model";
import { texts } from "./texts";

type Action = "approve" | "reject" | "block";

/** Draws them, and keeps what is known of each while somebody decides. */
export class Applicants {
  /** The device that is about to be blocked. */
  #blocking: string | undefined;
  /** Why something was refused, by device. */
  readonly #errors = new Map<string, string | undefined>();
  /** Devices about which Home Assistant was asked something. */
  readonly #busy = new Set<string>();

  constructor(readonly host: ReactiveControllerHost) {}

  render(hass: Hass, devices: readonly Device[]): TemplateResult {
    return html`<div class="applicants">
      ${repeat(
        devices,
        ({ id }) => id,
        (device) => this.#renderOne(hass, device),
      )}
    </div>`;
  }

  #renderOne(hass: Hass, device: Device): TemplateResult {
    const text = texts(hass.locale.language);
    const { id, name } = device;
    const isBlocking = this.#blocking === id;
    const button = (action: Action, kind: string, run: () => void) =>
      html`<button
        class="pill ${kind}"
        aria-label=${text(`${action}_name`, { name })}
        ?disabled=${this.#busy.has(id)}
        @click=${run}
      >
        ${text(action === "block" && isBlocking ? "block_sure" : action)}
      </button>`;
    const error = this.#errors.get(id);
    return html`<div class="asking" data-device=${device.hardware_id}>
      <span class="dot waiting"></span>
      <div class="about">
        <div class="title">${name}</div>
        <div class="subtitle">
          ${joined(
            device.type,
            device.hardware_id,
            device.ip_address,
            device.last_seen &&
              formatAgo(device.last_seen, Date.now(), hass.locale),
          )}
        </div>
      </div>
      <div class="actions">
        ${
          isBlocking
            ? html`${button("block", "danger", () => {
                  void this.#act(hass, id, "block");
                })}<button
                  class="pill"
                  @click=${() => {
                    this.#block(undefined);
                  }}
                >
                  ${text("cancel")}
                </button>`
            : html`${button("approve", "primary", () => {
                void this.#act(hass, id, "approve");
              })}${button("reject", "", () => {
                void this.#act(hass, id, "reject");
              })}${button("block", "danger", () => {
                this.#block(id);
              })}`
        }
      </div>
      ${error ? html`<div class="error" role="alert">${error}</div>` : nothing}
    </div>`;
  }

  #block(id: string | undefined): void {
    this.#blocking = id;
    this.host.requestUpdate();
  }

  async #act(hass: Hass, id: string, action: Action): Promise<void> {
    this.#busy.add(id);
    this.host.requestUpdate();
    this.#errors.set(id, await act(hass, `${action}_device`, { device: id }));
    this.#busy.delete(id);
    this.#block(undefined);
  }
}

export const applicantStyles = css`
  .applicants {
    display: flex;
    flex-direction: column;
    gap: 8px;
    margin: 0 12px 8px;
  }
  .asking {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px 12px;
    padding: 8px 12px;
    border-radius: var(--maestra-radius);
    background: color-mix(in srgb, var(--warning-color) 12%, transparent);
  }
  .asking .about {
    flex: 1 1 160px;
    min-width: 0;
  }
  .asking .actions {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
  }
  .asking .error {
    flex-basis: 100%;
  }
`;
