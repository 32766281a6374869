import { css } from "lit";

export const busStyles = css`
  .gateway {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr) auto;
    align-items: center;
    gap: 0 12px;
    padding: 6px 16px;
    font-variant-numeric: tabular-nums;
  }
  .gateway .figures {
    text-align: end;
  }
  .gateway .error {
    grid-column: 2 / -1;
    overflow-wrap: anywhere;
  }
  .tools {
    padding-block-start: 8px;
    border-block-start: 1px solid var(--divider-color);
  }
  .tools input[type="search"] {
    flex-basis: 120px;
  }
  .tail {
    flex: 1 1 max(320px, 50vh);
    min-height: 120px;
    overflow-y: auto;
    overflow-x: hidden;
    margin: 0;
    padding: 0 16px 8px;
    list-style: none;
    font-family: var(--ha-font-family-code, monospace);
    font-size: var(--ha-font-size-s, 12px);
    line-height: 16px;
    contain: content;
  }
  .tail li {
    padding: 4px 0;
    border-block-end: 1px solid var(--divider-color);
    overflow-wrap: anywhere;
    content-visibility: auto;
    contain-intrinsic-height: auto 40px;
  }
  .meta {
    color: var(--secondary-text-color);
  }
  .payload {
    display: -webkit-box;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 4;
    overflow: hidden;
    word-break: break-all;
    color: var(--secondary-text-color);
    unicode-bidi: plaintext;
  }
  .note {
    padding: 0 16px 8px;
  }
`;
