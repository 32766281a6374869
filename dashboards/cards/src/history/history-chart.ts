import type uPlot from "uplot";
import { formatNumber, formatTime } from "../lib/format";
import type { Locale } from "../lib/hass";
import type { Range } from "../lib/range";
import type { Column, Note } from "./history-model";

/** How a line is drawn. */
export interface Look {
  label: string;
  color: string;
  unit: string;
  isShown: boolean;
  /** Whether it is of an earlier time. */
  isEarlier: boolean;
}

export interface Drawing {
  view: Range;
  time: number[];
  columns: Column[];
  looks: readonly Look[];
  hasBand: boolean;
  notes: readonly Note[];
  locale: Locale;
}

/** What somebody does to the chart. */
export interface Gestures {
  pan(seconds: number): void;
  zoom(factor: number, at: number): void;
  point(at: number | undefined): void;
}

const DAY = 86_400;
// Its own names would load uPlot with this module.
const RIGHT = 1;
const LEFT = 3;
const FONT_SIZE = 11;
/** One turn of the wheel. */
const WHEEL_ZOOM = 1.2;

/** The drawn chart; made anew when what is drawn has another form, else only its data changes. */
export class HistoryChart {
  #plot: uPlot | undefined;
  #form = "";
  #drawing: Drawing | undefined;
  readonly #resized: ResizeObserver;
  readonly #pointers = new Map<number, PointerEvent>();

  constructor(
    readonly element: HTMLElement,
    readonly make: typeof uPlot,
    readonly gestures: Gestures,
  ) {
    this.#resized = new ResizeObserver(() => {
      this.#plot?.setSize(this.#size());
      this.#mark();
    });
    this.#resized.observe(element);
  }

  draw(drawing: Drawing): void {
    this.#drawing = drawing;
    const { looks, hasBand, locale, view, time, columns } = drawing;
    const form = JSON.stringify([looks, hasBand, locale, this.#colors()]);
    const data = [time, ...columns] as uPlot.AlignedData;
    if (!this.#plot || form !== this.#form) {
      this.#form = form;
      this.#plot?.destroy();
      this.#plot = new this.make(this.#options(drawing), data, this.element);
    } else {
      this.#plot.setData(data, false);
    }
    this.#plot.setScale("x", { min: view.start, max: view.end });
    this.#mark();
  }

  /** Draws a line at each note. */
  #mark(): void {
    const { view, notes } = this.#drawing ?? {};
    const over = this.#plot?.over;
    if (!over || !view || !notes) {
      return;
    }
    over.querySelectorAll(".mark").forEach((mark) => {
      mark.remove();
    });
    over.append(
      ...notes.map(({ time, title }) => {
        const mark = document.createElement("div");
        const share = (time - view.start) / (view.end - view.start);
        mark.className = "mark";
        mark.title = title;
        mark.style.left = `clamp(0px, ${share * 100}% - 4px, 100% - 9px)`;
        return mark;
      }),
    );
  }

  destroy(): void {
    this.#resized.disconnect();
    this.#plot?.destroy();
    this.#plot = undefined;
  }

  #size(): { width: number; height: number } {
    const { clientWidth: width, clientHeight: height } = this.element;
    return { width: Math.max(width, 50), height: Math.max(height, 80) };
  }

  #colors(): { text: string; grid: string; font: string } {
    const style = getComputedStyle(this.element);
    return {
      text: style.getPropertyValue("--secondary-text-color") || "#727272",
      grid: style.getPropertyValue("--divider-color") || "#e0e0e0",
      font: `${FONT_SIZE}px ${style.fontFamily}`,
    };
  }

  #options(drawing: Drawing): uPlot.Options {
    const { looks, hasBand, locale } = drawing;
    const { text, grid, font } = this.#colors();
    const units = [...new Set(looks.map(({ unit }) => unit))];
    const axis = {
      stroke: text,
      font,
      grid: { stroke: grid, width: 1 },
      ticks: { show: false },
    };
    return {
      ...this.#size(),
      // Room for the last time below, where no axis on the right has it.
      padding: [10, (_plot, _side, [, hasRight]) => (hasRight ? 0 : 24), 0, 0],
      legend: { show: false },
      cursor: {
        drag: { x: false, y: false },
        points: { size: 7 },
        y: false,
      },
      scales: {
        x: { time: true },
        ...Object.fromEntries(
          units.map((unit) => [
            scaleOf(unit),
            {
              // Its own would show a line that is always 0 from 0 to 100.
              range: (
                _plot: uPlot,
                low: number | null,
                high: number | null,
              ): [number, number] =>
                low === null || high === null || (!low && !high)
                  ? [0, 1]
                  : (this.make.rangeNum(low, high, 0.1, true) as [
                      number,
                      number,
                    ]),
            },
          ]),
        ),
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: 28,
          space: 70,
          values: (_plot, splits, _axis, _space, step) =>
            splits.map((at, index) =>
              axisTime(at, splits[index - 1], step, locale),
            ),
        },
        // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- it is declared, but not there
        ...units.map((unit, index) => ({
          ...axis,
          scale: scaleOf(unit),
          show: index < 2,
          side: index === 1 ? RIGHT : LEFT,
          grid: index ? { show: false } : axis.grid,
          size: (_plot: uPlot, values: string[] | null) =>
            14 +
            Math.max(2, ...(values ?? []).map((value) => value.length)) *
              FONT_SIZE *
              0.6,
          values: (_plot: uPlot, splits: number[]) =>
            splits.map(
              (value, place) =>
                formatNumber(value, locale) +
                (unit && place === splits.length - 1 ? ` ${unit}` : ""),
            ),
        })),
      ],
      series: [{}, ...looks.flatMap(linesOf)],
      bands: looks.flatMap(({ color, isShown, isEarlier }, index) =>
        hasBand && isShown && !isEarlier
          ? [
              {
                series: [index * 3 + 3, index * 3 + 2] as [number, number],
                fill: faded(color),
              },
            ]
          : [],
      ),
      hooks: {
        ready: [
          (plot) => {
            this.#listen(plot);
          },
        ],
        setCursor: [
          (plot) => {
            const { left } = plot.cursor;
            this.gestures.point(
              left === undefined || left < 0
                ? undefined
                : plot.posToVal(left, "x"),
            );
          },
        ],
      },
    };
  }

  #listen(plot: uPlot): void {
    const { over } = plot;
    const at = (event: MouseEvent) =>
      plot.posToVal(event.clientX - over.getBoundingClientRect().left, "x");
    const secondsOf = (pixels: number) => {
      const { start, end } = this.#drawing?.view ?? { start: 0, end: 0 };
      return (pixels / (over.clientWidth || 1)) * (end - start);
    };
    over.addEventListener(
      "wheel",
      (event) => {
        if (event.ctrlKey || event.metaKey) {
          event.preventDefault();
          this.gestures.zoom(
            event.deltaY > 0 ? WHEEL_ZOOM : 1 / WHEEL_ZOOM,
            at(event),
          );
        } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
          event.preventDefault();
          this.gestures.pan(secondsOf(event.deltaX));
        }
      },
      { passive: false },
    );
    over.addEventListener("pointerdown", (event) => {
      over.setPointerCapture(event.pointerId);
      this.#pointers.set(event.pointerId, event);
    });
    over.addEventListener("pointermove", (event) => {
      const before = this.#pointers.get(event.pointerId);
      if (!before) {
        return;
      }
      const other = [...this.#pointers.values()].find(
        ({ pointerId }) => pointerId !== event.pointerId,
      );
      this.#pointers.set(event.pointerId, event);
      if (other) {
        const apart = (one: PointerEvent) =>
          Math.max(20, Math.abs(one.clientX - other.clientX));
        this.gestures.zoom(apart(before) / apart(event), at(other));
      } else {
        this.gestures.pan(secondsOf(before.clientX - event.clientX));
      }
    });
    for (const ends of ["pointerup", "pointercancel"] as const) {
      over.addEventListener(ends, ({ pointerId }) => {
        this.#pointers.delete(pointerId);
      });
    }
  }
}

