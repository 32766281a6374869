import { css, html, type TemplateResult } from "lit";

/** What is known of something: a name for each fact. */
export function facts(
  known: readonly (readonly [name: string, value: string])[],
): TemplateResult {
  return html`<dl>
    ${known.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

export const factStyles = css`
  dl {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(120px, 100%), 1fr));
    gap: 8px 12px;
    margin: 0;
  }
  dt {
    font-size: var(--ha-font-size-s, 12px);
    line-height: 16px;
    color: var(--secondary-text-color);
  }
  dd {
    margin: 0;
    font-variant-numeric: tabular-nums;
  }
`;
