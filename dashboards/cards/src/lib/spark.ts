import { css, html, nothing, svg, type TemplateResult } from "lit";
import type { Points } from "./history";

const WIDTH = 100;
const HEIGHT = 28;
const MARGIN = 2;

/** With fewer there is no line to speak of. */
const FEWEST = 3;

/** Returns the path of a line that fills the box, from its first point to its last; one that never moves is in the middle. */
export function sparkPath(points: Points): string {
  const [start = 0] = points.at(0) ?? [];
  const [end = 0] = points.at(-1) ?? [];
  const values = points.map(([, value]) => value);
  const low = Math.min(...values);
  const span = Math.max(...values) - low;
  return points
    .map(([time, value], index) => {
      const x = ((time - start) / (end - start || 1)) * WIDTH;
      const share = span > 0 ? (value - low) / span : 0.5;
      const y = HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN);
      return `${index ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join("");
}

/** A small line of the last hours, up to what is now. */
export function spark(
  points: Points | undefined,
  current?: number,
): TemplateResult | typeof nothing {
  const now = Date.now() / 1000;
  const all =
    points?.length && current !== undefined
      ? [...points, [now, current] as const]
      : points;
  if (!all || all.length < FEWEST) {
    return nothing;
  }
  return html`<svg
    class="spark"
    viewBox="0 0 ${WIDTH} ${HEIGHT}"
    preserveAspectRatio="none"
    aria-hidden="true"
  >
    ${svg`<path d=${sparkPath(all)} vector-effect="non-scaling-stroke" />`}
  </svg>`;
}

export const sparkStyles = css`
  .spark {
    display: block;
    width: 100%;
    height: 28px;
    overflow: visible;
  }
  .spark path {
    fill: none;
    stroke: var(--maestra-color, var(--primary-color));
    stroke-width: 1.5;
    stroke-linejoin: round;
    stroke-linecap: round;
  }
`;
