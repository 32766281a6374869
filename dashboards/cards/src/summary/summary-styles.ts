import { css } from "lit";

export const summaryStyles = css`
  .counts {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(84px, 1fr));
    gap: 8px;
    margin: 0;
    padding: 4px 12px 12px;
  }
  .count {
    display: flex;
    flex-direction: column-reverse;
    padding: 8px 12px;
    border-radius: var(--maestra-radius);
    background: var(--maestra-field);
  }
  .counts dd {
    margin: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    font-size: var(--ha-font-size-l, 16px);
    line-height: 24px;
    font-variant-numeric: tabular-nums;
    color: var(--primary-text-color);
  }
  .counts dt {
    overflow: hidden;
    text-overflow: ellipsis;
    font-size: var(--ha-font-size-s, 12px);
    line-height: 16px;
    color: var(--secondary-text-color);
  }
  .ranks {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 220px), 1fr));
    gap: 12px 24px;
    padding: 0 12px 12px;
  }
  h3 {
    margin: 0 0 4px;
    font-size: var(--ha-font-size-s, 12px);
    font-weight: var(--ha-font-weight-medium, 500);
    line-height: 16px;
    color: var(--secondary-text-color);
  }
  ul {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .rank {
    position: relative;
    display: flex;
    justify-content: space-between;
    gap: 8px;
    padding: 4px 8px;
    margin-block-end: 2px;
    font-size: var(--ha-font-size-m, 14px);
    line-height: 20px;
    color: var(--primary-text-color);
    font-variant-numeric: tabular-nums;
  }
  .rank::before {
    content: "";
    position: absolute;
    inset-block: 0;
    inset-inline-start: 0;
    width: var(--share);
    border-radius: 6px;
    background: var(--maestra-tint);
  }
  .rank span {
    position: relative;
  }
  .rank span:first-child {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
`;
