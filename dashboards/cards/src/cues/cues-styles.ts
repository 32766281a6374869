import { css } from "lit";

export const cuesStyles = css`
  .desk {
    flex: 1 1 auto;
    display: flex;
    flex-direction: column;
    min-height: 0;
    overflow-y: auto;
    --maestra-go: color-mix(in srgb, var(--success-color) 80%, #000);
    --maestra-panic: color-mix(in srgb, var(--error-color) 75%, #000);
  }
  .desk:focus {
    outline: none;
  }
  .head select {
    max-width: 55cqi;
    height: 40px;
    padding: 0 14px;
    font-size: var(--ha-font-size-l, 16px);
    font-weight: var(--ha-font-weight-medium, 500);
  }

  /* What is on, and what is next. */
  .panels {
    display: grid;
    gap: 8px;
    padding: 0 12px 12px;
  }
  @container (min-width: 560px) {
    .panels {
      grid-template-columns: 1fr 1fr;
    }
  }
  .panel,
  .cue {
    --color: var(--secondary-text-color);
  }
  .running {
    --color: var(--success-color);
  }
  .paused {
    --color: var(--warning-color);
  }
  .panel.next,
  .cue.standing {
    --color: var(--primary-color);
  }
  .panel {
    display: flex;
    flex-direction: column;
    gap: 4px;
    min-width: 0;
    padding: 12px 16px;
    border-radius: var(--maestra-radius);
    border-inline-start: 6px solid var(--color);
    background: color-mix(in srgb, var(--color) 12%, transparent);
  }
  .line {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 12px;
    min-height: clamp(26px, 4.5cqi, 48px);
  }
  .which,
  .line .takes {
    font-size: clamp(14px, 2cqi, 20px);
    line-height: 1.4;
    color: var(--secondary-text-color);
  }
  .cue .takes {
    font-size: var(--ha-font-size-m, 14px);
    line-height: 20px;
    color: var(--secondary-text-color);
  }
  .which {
    font-weight: var(--ha-font-weight-medium, 500);
  }
  .left {
    font-size: clamp(24px, 4.5cqi, 48px);
    line-height: 1;
    font-variant-numeric: tabular-nums;
    direction: ltr;
  }
  .called {
    display: flex;
    align-items: baseline;
    gap: 0.5em;
    min-width: 0;
    font-size: clamp(28px, 5.5cqi, 72px);
    line-height: 1.15;
    color: var(--primary-text-color);
  }
  .called.none {
    color: var(--secondary-text-color);
  }
  .number {
    flex: none;
    max-width: 50%;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    font-weight: var(--ha-font-weight-bold, 700);
    font-variant-numeric: tabular-nums;
  }
  .name,
  .notes {
    min-width: 0;
    overflow: hidden;
    overflow-wrap: anywhere;
    display: -webkit-box;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 2;
  }
  .notes {
    font-size: var(--ha-font-size-l, 16px);
    line-height: 22px;
    color: var(--primary-text-color);
  }
  .panel .track {
    --maestra-color: var(--color);
    height: 8px;
    margin-block-start: auto;
    border-radius: 4px;
  }

  /* The buttons. */
  .controls {
    display: grid;
    grid-template-columns: repeat(4, minmax(0, 1fr));
    gap: 8px;
    padding: 0 12px 12px;
  }
  .go {
    grid-column: 1 / -1;
    min-height: 88px;
    border-radius: var(--maestra-radius);
    background: var(--maestra-go);
    color: var(--text-primary-color, #fff);
    font-size: 40px;
    font-weight: var(--ha-font-weight-bold, 700);
    line-height: 1;
    letter-spacing: 0.06em;
    text-transform: uppercase;
    text-align: center;
  }
  .control {
    display: flex;
    flex-direction: column;
    align-items: center;
    justify-content: center;
    gap: 2px;
    min-width: 0;
    min-height: 64px;
    border-radius: var(--maestra-radius);
    background: var(--maestra-field);
    color: var(--primary-text-color);
    --mdc-icon-size: 28px;
  }
  .word {
    max-width: 100%;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    font-size: var(--ha-font-size-m, 14px);
    line-height: 20px;
  }
  .control.panic {
    color: color-mix(
      in srgb,
      var(--error-color) 50%,
      var(--primary-text-color)
    );
    box-shadow: inset 0 0 0 2px var(--error-color);
  }
  .control.panic.armed {
    background: var(--maestra-panic);
    color: var(--text-primary-color, #fff);
    box-shadow: none;
    animation: alarm 500ms ease-in-out infinite alternate;
  }
  @keyframes alarm {
    to {
      filter: brightness(1.3);
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .control.panic.armed {
      animation: none;
    }
  }
  /* Two taps are two, and no zoom. */
  .go,
  .control,
  [role="option"] {
    touch-action: manipulation;
    user-select: none;
  }
  .go:active,
  .control:active {
    filter: brightness(1.2);
  }
  [aria-disabled="true"] {
    cursor: default;
    opacity: 0.4;
    filter: none !important;
  }
  @container (min-width: 560px) {
    .controls {
      grid-template-columns: 3fr 1fr 1fr 1fr 1fr;
    }
    .go {
      grid-column: auto;
      min-height: 104px;
      font-size: 56px;
    }
    .control {
      --mdc-icon-size: 36px;
    }
  }
  .desk > .error {
    padding: 0 16px 12px;
    font-size: var(--ha-font-size-m, 14px);
  }

  /* The cues. */
  .list {
    position: relative;
    max-height: 520px;
    border-block-start: 1px solid var(--divider-color);
  }
  .list.fills {
    min-height: 96px;
  }
  .list:focus-visible {
    outline-offset: -2px;
  }
  .cue {
    display: flex;
    align-items: center;
    gap: 10px;
    box-sizing: border-box;
    min-height: 52px;
    padding: 6px 16px 6px 8px;
    border-inline-start: 6px solid transparent;
    color: var(--primary-text-color);
    --mdc-icon-size: 22px;
  }
  [role="option"] {
    cursor: pointer;
  }
  [role="option"]:hover {
    background: var(--maestra-field);
  }
  .cue.current,
  .cue.standing {
    border-color: var(--color);
    background: color-mix(in srgb, var(--color) 14%, transparent);
  }
  .desk:focus-within .cue.chosen:not(.standing) {
    outline: 2px dashed var(--primary-text-color);
    outline-offset: -3px;
  }
  .mark {
    flex: none;
    width: 22px;
    color: var(--color);
  }
  .mark:dir(rtl) {
    transform: scaleX(-1);
  }
  .place {
    flex: none;
    min-width: 2.5em;
    max-width: 25cqi;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    font-size: var(--ha-font-size-l, 16px);
    font-weight: var(--ha-font-weight-bold, 700);
    font-variant-numeric: tabular-nums;
  }
  .cue .title {
    font-size: var(--ha-font-size-l, 16px);
    line-height: 22px;
  }
  .takes {
    flex: none;
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  .by-itself {
    flex: none;
    width: 22px;
    color: var(--secondary-text-color);
  }
  .keys {
    display: none;
    padding: 6px 16px;
    border-block-start: 1px solid var(--divider-color);
    font-size: var(--ha-font-size-s, 12px);
    line-height: 16px;
    color: var(--secondary-text-color);
  }
  .desk:focus-within .keys {
    color: var(--primary-text-color);
  }
  @media (hover: hover) and (pointer: fine) {
    .keys {
      display: block;
    }
  }

  /* So few rows that there is no room for the list. */
  .short.desk {
    padding-block-start: 12px;
    overflow: hidden;
  }
  .short .head {
    padding-block-start: 0;
  }
  .short .panels {
    flex: 1 1 auto;
    min-height: 0;
    grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
  }
  .short .panel {
    min-height: 0;
    padding: 8px 12px;
    overflow: hidden;
  }
  .short .line {
    flex-wrap: wrap;
    gap: 0 8px;
  }
  .short .name,
  .short .notes {
    -webkit-line-clamp: 1;
  }
  .short .controls {
    flex: 1 0 auto;
    grid-template-rows: 1fr auto;
  }
  .short .go {
    min-height: 64px;
  }
  @container (max-width: 400px) {
    .short .called {
      font-size: 20px;
    }
  }

  /* Few rows: one line each, and the buttons. */
  .compact {
    gap: 8px;
    padding: 8px;
    justify-content: space-between;
  }
  .compact .panels,
  .compact .controls {
    padding: 0;
  }
  .compact .panels {
    grid-template-columns: 1fr;
    gap: 2px;
  }
  .compact .panel {
    flex-direction: row;
    align-items: baseline;
    position: relative;
    gap: 8px;
    padding: 2px 8px;
    border-radius: 6px;
    border-inline-start-width: 4px;
  }
  .compact .line {
    order: 1;
    flex: none;
    min-height: 0;
    margin-inline-start: auto;
  }
  .compact .which,
  .compact .notes,
  .compact .takes {
    display: none;
  }
  .compact .left {
    font-size: var(--ha-font-size-l, 16px);
  }
  .compact .called {
    font-size: var(--ha-font-size-l, 16px);
    line-height: 22px;
  }
  .compact .name {
    display: block;
    white-space: nowrap;
    text-overflow: ellipsis;
  }
  .compact .panel .track {
    position: absolute;
    inset-inline: 0;
    inset-block-end: 0;
    height: 3px;
    border-radius: 0;
  }
  .compact .controls {
    flex: 1 1 auto;
    grid-template-columns: 2fr repeat(4, minmax(0, 1fr));
    gap: 6px;
  }
  .compact .go {
    grid-column: auto;
    min-height: 40px;
    font-size: clamp(20px, 6cqi, 32px);
    letter-spacing: 0;
  }
  .compact .control {
    min-height: 40px;
    --mdc-icon-size: 22px;
  }
  @container (max-width: 340px) {
    .compact .controls {
      gap: 4px;
    }
    .compact .control {
      --mdc-icon-size: 18px;
    }
    .compact.tall .controls {
      grid-template-columns: repeat(4, minmax(0, 1fr));
      grid-template-rows: 1fr auto;
    }
    .compact.tall .go {
      grid-column: 1 / -1;
    }
    .compact.tall .control {
      --mdc-icon-size: 22px;
    }
  }
  .compact .word {
    position: absolute;
    clip-path: inset(50%);
  }
  .compact .error {
    padding: 0;
  }
`;