function scaleOf(unit: string): string {
  return `unit ${unit}`;
}

/** The line of the means, and those of the lowest and highest values, which only bound the band. */
function linesOf({
  color,
  unit,
  isShown,
  isEarlier,
  label,
}: Look): uPlot.Series[] {
  const scale = scaleOf(unit);
  const bound = {
    scale,
    show: isShown && !isEarlier,
    width: 0,
    points: { show: false },
  };
  return [
    {
      label,
      scale,
      show: isShown,
      stroke: isEarlier ? faded(color, 0.6) : color,
      width: isEarlier ? 1.5 : 2,
      ...(isEarlier ? { dash: [5, 4] } : {}),
      points: { size: 5 },
    },
    bound,
    bound,
  ];
}

function faded(color: string, share = 0.16): string {
  const hex = Math.round(share * 255)
    .toString(16)
    .padStart(2, "0");
  return /^#[\da-f]{6}$/i.test(color)
    ? color + hex
    : `color-mix(in srgb, ${color} ${share * 100}%, transparent)`;
}

/** Writes a time below the chart: hours where these are apart, with the day where it begins. */
function axisTime(
  at: number,
  before: number | undefined,
  step: number,
  locale: Locale,
): string {
  const day = { day: "numeric", month: "short" } as const;
  if (step >= 28 * DAY) {
    return formatTime(at, locale, { month: "short", year: "numeric" });
  }
  if (step >= DAY) {
    return formatTime(at, locale, day);
  }
  const isNewDay =
    before !== undefined &&
    new Date(at * 1000).getDate() !== new Date(before * 1000).getDate();
  return isNewDay
    ? formatTime(at, locale, day)
    : formatTime(at, locale, {
        hour: "numeric",
        minute: "2-digit",
        ...(step < 60 ? { second: "2-digit" } : {}),
      });
}
