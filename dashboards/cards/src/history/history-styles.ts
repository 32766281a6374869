import { css } from "lit";

export const historyStyles = css`
  .chart {
    position: relative;
    flex: 1 1 auto;
    min-height: 220px;
    margin: 0 4px;
    direction: ltr;
  }
  .chart.fills {
    min-height: 80px;
  }
  .plot {
    position: absolute;
    inset: 0;
    overflow: hidden;
  }
  .over {
    position: absolute;
    inset: 0;
    display: grid;
    place-items: center;
    pointer-events: none;
    color: var(--secondary-text-color);
  }
  .busy {
    position: absolute;
    inset-block-start: 0;
    inset-inline: 12px;
    height: 2px;
    border-radius: 1px;
    background: var(--primary-color);
    animation: busy 1s ease-in-out infinite alternate;
  }
  @keyframes busy {
    from {
      opacity: 0.15;
    }
    to {
      opacity: 0.7;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .busy {
      animation: none;
      opacity: 0.4;
    }
  }
  .legend {
    margin: 0;
    padding: 4px 12px 12px;
    list-style: none;
  }
  .entry {
    display: grid;
    grid-template-columns: minmax(0, 1fr) repeat(4, 72px);
    align-items: center;
    gap: 0 8px;
    min-height: 30px;
  }
  .entry.earlier {
    color: var(--secondary-text-color);
  }
  .who {
    display: flex;
    align-items: center;
    gap: 8px;
    min-width: 0;
    min-height: 30px;
  }
  .who span:last-child {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .who[aria-pressed="false"] {
    opacity: 0.5;
  }
  .swatch {
    flex: none;
    width: 14px;
    height: 4px;
    border-radius: 2px;
    background: var(--line);
  }
  .earlier .swatch {
    background: repeating-linear-gradient(
      to right,
      var(--line) 0 4px,
      transparent 4px 6px
    );
  }
  .notes .swatch {
    width: 0;
    height: 14px;
    margin-inline: 6px;
    border-radius: 0;
    background: none;
    border-inline-start: 2px dashed var(--secondary-text-color);
  }
  .note-text {
    grid-column: 2 / -1;
    text-align: end;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    unicode-bidi: plaintext;
    line-height: 16px;
  }
  .note-text small {
    display: block;
    font-size: var(--ha-font-size-xs, 10px);
    line-height: 12px;
    color: var(--secondary-text-color);
  }
  .mark {
    position: absolute;
    inset-block: 0;
    width: 9px;
    background: linear-gradient(var(--secondary-text-color) 60%, transparent 0)
      center / 1px 6px repeat-y;
  }
  .mark::before {
    content: "";
    position: absolute;
    inset-block-start: 0;
    left: 1px;
    border: 3.5px solid transparent;
    border-block-start: 6px solid var(--secondary-text-color);
  }
  .figure {
    text-align: end;
    font-variant-numeric: tabular-nums;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    line-height: 16px;
  }
  .figure small {
    display: block;
    font-size: var(--ha-font-size-xs, 10px);
    line-height: 12px;
    color: var(--secondary-text-color);
  }
  .figure.now {
    font-weight: var(--ha-font-weight-medium, 500);
  }
  @container (max-width: 560px) {
    .entry {
      grid-template-columns: repeat(4, minmax(0, 1fr));
      padding-block-end: 6px;
    }
    .who {
      grid-column: 1 / -1;
    }
    .figure,
    .note-text {
      text-align: start;
    }
    .note-text {
      grid-column: 1 / -1;
    }
  }
  .note {
    display: flex;
    gap: 6px;
    align-items: center;
    --mdc-icon-size: 16px;
  }
  .note ha-icon {
    flex: none;
  }

  /* What uPlot needs of its own style sheet. */
  .uplot,
  .uplot * {
    box-sizing: border-box;
  }
  .u-wrap {
    position: relative;
    user-select: none;
  }
  .u-over,
  .u-under,
  .u-axis {
    position: absolute;
  }
  .u-over {
    cursor: grab;
    touch-action: pan-y;
  }
  .u-over:active {
    cursor: grabbing;
  }
  .u-under {
    overflow: hidden;
  }
  .uplot canvas {
    display: block;
    position: relative;
    width: 100%;
    height: 100%;
  }
  .u-select {
    display: none;
  }
  .u-cursor-x,
  .u-cursor-pt {
    position: absolute;
    inset-block-start: 0;
    left: 0;
    pointer-events: none;
  }
  .u-cursor-x {
    height: 100%;
    border-right: 1px solid var(--secondary-text-color);
  }
  .u-cursor-pt {
    border: 0 solid;
    border-radius: 50%;
    background-clip: padding-box !important;
  }
  .u-off {
    display: none;
  }
`;
