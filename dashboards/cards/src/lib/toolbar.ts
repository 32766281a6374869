// What stands above the content of a card: search, choices, and the time that is shown.
import { html, nothing, type TemplateResult } from "lit";
import type { RangeController } from "./range";
import { sharedTexts } from "./texts";

/** A button that is a picture alone; one that chooses something is pressed as long as that is chosen. */
export function iconButton(
  icon: string,
  name: string,
  run: () => void,
  isChosen?: boolean,
): TemplateResult {
  return html`<button
    class="icon"
    aria-label=${name}
    title=${name}
    aria-pressed=${isChosen ?? nothing}
    @click=${run}
  >
    <ha-icon .icon=${icon}></ha-icon>
  </button>`;
}

/** A button that is pressed as long as something is chosen. */
export function choice(
  name: string,
  isChosen: boolean,
  run: () => void,
): TemplateResult {
  return html`<button
    class="pill"
    aria-pressed=${isChosen ? "true" : "false"}
    @click=${run}
  >
    ${name}
  </button>`;
}

/** A field to search in; `typed` is told with each letter. */
export function searchField(
  name: string,
  value: string,
  typed: (value: string) => void,
  isInvalid = false,
): TemplateResult {
  return html`<input
    type="search"
    aria-label=${name}
    placeholder=${name}
    aria-invalid=${isInvalid ? "true" : "false"}
    .value=${value}
    @input=${(event: Event) => {
      typed((event.target as HTMLInputElement).value);
    }}
  />`;
}

export type Hours = 1 | 24 | 168 | 720 | 8760;

/** Buttons for the time that is shown: so many hours, earlier and later, more and less. */
export function rangeTools(
  language: string,
  offered: readonly Hours[],
  range: RangeController,
): TemplateResult {
  const text = sharedTexts(language);
  const seconds = range.view.end - range.view.start;
  const shown = seconds / 3600;
  return html`<div class="group" role="group" aria-label=${text("range")}>
      ${offered.map((hours) =>
        choice(
          text(`hours_${hours}`),
          Math.abs(shown / hours - 1) < 0.01,
          () => {
            range.show(hours);
          },
        ),
      )}
    </div>
    <div class="group">
      ${iconButton("mdi:chevron-left", text("earlier"), () => {
        range.pan(-seconds / 2);
      })}
      ${iconButton("mdi:chevron-right", text("later"), () => {
        range.pan(seconds / 2);
      })}
      ${iconButton("mdi:magnify-minus-outline", text("zoom_out"), () => {
        range.zoom(2);
      })}
      ${iconButton("mdi:magnify-plus-outline", text("zoom_in"), () => {
        range.zoom(0.5);
      })}
    </div>
    ${
      range.isLive
        ? nothing
        : html`<button
            class="pill"
            @click=${() => {
              range.show(shown);
            }}
          >
            ${text("now")}
          </button>`
    }`;
}
