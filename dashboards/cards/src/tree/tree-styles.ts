import { css } from "lit";

/** Height of a row in pixels: the list counts on it. */
export const ROW_HEIGHT = 40;

export const treeStyles = css`
  .list {
    min-height: 0;
    max-height: max(480px, 70vh);
    padding-block-end: 4px;
  }
  .space {
    position: relative;
    outline: none;
  }
  .item {
    position: absolute;
    inset-inline: 0;
    display: flex;
    align-items: center;
    gap: 8px;
    box-sizing: border-box;
    height: ${ROW_HEIGHT}px;
    padding-inline: calc(12px + min(var(--depth) * 20px, 30cqi)) 16px;
    cursor: pointer;
  }
  .item:hover {
    background: var(--maestra-field);
  }
  .item[aria-selected="true"] {
    background: var(--maestra-tint);
  }
  .space:focus-visible .item.current {
    outline: 2px solid var(--primary-color);
    outline-offset: -2px;
  }
  .twisty {
    flex: none;
    display: grid;
    place-items: center;
    width: 24px;
    height: 24px;
    color: var(--secondary-text-color);
    --mdc-icon-size: 20px;
  }
  .twisty ha-icon {
    transition: rotate 120ms;
  }
  .twisty.open ha-icon {
    rotate: 90deg;
  }
  .twisty:dir(rtl) ha-icon {
    scale: -1 1;
  }
  .kind {
    flex: none;
    color: var(--secondary-text-color);
    --mdc-icon-size: 20px;
  }
  .item.above .title,
  .item.away .title {
    color: var(--secondary-text-color);
  }
  .item .title {
    flex: 0 1 auto;
    min-width: 0;
    font-weight: normal;
  }
  .away-mark {
    flex: none;
    color: var(--secondary-text-color);
    --mdc-icon-size: 16px;
  }
  .shown {
    flex: 1 1 0;
    min-width: 20cqi;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    text-align: end;
    font-size: var(--ha-font-size-s, 12px);
    line-height: 16px;
    font-variant-numeric: tabular-nums;
    color: var(--secondary-text-color);
  }
  .shown b {
    font-weight: normal;
    color: var(--primary-text-color);
  }
  .tick,
  .no-tick {
    flex: none;
    display: grid;
    place-items: center;
    width: 20px;
    height: 20px;
    box-sizing: border-box;
  }
  .tick ha-icon {
    display: flex;
  }
  .tick {
    border: 2px solid var(--secondary-text-color);
    border-radius: 4px;
    color: transparent;
    --mdc-icon-size: 16px;
  }
  [aria-selected="true"] > .tick {
    border-color: var(--primary-color);
    background: var(--primary-color);
    color: var(--text-primary-color, #fff);
  }
  /* No room for both in a line: values below the name. */
  @container (max-width: 420px) {
    .item {
      display: grid;
      grid-template-columns: 24px 20px minmax(0, 1fr) auto auto;
      align-content: center;
      gap: 0 8px;
      padding-inline: calc(4px + min(var(--depth) * 12px, 30cqi)) 12px;
    }
    .item > * {
      grid-row: 1 / span 2;
    }
    .item .title {
      grid-row: 1;
      grid-column: 3;
      line-height: 18px;
    }
    .item .title:has(~ .shown:empty) {
      grid-row: 1 / span 2;
    }
    .shown {
      grid-row: 2;
      grid-column: 3;
      text-align: start;
    }
    .shown:empty,
    .no-tick,
    .what {
      display: none;
    }
    .away-mark {
      grid-column: 4;
    }
    .tick {
      grid-column: 5;
    }
  }
  .together {
    flex: none;
    max-height: 50%;
    overflow-y: auto;
    border-block-start: 1px solid var(--divider-color);
  }
  .together .head {
    padding-block: 6px;
  }
  @media (prefers-reduced-motion: reduce) {
    .twisty ha-icon {
      transition: none;
    }
  }
`;
