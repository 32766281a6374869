import { css, html, nothing, type TemplateResult } from "lit";
import { sharedTexts } from "./texts";

/** What a card shows in place of its content: that it loads, that there is nothing, or what is wrong. */
export function message(
  icon: string,
  title: string,
  detail?: string,
): TemplateResult {
  return html`<div class="message" role="status">
    <ha-icon .icon=${icon}></ha-icon>
    <div class="message-title">${title}</div>
    ${detail ? html`<div class="message-detail">${detail}</div>` : nothing}
  </div>`;
}

/** Grey bars where the content will be, so that nothing jumps when it comes. */
export function loading(label: string, rows: number): TemplateResult {
  return html`<div class="loading" role="status" aria-label=${label}>
    ${Array.from({ length: rows }, () => html`<div class="bar"></div>`)}
  </div>`;
}

/** What stands for the content as long as there is none; `refusal` says who may see it. */
export function unready(
  language: string,
  status: "loading" | "absent" | "refused",
  refusal: string,
  rows: number,
): TemplateResult {
  const text = sharedTexts(language);
  switch (status) {
    case "loading":
      return loading(text("loading"), rows);
    case "absent":
      return message(
        "mdi:power-plug-off",
        text("absent"),
        text("absent_detail"),
      );
    case "refused":
      return message("mdi:lock", text("refused"), refusal);
  }
}

export const messageStyles = css`
  .message {
    display: flex;
    flex-direction: column;
    align-items: center;
    gap: 4px;
    padding: 24px 16px;
    text-align: center;
    color: var(--secondary-text-color);
  }
  .message ha-icon {
    --mdc-icon-size: 32px;
    margin-block-end: 4px;
    opacity: 0.7;
  }
  .message-title {
    color: var(--primary-text-color);
    font-weight: var(--ha-font-weight-medium, 500);
  }
  .loading {
    display: flex;
    flex-direction: column;
    gap: 12px;
    padding: 16px;
  }
  .bar {
    height: 28px;
    border-radius: 8px;
    background: var(--divider-color);
    opacity: 0.5;
    animation: pulse 1.5s ease-in-out infinite alternate;
  }
  .bar:last-child:not(:first-child) {
    width: 60%;
  }
  @keyframes pulse {
    to {
      opacity: 0.2;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .bar {
      animation: none;
    }
  }
`;
