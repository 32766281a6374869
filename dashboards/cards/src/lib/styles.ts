import { css } from "lit";

/** What all cards look like: the frame, the head, buttons. Colours, sizes and fonts are those of the theme. */
export const cardStyles = css`
  :host {
    display: block;
    height: 100%;
    container-type: inline-size;
    --maestra-gap: var(--ha-space-3, 12px);
    --maestra-radius: var(--ha-border-radius-lg, 12px);
    --maestra-tint: color-mix(
      in srgb,
      var(--maestra-color, var(--primary-color)) 20%,
      transparent
    );
    --maestra-field: color-mix(
      in srgb,
      var(--secondary-text-color) 12%,
      transparent
    );
  }
  ha-card {
    display: flex;
    flex-direction: column;
    box-sizing: border-box;
    height: 100%;
    overflow: hidden;
  }
  .head {
    display: flex;
    align-items: center;
    gap: 10px;
    padding: 12px;
    min-height: 36px;
  }
  .badge {
    flex: none;
    display: grid;
    place-items: center;
    width: 36px;
    height: 36px;
    border-radius: 50%;
    color: var(--maestra-color, var(--primary-color));
    background: var(--maestra-tint);
    --mdc-icon-size: 24px;
  }
  .titles {
    flex: 1;
    min-width: 0;
  }
  .title,
  .subtitle {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .title {
    margin: 0;
    font-size: var(--ha-font-size-m, 14px);
    font-weight: var(--ha-font-weight-medium, 500);
    line-height: 20px;
    color: var(--primary-text-color);
  }
  .subtitle {
    font-size: var(--ha-font-size-s, 12px);
    line-height: 16px;
    color: var(--secondary-text-color);
  }
  .dot {
    flex: none;
    width: 10px;
    height: 10px;
    border-radius: 50%;
    background: var(--success-color);
  }
  .dot.offline {
    background: none;
    box-shadow: inset 0 0 0 2px var(--secondary-text-color);
  }
  .dot.waiting {
    background: var(--warning-color);
  }
  .dot.failed {
    background: var(--error-color);
  }
  .empty {
    color: var(--secondary-text-color);
  }
  button {
    font: inherit;
    color: inherit;
    cursor: pointer;
    border: none;
    background: none;
    padding: 0;
    text-align: start;
  }
  :focus-visible {
    outline: 2px solid var(--primary-color);
    outline-offset: 2px;
  }
  button.pill {
    padding: 6px 12px;
    border-radius: 18px;
    font-size: var(--ha-font-size-s, 12px);
    font-weight: var(--ha-font-weight-medium, 500);
    background: var(--maestra-field);
    color: var(--primary-text-color);
    white-space: nowrap;
  }
  button.pill[aria-pressed="true"] {
    background: var(--maestra-tint);
  }
  button.pill:hover {
    background: color-mix(
      in srgb,
      var(--secondary-text-color) 20%,
      transparent
    );
  }
  /* Darker than the theme's own: white on that is hard to read. */
  button.pill.primary {
    background: color-mix(in srgb, var(--primary-color) 70%, #000);
    color: var(--text-primary-color, #fff);
  }
  button.pill.danger {
    color: color-mix(
      in srgb,
      var(--error-color) 50%,
      var(--primary-text-color)
    );
  }
  button:disabled,
  input:disabled,
  select:disabled {
    cursor: default;
    opacity: 0.6;
  }
  .error {
    color: color-mix(
      in srgb,
      var(--error-color) 70%,
      var(--primary-text-color)
    );
    font-size: var(--ha-font-size-s, 12px);
    line-height: 16px;
  }
  [aria-invalid="true"] {
    border-color: var(--error-color) !important;
  }
  .sr-only {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
`;

/** What stands above the content, as `toolbar.ts` makes it, and lists that scroll below. */
export const toolStyles = css`
  .tools {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px;
    padding: 0 12px 8px;
  }
  .tools .error {
    flex-basis: 100%;
  }
  .group {
    display: flex;
    gap: 2px;
    border-radius: 18px;
    background: var(--maestra-field);
  }
  .group button.pill:not([aria-pressed="true"]) {
    background: none;
  }
  .group button.pill {
    padding: 6px 10px;
  }
  button.icon {
    flex: none;
    display: grid;
    place-items: center;
    width: 32px;
    height: 32px;
    border-radius: 50%;
    color: var(--secondary-text-color);
    --mdc-icon-size: 20px;
  }
  button.icon:hover {
    background: var(--maestra-field);
  }
  input.field,
  input[type="search"] {
    flex: 1 1 160px;
    min-width: 0;
    box-sizing: border-box;
    font: inherit;
    font-size: var(--ha-font-size-m, 14px);
    color: var(--primary-text-color);
    background: var(--maestra-field);
    border: 1px solid transparent;
    border-radius: 18px;
    padding: 6px 14px;
    text-overflow: ellipsis;
  }
  select {
    font: inherit;
    font-size: var(--ha-font-size-s, 12px);
    color: var(--primary-text-color);
    background: var(--maestra-field);
    border: none;
    border-radius: 18px;
    height: 30px;
    min-width: 0;
    max-width: 100%;
    padding: 0 8px;
  }
  select option {
    color: var(--primary-text-color);
    background: var(--card-background-color);
  }
  .list {
    flex: 1 1 auto;
    overflow-y: auto;
    overflow-x: hidden;
  }
  .list.fills {
    max-height: none;
    min-height: 0;
  }
  .note {
    padding: 0 12px 12px;
    font-size: var(--ha-font-size-s, 12px);
    line-height: 16px;
    color: var(--secondary-text-color);
  }
`;
