// Which history a chart asks for, and what it draws of what it has. Nothing here needs a browser.
import type { CardConfig } from "../lib/hass";
import type { Range } from "../lib/range";

/** A series as the integration knows it: the id of a Home Assistant entity, or an address in the store. */
export type Address = string | Readonly<Record<string, string | number>>;

export interface HistoryCardConfig extends CardConfig {
  name?: string;
  /** Entities of Home Assistant. */
  entities?: readonly string[];
  /** Series of the store; `name` and `unit` say what each is called. */
  series?: readonly Address[];
  hours?: number | string;
  compare?: Compare;
  /** Whether the lowest and highest values are drawn around the mean. */
  band?: boolean;
  /** Whether notes of the time line are marked. */
  notes?: boolean;
}

export type Compare = "none" | "day" | "week" | "year";
export const COMPARES: readonly Compare[] = ["none", "day", "week", "year"];

export interface Series {
  address: Address;
  /** What the user has called it. */
  name: string | undefined;
  unit: string | undefined;
}

/** One question may have this many series. */
export const MAX_SERIES = 20;
const PRESENTATION = ["name", "unit"];

/** Returns the series of a configuration. */
export function seriesOf(config: HistoryCardConfig): Series[] {
  const all: readonly Address[] = [
    ...(config.entities ?? []),
    ...(config.series ?? []),
  ];
  return all.slice(0, MAX_SERIES).map((one) => {
    if (typeof one === "string") {
      return { address: one, name: undefined, unit: undefined };
    }
    const { name, unit } = one;
    const address = Object.fromEntries(
      Object.entries(one).filter(([key]) => !PRESENTATION.includes(key)),
    );
    return {
      address,
      name: name === undefined ? undefined : String(name),
      unit: unit === undefined ? undefined : String(unit),
    };
  });
}

/** Returns the Home Assistant entity that a series is, if it is one. */
export function entityIdOf({ address }: Series): string | undefined {
  const id = typeof address === "string" ? address : address["entity_id"];
  return typeof id === "string" ? id : undefined;
}

export type Width = number | "day" | "week" | "month";
const DAY = 86_400;
const WIDTHS: readonly Width[] = [
  1,
  2,
  5,
  10,
  15,
  30,
  60,
  120,
  300,
  600,
  900,
  1_800,
  3_600,
  7_200,
  10_800,
  21_600,
  43_200,
  "day",
  "week",
  "month",
];
const CALENDAR = { day: DAY, week: 7 * DAY, month: 30.4 * DAY };

export function seconds(width: Width): number {
  return typeof width === "number" ? width : CALENDAR[width];
}

/** Returns how much time one value stands for, where so many have room. */
export function widthFor(span: number, room: number): Width {
  return WIDTHS.find((width) => span / seconds(width) <= room) ?? "month";
}

/** Seconds by which the same time was earlier, in the local calendar. */
export function shiftOf(compare: Compare, end: number): number {
  const then = new Date(end * 1000);
  switch (compare) {
    case "none":
      return 0;
    case "day":
      then.setDate(then.getDate() - 1);
      break;
    case "week":
      then.setDate(then.getDate() - 7);
      break;
    case "year":
      then.setFullYear(then.getFullYear() - 1);
  }
  return end - then.getTime() / 1000;
}

/** Values of one series, equally long; `time` is the middle of each bucket that is over. */
export interface Line {
  time: readonly number[];
  mean: readonly (number | null)[];
  min: readonly (number | null)[];
  max: readonly (number | null)[];
}

/** One series of an answer of `maestra/history`. */
export interface Answered {
  label?: string;
  origin: "store" | "recorder";
  width?: Width;
  columns: {
    time: number[];
    mean: (number | null)[];
    min: (number | null)[];
    max: (number | null)[];
  };
}

const NO_LINE: Line = { time: [], mean: [], min: [], max: [] };

/**
 * Returns an answer as a line, `shift` seconds later; with a gap where a series fell silent.
 * A bucket that is not over stands at its beginning: its middle may not be in sight.
 */
