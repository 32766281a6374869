import { css } from "lit";

export const telemetryStyles = css`
  .body {
    flex: 1 1 auto;
    min-height: 0;
    padding-block-end: 8px;
  }
  .body.fills {
    overflow-y: auto;
  }
  .list {
    max-height: 364px;
  }
  .metric {
    max-width: 32cqi;
  }
  h3 {
    margin: 0;
    padding: 8px 16px 4px;
    font-size: var(--ha-font-size-s, 12px);
    font-weight: var(--ha-font-weight-medium, 500);
    line-height: 16px;
    color: var(--secondary-text-color);
  }
  .bad {
    color: color-mix(
      in srgb,
      var(--error-color) 70%,
      var(--primary-text-color)
    );
  }
  .letter {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 12px;
    padding: 6px 16px;
  }
  .letter .about {
    flex: 1 1 160px;
    min-width: 0;
  }
  .letter .error,
  .letter details {
    flex-basis: 100%;
    min-width: 0;
  }
  summary {
    cursor: pointer;
    font-size: var(--ha-font-size-s, 12px);
    color: var(--secondary-text-color);
  }
  pre {
    margin: 4px 0 0;
    max-height: 160px;
    overflow: auto;
    padding: 8px;
    border-radius: 8px;
    background: var(--maestra-field);
    font-family: var(--ha-font-family-code, monospace);
    font-size: var(--ha-font-size-s, 12px);
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  .controller {
    display: flex;
    align-items: center;
    gap: 12px;
    padding: 6px 16px;
  }
  .parts {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(180px, 100%), 1fr));
    gap: 8px;
    padding: 2px 12px 8px;
  }
  .part {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px;
    min-width: 0;
    padding: 8px;
    border-radius: var(--maestra-radius);
    background: var(--maestra-field);
  }
  .part .look {
    flex: 1 1 90px;
    display: flex;
    align-items: center;
    gap: 10px;
    min-width: 0;
  }
  .part .badge {
    width: 32px;
    height: 32px;
    --mdc-icon-size: 20px;
  }
  .part.sensor {
    grid-column: 1 / -1;
  }
  .part.sensor .subtitle {
    white-space: normal;
  }
  .part.grave .badge {
    color: var(--warning-color);
    background: color-mix(in srgb, var(--warning-color) 20%, transparent);
  }
  .part button.pill {
    background: var(--card-background-color);
  }
  .part button.pill.primary {
    background: color-mix(in srgb, var(--primary-color) 70%, #000);
  }
  .part .error {
    flex-basis: 100%;
  }
  .block {
    display: block;
  }
  .ending {
    display: flex;
    gap: 12px;
    justify-content: space-between;
    padding: 4px 16px;
  }
  .ending .title {
    font-weight: normal;
  }
  .ending .days {
    flex: none;
    font-variant-numeric: tabular-nums;
  }
  .ending.soon .days {
    color: color-mix(
      in srgb,
      var(--warning-color) 50%,
      var(--primary-text-color)
    );
  }
  .ending.over .days {
    color: color-mix(
      in srgb,
      var(--error-color) 70%,
      var(--primary-text-color)
    );
  }
`;
