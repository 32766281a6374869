import { css } from "lit";

/** Rows of variables, as `controls.ts` makes them. */
export const controlStyles = css`
  .variables {
    display: flex;
    flex-direction: column;
    gap: 8px;
    padding: 0 12px 12px;
  }
  h3 {
    margin: 4px 0 0;
    font-size: var(--ha-font-size-s, 12px);
    font-weight: var(--ha-font-weight-medium, 500);
    line-height: 16px;
    color: var(--secondary-text-color);
  }
  .row {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    align-items: center;
    gap: 4px 12px;
    min-height: 36px;
  }
  .row .wide {
    grid-column: 1 / -1;
  }
  .label,
  .value {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    font-size: var(--ha-font-size-m, 14px);
    line-height: 20px;
  }
  .label {
    color: var(--primary-text-color);
  }
  .value {
    max-width: 60cqi;
    unicode-bidi: plaintext;
    font-variant-numeric: tabular-nums;
    color: var(--secondary-text-color);
    text-align: end;
  }
  .output .value {
    color: var(--primary-text-color);
  }
  .reading {
    display: flex;
    align-items: center;
    justify-content: flex-end;
    gap: 12px;
    min-width: 0;
  }
  .reading .spark {
    width: min(96px, 25cqi);
    flex: none;
  }
  .slider {
    position: relative;
  }
  .slider .spark {
    position: absolute;
    inset: 6px 10px;
    width: calc(100% - 20px);
    pointer-events: none;
    opacity: 0.55;
  }
  input[type="range"] {
    --share: 0%;
    appearance: none;
    display: block;
    box-sizing: border-box;
    width: 100%;
    height: 40px;
    margin: 0;
    border-radius: var(--maestra-radius);
    cursor: pointer;
    background:
      linear-gradient(var(--maestra-tint), var(--maestra-tint)) left /
        var(--share) 100% no-repeat,
      var(--maestra-field);
    touch-action: pan-y;
  }
  input[type="range"]:dir(rtl) {
    background-position: right;
  }
  input[type="range"]::-webkit-slider-thumb {
    appearance: none;
    width: 6px;
    height: 24px;
    border-radius: 3px;
    background: var(--maestra-color, var(--primary-color));
    border: none;
  }
  input[type="range"]::-moz-range-thumb {
    width: 6px;
    height: 24px;
    border-radius: 3px;
    background: var(--maestra-color, var(--primary-color));
    border: none;
  }
  input[type="text"],
  input[type="number"],
  select,
  textarea {
    box-sizing: border-box;
    font: inherit;
    font-size: var(--ha-font-size-m, 14px);
    color: var(--primary-text-color);
    background: var(--maestra-field);
    border: 1px solid transparent;
    border-radius: 10px;
    padding: 7px 10px;
    min-width: 0;
  }
  option {
    background: var(--card-background-color);
    color: var(--primary-text-color);
  }
  input[type="text"],
  select {
    width: min(180px, 50cqi);
  }
  input[type="number"] {
    width: min(110px, 40cqi);
    /* Numbers are written from the left in every language. */
    direction: ltr;
    text-align: right;
  }
  input[type="number"] {
    appearance: textfield;
  }
  input[type="number"]::-webkit-inner-spin-button {
    display: none;
  }
  .axes {
    display: flex;
    gap: 8px;
  }
  .axes label {
    flex: 1;
    display: flex;
    align-items: center;
    gap: 6px;
    min-width: 0;
    color: var(--secondary-text-color);
  }
  .axes input {
    flex: 1;
    width: 100%;
  }
  input[type="color"] {
    width: 56px;
    height: 32px;
    padding: 0;
    border: none;
    border-radius: 10px;
    background: none;
    cursor: pointer;
  }
  input[type="color"]::-webkit-color-swatch-wrapper {
    padding: 0;
  }
  input[type="color"]::-webkit-color-swatch {
    border: 1px solid var(--divider-color);
    border-radius: 10px;
  }
  .swatch {
    display: inline-block;
    width: 20px;
    height: 20px;
    border-radius: 50%;
    border: 1px solid var(--divider-color);
  }
  .switch {
    flex: none;
    position: relative;
    width: 48px;
    height: 28px;
    border-radius: 14px;
    background: color-mix(
      in srgb,
      var(--secondary-text-color) 35%,
      transparent
    );
    transition: background-color 150ms;
  }
  .switch::after {
    content: "";
    position: absolute;
    inset-block-start: 4px;
    inset-inline-start: 4px;
    width: 20px;
    height: 20px;
    border-radius: 50%;
    background: var(--card-background-color, #fff);
    transition: inset-inline-start 150ms;
  }
  .switch[aria-checked="true"] {
    background: var(--maestra-color, var(--primary-color));
  }
  .switch[aria-checked="true"]::after {
    inset-inline-start: 24px;
    background: var(--text-primary-color, #fff);
  }
  @media (prefers-reduced-motion: reduce) {
    .switch,
    .switch::after {
      transition: none;
    }
  }
  details summary {
    cursor: pointer;
    color: var(--secondary-text-color);
    font-size: var(--ha-font-size-m, 14px);
    line-height: 20px;
  }
  textarea {
    width: 100%;
    margin-block: 8px;
    font-family: var(--ha-font-family-code, monospace);
    font-size: var(--ha-font-size-s, 12px);
    resize: vertical;
  }
`;
