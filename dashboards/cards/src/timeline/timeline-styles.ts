import { css } from "lit";

export const timelineStyles = css`
  .bars {
    display: flex;
    align-items: flex-end;
    gap: 2px;
    height: 44px;
    margin: 0 12px;
    border-block-end: 1px solid var(--divider-color);
  }
  .slot {
    flex: 1 1 0;
    min-width: 0;
    height: 100%;
    display: flex;
    align-items: flex-end;
  }
  .slot span {
    width: 100%;
    min-height: 3px;
    border-radius: 2px 2px 0 0;
    background: var(--mark);
  }
  button.slot:hover {
    background: var(--maestra-field);
  }
  .ends {
    display: flex;
    justify-content: space-between;
    padding: 2px 12px 6px;
    font-size: var(--ha-font-size-xs, 10px);
    color: var(--secondary-text-color);
  }
  .grave-0 {
    --mark: var(--primary-color);
  }
  .grave-1 {
    --mark: var(--warning-color);
  }
  .grave-2 {
    --mark: var(--error-color);
  }
  .list {
    max-height: 420px;
    margin: 0;
    padding: 4px 12px 12px;
    list-style: none;
  }
  .day {
    padding: 8px 0 4px;
    font-size: var(--ha-font-size-s, 12px);
    font-weight: var(--ha-font-weight-medium, 500);
    color: var(--secondary-text-color);
  }
  .one {
    position: relative;
    display: grid;
    grid-template-columns: 28px minmax(0, 1fr) auto;
    gap: 0 10px;
    padding: 6px 0;
  }
  .one::before {
    content: "";
    position: absolute;
    inset-block: 0;
    inset-inline-start: 13px;
    width: 2px;
    background: var(--divider-color);
  }
  .mark {
    position: relative;
    display: grid;
    place-items: center;
    width: 28px;
    height: 28px;
    border-radius: 50%;
    color: var(--mark);
    background:
      linear-gradient(color-mix(in srgb, var(--mark) 18%, transparent) 0 0),
      var(--card-background-color);
    --mdc-icon-size: 16px;
  }
  .one .title {
    white-space: normal;
    overflow-wrap: anywhere;
    line-height: 18px;
  }
  .one .subtitle {
    white-space: normal;
    overflow-wrap: anywhere;
  }
  time,
  .more {
    font-size: var(--ha-font-size-s, 12px);
    line-height: 18px;
    color: var(--secondary-text-color);
    font-variant-numeric: tabular-nums;
  }
  form {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    padding: 0 12px 12px;
  }
  form .error {
    flex-basis: 100%;
  }
`;
