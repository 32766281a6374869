import { css } from "lit";

export const productionStyles = css`
  .screen {
    position: relative;
    aspect-ratio: 16 / 9;
    margin: 0 12px 12px;
    overflow: hidden;
    border-radius: var(--maestra-radius);
    background: repeating-conic-gradient(
        var(--maestra-field) 0 25%,
        transparent 0 50%
      )
      0 / 24px 24px;
  }
  .shown {
    position: absolute;
    max-width: 70%;
    box-sizing: border-box;
    padding: 6px 10px;
    overflow: hidden;
    border-inline-start: 4px solid var(--primary-color);
    border-radius: 6px;
    background: var(--card-background-color);
    color: var(--primary-text-color);
    box-shadow: var(--ha-card-box-shadow, 0 1px 4px rgb(0 0 0 / 30%));
  }
  .shown[data-layer="foreground"] {
    inset-block-start: 6%;
    inset-inline: 15%;
    margin-inline: auto;
    width: fit-content;
  }
  .shown[data-layer="midground"] {
    inset-block-end: 6%;
    inset-inline-start: 4%;
    max-width: 44%;
  }
  .shown[data-layer="background"] {
    inset-block-end: 6%;
    inset-inline-end: 4%;
    max-width: 44%;
  }
  .shown[data-type="takeover"] {
    inset: 0;
    display: grid;
    place-content: center;
    width: auto;
    max-width: none;
    border: 0;
    text-align: center;
  }
  .shown[data-state="interrupted"] {
    opacity: 0.5;
  }
  .shown b,
  .shown span,
  .words {
    display: block;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .shown span {
    font-size: var(--ha-font-size-s, 12px);
    color: var(--secondary-text-color);
  }
  .queue {
    margin: 0;
    padding: 0 12px 12px;
    overflow-y: auto;
    list-style: none;
  }
  .queue li {
    display: flex;
    align-items: center;
    gap: 8px;
    min-height: 40px;
    color: var(--primary-text-color);
  }
  .words {
    flex: 1;
    min-width: 0;
  }
  .queue small {
    color: var(--secondary-text-color);
  }
`;
