import { css } from "lit";
import { NODE_HEIGHT } from "./streams-model";

export const streamsStyles = css`
  button.icon[aria-pressed="true"] {
    color: var(--primary-text-color);
    background: var(--maestra-tint);
  }
  .list {
    max-height: 720px;
  }
  .graph {
    position: relative;
    margin: 4px 16px 12px;
  }
  .curves {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
    overflow: visible;
  }
  .curves:dir(rtl) {
    transform: scaleX(-1);
  }
  .curves path {
    fill: none;
    stroke: var(--secondary-text-color);
    stroke-opacity: 0.4;
    stroke-width: 1.5;
  }
  .curves path.live {
    stroke: var(--primary-color);
    stroke-opacity: 1;
    stroke-width: 2;
    stroke-dasharray: 6 5;
    animation: flow 1s linear infinite;
  }
  .curves path.dim {
    opacity: 0.35;
  }
  @keyframes flow {
    to {
      stroke-dashoffset: -11;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .curves path.live {
      animation: none;
    }
  }
  .node {
    position: absolute;
    display: flex;
    align-items: center;
    gap: 8px;
    box-sizing: border-box;
    height: ${NODE_HEIGHT}px;
    padding: 0 10px;
    border-radius: 10px;
    background: var(--maestra-field);
    --mdc-icon-size: 20px;
  }
  .node ha-icon {
    flex: none;
    color: var(--secondary-text-color);
  }
  button.node {
    border: 1.5px solid transparent;
  }
  button.node:hover,
  button.node[aria-expanded="true"] {
    border-color: var(--primary-color);
  }
  button.node.live ha-icon {
    color: var(--primary-color);
  }
  .node .titles .title {
    line-height: 18px;
  }
  .node .titles .subtitle {
    line-height: 14px;
  }
  @container (max-width: 520px) {
    .node ha-icon {
      display: none;
    }
    .node {
      padding: 0 6px;
    }
  }
  ul {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .row {
    display: flex;
    align-items: center;
    gap: 12px;
    box-sizing: border-box;
    width: 100%;
    min-height: 52px;
    padding: 4px 16px;
    --mdc-icon-size: 24px;
  }
  .row:hover,
  .row[aria-expanded="true"] {
    background: var(--maestra-field);
  }
  .row:focus-visible {
    outline-offset: -2px;
  }
  .row ha-icon {
    flex: none;
    color: var(--secondary-text-color);
  }
  .row.live ha-icon {
    color: var(--primary-color);
  }
  .figures {
    flex: none;
    max-width: 45cqi;
    text-align: end;
    font-variant-numeric: tabular-nums;
  }
  .figures .title {
    font-weight: normal;
  }
  @container (max-width: 280px) {
    .figures {
      display: none;
    }
  }
  .detail {
    display: flex;
    flex-direction: column;
    gap: 10px;
    padding: 10px 16px 14px;
  }
  .graph + .detail {
    border-block-start: 1px solid var(--divider-color);
  }
  dd {
    overflow-wrap: anywhere;
    unicode-bidi: plaintext;
  }
  .consumer {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 8px;
    padding: 4px 0;
  }
  .consumer .titles {
    flex: 1 1 140px;
  }
  .consumer .subtitle {
    white-space: normal;
    overflow-wrap: anywhere;
  }
  .actions,
  form {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
  }
  form input[type="number"] {
    flex: 0 1 96px;
  }
  .preview {
    display: flex;
    flex-direction: column;
    gap: 6px;
    padding: 10px 12px;
    border-radius: var(--maestra-radius);
    background: var(--maestra-field);
  }
  .preview .spark {
    height: 80px;
  }
  .preview pre {
    margin: 0;
    max-height: 200px;
    overflow: auto;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    font-family: var(--ha-font-family-code, monospace);
    font-size: var(--ha-font-size-s, 12px);
    line-height: 16px;
    unicode-bidi: plaintext;
  }
  .level {
    position: relative;
    height: 12px;
    border-radius: 6px;
    overflow: hidden;
    background: var(--divider-color);
  }
  .level span {
    position: absolute;
    inset-block: 0;
    inset-inline-start: 0;
    background: var(--primary-color);
  }
  .level span.peak {
    opacity: 0.4;
  }
  .more {
    padding: 8px 16px;
    color: var(--secondary-text-color);
    font-size: var(--ha-font-size-s, 12px);
  }
`;
