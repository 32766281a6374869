import { css, html, nothing, type TemplateResult } from "lit";
import { styleMap } from "lit/directives/style-map.js";

/** A bar that is full to some share, `written` as what is read of it; where it has no name, it only draws what is written beside it. */
export function track(
  name: string | undefined,
  share: number,
  isFull = false,
  written?: string,
): TemplateResult {
  const bar = html`<div
    style=${styleMap({ width: `${(share * 100).toFixed(1)}%` })}
  ></div>`;
  return name
    ? html`<div
        class="track ${isFull ? "full" : ""}"
        role="progressbar"
        aria-label=${name}
        aria-valuemin="0"
        aria-valuemax="100"
        aria-valuenow=${Math.round(share * 100)}
        aria-valuetext=${written ?? nothing}
      >
        ${bar}
      </div>`
    : html`<div class="track" aria-hidden="true">${bar}</div>`;
}

export const trackStyles = css`
  .track {
    height: 6px;
    border-radius: 3px;
    background: var(--maestra-field);
    overflow: hidden;
  }
  .track div {
    height: 100%;
    border-radius: 3px;
    background: var(--maestra-color, var(--primary-color));
  }
  .track.full div {
    background: var(--warning-color);
  }
`;
