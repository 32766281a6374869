import { html, nothing, type TemplateResult } from "lit";

/** The head of a card: its icon, its title, a line below that, and what stands at the end of the row. */
export function head(
  icon: string,
  title: string,
  subtitle: unknown,
  end: unknown = nothing,
): TemplateResult {
  return html`<div class="head">
    <div class="badge"><ha-icon .icon=${icon}></ha-icon></div>
    <div class="titles">
      <h2 class="title">${title}</h2>
      <div class="subtitle">${subtitle}</div>
    </div>
    ${end}
  </div>`;
}