export function lineOf(answered: Answered, now: number, shift = 0): Line {
  const { columns } = answered;
  const width = seconds(answered.width ?? 0);
  const longest = longestStep(columns.time, width);
  const time: number[] = [];
  const mean: (number | null)[] = [];
  const min: (number | null)[] = [];
  const max: (number | null)[] = [];
  columns.time.forEach((begins, index) => {
    const before = columns.time[index - 1];
    if (before !== undefined && begins - before > longest) {
      time.push(before + width * 1.5 + shift);
      mean.push(null);
      min.push(null);
      max.push(null);
    }
    time.push(begins + (begins + width > now ? 0 : width / 2) + shift);
    mean.push(columns.mean[index] ?? null);
    min.push(columns.min[index] ?? null);
    max.push(columns.max[index] ?? null);
  });
  return { time, mean, min, max };
}

/** What speaks rarely leaves buckets empty without being silent: its usual step counts. */
function longestStep(time: readonly number[], width: number): number {
  const steps = time.slice(1).map((at, index) => at - (time[index] ?? at));
  steps.sort((a, b) => a - b);
  const usual = steps[Math.floor(steps.length / 2)] ?? width;
  return usual > width * 1.01 ? usual * 5 : width * 2.5;
}

/** What somebody noted, at a time in seconds since 1970. */
export interface Note {
  time: number;
  title: string;
  detail: string | null;
}

/** What was read at once: a range in buckets of one width. */
export interface Block extends Range {
  width: Width;
  lines: readonly Line[];
  /** The same time earlier, where it was asked for. */
  earlier: readonly Line[];
  notes: readonly Note[];
}

/** So many are kept. */
const MAX_BLOCKS = 8;

/** Returns the blocks with one more, those that it stands for left out; the newest is first. */
export function withBlock(blocks: readonly Block[], block: Block): Block[] {
  return [
    block,
    ...blocks.filter(
      ({ start, end, width }) =>
        !(
          seconds(width) === seconds(block.width) &&
          start >= block.start &&
          end <= block.end
        ),
    ),
  ].slice(0, MAX_BLOCKS);
}

/** Returns the range to read for a view: as much again on both sides, in whole buckets so that they stay put. */
export function readAhead(view: Range, width: Width, now: number): Range {
  const span = view.end - view.start;
  const step = seconds(width);
  return {
    start: Math.floor((view.start - span) / step) * step,
    end: Math.min(
      Math.ceil((view.end + span) / step) * step,
      Math.ceil(now / step) * step,
    ),
  };
}

/** Whether a view can be drawn, and panned by half of its length, of what was read in this width. */
export function covers(
  blocks: readonly Block[],
  view: Range,
  width: Width,
  now: number,
): boolean {
  const margin = (view.end - view.start) / 2;
  const end = Math.min(view.end + margin, now);
  return blocks.some(
    (block) =>
      block.width === width &&
      block.start <= view.start - margin &&
      block.end + seconds(width) >= end,
  );
}

/** Returns what is drawn: of each time the block whose width is the closest to the wanted one. */
export function compose(
  blocks: readonly Block[],
  view: Range,
  width: Width,
  count: number,
): { lines: Line[]; earlier: Line[] } {
  const distance = (block: Block) =>
    Math.abs(Math.log(seconds(block.width) / seconds(width)));
  const ordered = [...blocks].sort((a, b) => distance(a) - distance(b));
  const margin = view.end - view.start;
  const pieces = cut(
    { start: view.start - margin, end: view.end + margin },
    ordered,
  );
  const joined = (of: (block: Block) => readonly Line[]) =>
    Array.from({ length: count }, (_, index) =>
      joinLines(
        pieces.map(({ block, range }) =>
          within(of(block)[index] ?? NO_LINE, range),
        ),
      ),
    );
  return {
    lines: joined(({ lines }) => lines),
    earlier: joined(({ earlier }) => earlier),
  };
}

/** So many notes have room in a chart. */
const MAX_NOTES = 100;
/** A note is meant that is this close, as a share of what is seen. */
const CLOSE = 0.015;

/** Returns the notes that are seen, in the order of time, the newest where there are many. */
export function notesIn(blocks: readonly Block[], view: Range): Note[] {
  const found = new Map(
    blocks
      .flatMap(({ notes }) => notes)
      .filter(({ time }) => time >= view.start && time <= view.end)
      .map((note) => [JSON.stringify([note.time, note.title]), note]),
  );
  return [...found.values()].sort((a, b) => a.time - b.time).slice(-MAX_NOTES);
}

