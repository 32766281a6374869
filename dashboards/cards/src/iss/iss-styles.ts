import { css } from "lit";

export const issStyles = css`
  .head .dot {
    margin-inline-end: 6px;
  }
  .top {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    align-items: center;
    gap: 12px 20px;
    padding: 0 12px 12px;
  }
  @container (min-width: 720px) {
    .top.both {
      grid-template-columns: minmax(0, 5fr) minmax(0, 2fr);
    }
  }
  .top.fills {
    flex: 1;
    min-height: 0;
    grid-template-rows: minmax(0, 1fr);
  }
  .map {
    display: flex;
    flex-direction: column;
    gap: 4px;
    min-width: 0;
    min-height: 0;
  }
  .map svg {
    display: block;
    width: 100%;
    min-height: 0;
    border-radius: 8px;
    /* A map has its west at the left, whatever people read. */
    direction: ltr;
  }
  .fills .map,
  .fills .map svg {
    height: 100%;
  }
  .sea {
    fill: color-mix(
      in srgb,
      var(--primary-color) 14%,
      var(--card-background-color)
    );
  }
  .land {
    fill: color-mix(
      in srgb,
      var(--secondary-text-color) 45%,
      var(--card-background-color)
    );
    fill-rule: evenodd;
  }
  .night {
    fill: #000;
    opacity: 0.32;
  }
  .grid {
    fill: none;
    stroke: var(--secondary-text-color);
    stroke-width: 0.5;
    opacity: 0.25;
  }
  .way {
    fill: none;
    stroke: var(--maestra-color, var(--primary-color));
    stroke-width: 2;
    stroke-linejoin: round;
    vector-effect: non-scaling-stroke;
  }
  .way.next {
    stroke-dasharray: 2 5;
  }
  .halo {
    fill: none;
    stroke: var(--card-background-color);
    stroke-opacity: 0.7;
    stroke-width: 4.5;
    stroke-linejoin: round;
    vector-effect: non-scaling-stroke;
  }
  .sun {
    fill: var(--warning-color);
    stroke: var(--card-background-color);
  }
  .home {
    fill: var(--primary-text-color);
    stroke: var(--card-background-color);
  }
  .station {
    fill: var(--maestra-color, var(--primary-color));
    stroke: var(--card-background-color);
    stroke-width: 2;
  }
  .station.lost {
    fill: var(--secondary-text-color);
  }
  .ring {
    fill: none;
    stroke: var(--maestra-color, var(--primary-color));
    stroke-width: 1.5;
    transform-box: fill-box;
    transform-origin: center;
    animation: ring 2.5s ease-out infinite;
  }
  @keyframes ring {
    from {
      transform: scale(0.5);
      opacity: 0.9;
    }
    to {
      transform: scale(1.6);
      opacity: 0;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .ring {
      animation: none;
    }
  }
  .key {
    display: flex;
    flex-wrap: wrap;
    gap: 2px 14px;
  }
  .key span::before {
    content: "";
    display: inline-block;
    width: 18px;
    margin-inline-end: 6px;
    vertical-align: middle;
    border-block-start: 2px solid var(--maestra-color, var(--primary-color));
  }
  .key span.next::before {
    border-block-start-style: dotted;
  }
  .side {
    display: flex;
    flex-direction: column;
    gap: 14px;
    min-width: 0;
  }
  dl {
    padding: 0 4px;
  }
  .tank {
    padding: 10px 12px;
    border-radius: var(--maestra-radius);
    background: var(--maestra-field);
  }
  .line {
    display: flex;
    align-items: baseline;
    justify-content: space-between;
    gap: 12px;
  }
  .level {
    height: 10px;
    margin-block: 6px 8px;
    border-radius: 5px;
    overflow: hidden;
    background: var(--divider-color);
  }
  .level div {
    height: 100%;
    background: var(--maestra-color, var(--primary-color));
  }
  .tank ul {
    max-height: 84px;
    overflow-y: auto;
  }
  .tank li {
    padding-block: 2px;
    font-size: var(--ha-font-size-s, 12px);
    line-height: 16px;
    font-variant-numeric: tabular-nums;
  }
  ul {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  details {
    border-block-start: 1px solid var(--divider-color);
  }
  summary {
    display: flex;
    align-items: center;
    gap: 10px;
    padding: 10px 16px;
    cursor: pointer;
    list-style: none;
    --mdc-icon-size: 20px;
  }
  summary:hover,
  .row:hover,
  .row[aria-expanded="true"] {
    background: var(--maestra-field);
  }
  summary:focus-visible,
  .row:focus-visible {
    outline-offset: -2px;
  }
  summary .title {
    flex: 1;
    min-width: 0;
  }
  summary ha-icon {
    flex: none;
    color: var(--secondary-text-color);
    transition: transform 0.15s;
  }
  details[open] summary ha-icon {
    transform: rotate(180deg);
  }
  .list {
    max-height: 640px;
  }
  .row {
    display: flex;
    align-items: baseline;
    gap: 12px;
    box-sizing: border-box;
    width: 100%;
    padding: 6px 16px;
  }
  .label {
    flex: 1;
    min-width: 0;
    overflow-wrap: anywhere;
  }
  .value {
    flex: none;
    max-width: 50cqi;
    text-align: end;
    overflow-wrap: anywhere;
    font-variant-numeric: tabular-nums;
    font-weight: var(--ha-font-weight-medium, 500);
    unicode-bidi: plaintext;
  }
  .value.odd {
    color: color-mix(
      in srgb,
      var(--warning-color) 60%,
      var(--primary-text-color)
    );
  }
  .about {
    display: flex;
    flex-direction: column;
    align-items: flex-start;
    gap: 8px;
    padding: 4px 16px 12px;
    background: var(--maestra-field);
  }
  .legend {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 6px;
  }
  .legend li {
    padding: 2px 8px;
    border-radius: 10px;
    font-size: var(--ha-font-size-s, 12px);
    line-height: 16px;
    background: var(--maestra-field);
  }
  .legend li.now {
    background: var(--maestra-tint);
    font-weight: var(--ha-font-weight-medium, 500);
  }
`;
