import { css, html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { styleMap } from "lit/directives/style-map.js";
import { openDevice } from "./actions";
import { rowsInSight } from "./rows";

/** Height of a row in pixels: the list counts on it. */
const ROW_HEIGHT = 52;
/** What a list is high before it was drawn. */
const FIRST_HEIGHT = 520;

/** How a device stands in a list. */
export interface DeviceRow {
  key: string;
  /** The class of its dot, and what that means. */
  status: string;
  statusName: string;
  title: string;
  subtitle: unknown;
  /** Its line; undefined for what never has one. */
  trend?: TemplateResult | typeof nothing | undefined;
  /** What it says, and what that is. */
  value?: { text: string; label: string } | undefined;
  /** Its page, for who may see that. */
  deviceId?: string | null | undefined;
}

/** Where a list has scrolled to; a card keeps it as a state. */
export interface Scroll {
  at: number;
  moved(at: number): void;
}

/** Returns which of many items are in sight in the list of a card. */
export function inSight<Item>(
  root: ParentNode,
  items: readonly Item[],
  { at }: Scroll,
): { first: number; shown: readonly Item[] } {
  const height = root.querySelector(".list")?.clientHeight ?? FIRST_HEIGHT;
  const { first, end } = rowsInSight(items.length, ROW_HEIGHT, at, height);
  return { first, shown: items.slice(first, end) };
}

/** A list of devices that scrolls: `shown` are those in sight, from the `first` of `count` on. */
export function deviceList(
  count: number,
  first: number,
  shown: readonly DeviceRow[],
  scroll: Scroll,
  isSized: boolean,
): TemplateResult {
  return html`<div
    class="list ${isSized ? "fills" : ""}"
    tabindex="-1"
    @scroll=${(event: Event) => {
      scroll.moved((event.target as Element).scrollTop);
    }}
  >
    <div
      class="space"
      role="list"
      style=${styleMap({ height: `${count * ROW_HEIGHT}px` })}
    >
      ${repeat(
        shown,
        ({ key }) => key,
        (row, index) => deviceRow(row, first + index),
      )}
    </div>
  </div>`;
}

function deviceRow(row: DeviceRow, index: number): TemplateResult {
  const { deviceId } = row;
  const style = styleMap({ top: `${index * ROW_HEIGHT}px` });
  const content = html`
    <span class="dot ${row.status}"></span>
    <span class="sr-only">${row.statusName}</span>
    <div class="about">
      <div class="title">${row.title}</div>
      <div class="subtitle">${row.subtitle}</div>
    </div>
    ${
      row.value
        ? html`${
              row.trend === undefined
                ? nothing
                : html`<div class="trend">${row.trend}</div>`
            }
            <div class="metric">
              <div class="title">${row.value.text}</div>
              <div class="subtitle">${row.value.label}</div>
            </div>`
        : nothing
    }
  `;
  return html`<div role="listitem" data-device=${row.key}>
    ${
      deviceId
        ? html`<button
            class="row"
            style=${style}
            @click=${() => {
              openDevice(deviceId);
            }}
          >
            ${content}
          </button>`
        : html`<div class="row" style=${style}>${content}</div>`
    }
  </div>`;
}

export const deviceListStyles = css`
  .list {
    max-height: 468px;
    padding-block-end: 4px;
  }
  .space {
    position: relative;
  }
  .row {
    position: absolute;
    inset-inline: 0;
    display: flex;
    align-items: center;
    gap: 12px;
    box-sizing: border-box;
    width: 100%;
    height: ${ROW_HEIGHT}px;
    padding: 0 16px;
  }
  button.row:hover {
    background: var(--maestra-field);
  }
  .row:focus-visible {
    outline-offset: -2px;
  }
  .about {
    flex: 1;
    min-width: 0;
  }
  .trend {
    flex: none;
    width: min(80px, 20cqi);
  }
  @container (max-width: 380px) {
    .trend {
      display: none;
    }
  }
  .metric {
    flex: none;
    max-width: 45cqi;
    text-align: end;
  }
  .metric .title {
    unicode-bidi: plaintext;
    font-variant-numeric: tabular-nums;
    font-weight: normal;
  }
`;