/** Returns the note that somebody points at. */
export function noteAt(
  notes: readonly Note[],
  at: number,
  view: Range,
): Note | undefined {
  const distance = ({ time }: Note) => Math.abs(time - at);
  const [closest] = [...notes].sort((a, b) => distance(a) - distance(b));
  return closest && distance(closest) <= (view.end - view.start) * CLOSE
    ? closest
    : undefined;
}

interface Piece {
  block: Block;
  range: Range;
}

function cut(range: Range, blocks: readonly Block[]): Piece[] {
  const [block, ...others] = blocks;
  if (!block || range.end <= range.start) {
    return [];
  }
  const inside = {
    start: Math.max(range.start, block.start),
    end: Math.min(range.end, block.end),
  };
  if (inside.end <= inside.start) {
    return cut(range, others);
  }
  return [
    ...cut({ start: range.start, end: inside.start }, others),
    { block, range: inside },
    ...cut({ start: inside.end, end: range.end }, others),
  ];
}

function within(line: Line, { start, end }: Range): Line {
  const from = firstFrom(line.time, start);
  const to = firstFrom(line.time, end);
  return {
    time: line.time.slice(from, to),
    mean: line.mean.slice(from, to),
    min: line.min.slice(from, to),
    max: line.max.slice(from, to),
  };
}

/** Index of the first time that is not before this one, of times in order. */
function firstFrom(time: readonly number[], at: number): number {
  let low = 0;
  let high = time.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((time[middle] ?? at) < at) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

function joinLines(lines: readonly Line[]): Line {
  return {
    time: lines.flatMap(({ time }) => time),
    mean: lines.flatMap(({ mean }) => mean),
    min: lines.flatMap(({ min }) => min),
    max: lines.flatMap(({ max }) => max),
  };
}

export type Column = (number | null | undefined)[];

/** Returns the times of all lines, and of each of them mean, min and max at these; undefined where it has no point. */
export function aligned(lines: readonly Line[]): {
  time: number[];
  columns: Column[];
} {
  const time = [...new Set(lines.flatMap(({ time }) => time))].sort(
    (a, b) => a - b,
  );
  const place = new Map(time.map((at, index) => [at, index]));
  const columns = lines.flatMap((line) =>
    [line.mean, line.min, line.max].map((values) => {
      const column: Column = new Array<undefined>(time.length).fill(undefined);
      line.time.forEach((at, index) => {
        column[place.get(at) ?? -1] = values[index] ?? null;
      });
      return column;
    }),
  );
  return { time, columns };
}

export interface Figures {
  last: number;
  min: number;
  mean: number;
  max: number;
}

/** Returns the figures of what is seen of a line; of buckets the mean is that of their means. */
export function figuresOf(line: Line, view: Range): Figures | undefined {
  const seen = within(line, view);
  const means = seen.mean.filter((value) => value !== null);
  const last = means.at(-1);
  if (last === undefined) {
    return undefined;
  }
  const lows = seen.min.filter((value) => value !== null);
  const highs = seen.max.filter((value) => value !== null);
  return {
    last,
    min: least(lows.length ? lows : means),
    mean: means.reduce((sum, value) => sum + value, 0) / means.length,
    max: -least((highs.length ? highs : means).map((value) => -value)),
  };
}

function least(values: readonly number[]): number {
  return values.reduce((low, value) => Math.min(low, value), Infinity);
}

/** Returns the value of the bucket that is the closest to a time. */
export function valueAt(line: Line, at: number): number | undefined {
  const next = firstFrom(line.time, at);
  const [before = -Infinity, after = Infinity] = [
    line.time[next - 1],
    line.time[next],
  ];
  return line.mean[at - before < after - at ? next - 1 : next] ?? undefined;
}

/** Returns what is seen as a table for a spreadsheet: times in ISO 8601, a column a series. */
export function csv(
  names: readonly string[],
  lines: readonly Line[],
  view: Range,
): string {
  const { time, columns } = aligned(lines.map((line) => within(line, view)));
  const heads = names.flatMap((name) => [name, `${name} min`, `${name} max`]);
  const rows = time.map((at, index) => [
    new Date(at * 1000).toISOString(),
    ...columns.map((column) => String(column[index] ?? "")),
  ]);
  return [["time", ...heads.map(quoted)], ...rows]
    .map((row) => `${row.join(",")}\r\n`)
    .join("");
}

/** A name is a text, never a formula. */
function quoted(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return `"${harmless.replaceAll('"', '""')}"`;
}
