import { css } from "lit";

export const entityStyles = css`
  .head button:hover,
  .children button:hover {
    text-decoration: underline;
  }
  .state {
    flex: none;
    padding: 2px 8px;
    border-radius: 10px;
    font-size: var(--ha-font-size-s, 12px);
    line-height: 16px;
    color: var(--secondary-text-color);
    background: var(--maestra-field);
  }
  .children {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
  }
  .foot {
    margin-block-start: auto;
    padding: 8px 12px;
    border-block-start: 1px solid var(--divider-color);
    font-size: var(--ha-font-size-s, 12px);
    line-height: 16px;
    color: var(--secondary-text-color);
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
`;
