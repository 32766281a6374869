import { expect, it } from "vitest";
import { panned, zoomed } from "../lib/range";
import {
  aligned,
  compose,
  covers,
  csv,
  figuresOf,
  lineOf,
  noteAt,
  notesIn,
  readAhead,
  seconds,
  seriesOf,
  shiftOf,
  valueAt,
  widthFor,
  withBlock,
  type Answered,
  type Block,
  type Width,
} from "./history-model";

const DAY = 86_400;
/** When all buckets are over. */
const LATER = 1e9;

/** An answer whose buckets begin at these times, each with its own number as mean. */
function answer(width: Width, ...time: number[]): Answered {
  return {
    origin: "store",
    width,
    columns: {
      time,
      mean: time.map((_, index) => index),
      min: time.map((_, index) => index - 1),
      max: time.map((_, index) => index + 1),
    },
  };
}

/** A block with one series, whose values are the width. */
function block(width: number, start: number, end: number): Block {
  const time = [];
  for (let at = start; at < end; at += width) {
    time.push(at + width / 2);
  }
  const values = time.map(() => width);
  return {
    width,
    start,
    end,
    lines: [{ time, mean: values, min: values, max: values }],
    earlier: [],
    notes: [],
  };
}

it("knows entities and addresses, and what is only said for people", () => {
  expect(
    seriesOf({
      type: "",
      entities: ["sensor.a"],
      series: [{ channel: "N1", name: "Tank", unit: "%" }],
    }),
  ).toEqual([
    { address: "sensor.a", name: undefined, unit: undefined },
    { address: { channel: "N1" }, name: "Tank", unit: "%" },
  ]);
});

it.each([
  [3600, 300, 15],
  [DAY, 300, 300],
  [7 * DAY, 300, 3600],
  [365 * DAY, 400, "day"],
  [365 * DAY, 300, "week"],
  [30 * 365 * DAY, 300, "month"],
] as const)("%i seconds with room for %i have %s", (span, room, width) => {
  expect(widthFor(span, room)).toBe(width);
});

it("a day of one width is never more values than there is room for", () => {
  for (let span = 60; span < 20 * 365 * DAY; span *= 1.3) {
    expect(span / seconds(widthFor(span, 300))).toBeLessThanOrEqual(300);
  }
});

it("zooms around a time, within limits", () => {
  expect(zoomed({ start: 0, end: 1000 }, 0.5, 250)).toEqual({
    start: 125,
    end: 625,
  });
  const small = zoomed({ start: 0, end: 60 }, 0.1, 30);
  expect(small.end - small.start).toBe(60);
});

it("pans into the past without end, but hardly into the future", () => {
  expect(panned({ start: 100, end: 200 }, -1e9, 300).end).toBeLessThan(0);
  expect(panned({ start: 100, end: 200 }, 1e9, 300)).toEqual({
    start: 205,
    end: 305,
  });
});

it.each([
  ["day", DAY],
  ["week", 7 * DAY],
  ["year", 365 * DAY],
  ["none", 0],
] as const)("compares with a %s ago", (compare, shift) => {
  expect(shiftOf(compare, Date.UTC(2026, 10, 30) / 1000)).toBe(shift);
});

it("has points in the middle of buckets, and a gap where nothing was told for long", () => {
  const line = lineOf(answer(10, 0, 10, 20, 90, 100), 105, 1000);
  expect(line.time).toEqual([1005, 1015, 1025, 1035, 1095, 1100]);
  expect(line.mean).toEqual([0, 1, 2, null, 3, 4]);
});

it("makes no gaps in what speaks rarely", () => {
  expect(lineOf(answer(10, 0, 600, 1200, 1800), LATER).mean).toEqual([
    0, 1, 2, 3,
  ]);
});

it("reads as much again on both sides, and nothing in the future", () => {
  expect(readAhead({ start: 1000, end: 2000 }, 100, 2150)).toEqual({
    start: 0,
    end: 2200,
  });
});

it("has read enough until half a view is left", () => {
  const read = [block(10, 0, 3000)];
  const at = (start: number, end: number) =>
    covers(read, { start, end }, 10, 1e6);
  expect(at(1000, 2000)).toBe(true);
  expect(at(500, 1500)).toBe(true);
  expect(at(400, 1400)).toBe(false);
  expect(at(1600, 2600)).toBe(false);
  expect(covers(read, { start: 1000, end: 2000 }, 20, 1e6)).toBe(false);
  // There is nothing to read behind now.
  expect(covers(read, { start: 2000, end: 3000 }, 10, 3005)).toBe(true);
});

it("draws coarser values where finer ones are not there yet: no gap", () => {
  const { lines } = compose(
    [block(10, 0, 100), block(50, -1000, 1000)],
    { start: -100, end: 200 },
    10,
    1,
  );
  const [line] = lines;
  expect(new Set(line?.mean)).toEqual(new Set([10, 50]));
  const time = line?.time ?? [];
  expect(time).toEqual([...time].sort((a, b) => a - b));
  const steps = time.slice(1).map((at, index) => at - (time[index] ?? 0));
  expect(Math.max(...steps)).toBeLessThanOrEqual(50);
});

it("keeps a few blocks, and none that another stands for", () => {
  let blocks: Block[] = [];
  for (let index = 0; index < 20; index++) {
    blocks = withBlock(blocks, block(10, index * 100, index * 100 + 100));
  }
  expect(blocks.length).toBe(8);
  expect(withBlock(blocks, block(10, 0, 2000))).toHaveLength(1);
});

it("aligns lines, telling gaps from times that another has", () => {
  const { time, columns } = aligned([
    { time: [1, 2], mean: [5, null], min: [4, null], max: [6, null] },
    { time: [1.5], mean: [7], min: [7], max: [7] },
  ]);
  expect(time).toEqual([1, 1.5, 2]);
  expect(columns[0]).toEqual([5, undefined, null]);
  expect(columns[3]).toEqual([undefined, 7, undefined]);
});

it("has figures of what is seen", () => {
  const line = lineOf(answer(10, 0, 10, 20, 30), LATER);
  expect(figuresOf(line, { start: 10, end: 30 })).toEqual({
    last: 2,
    min: 0,
    mean: 1.5,
    max: 3,
  });
  expect(figuresOf(line, { start: 100, end: 200 })).toBeUndefined();
});

it("finds the value that is the closest to a time", () => {
  const line = lineOf(answer(10, 0, 10, 20), LATER);
  expect([-5, 9, 11, 99].map((at) => valueAt(line, at))).toEqual([0, 0, 1, 2]);
  expect(valueAt(lineOf(answer(10), LATER), 5)).toBeUndefined();
});

it("writes a table in which no name is a formula", () => {
  const written = csv(['=HYPERLINK("x")'], [lineOf(answer(10, 0), LATER)], {
    start: 0,
    end: 10,
  });
  expect(written.split("\r\n").slice(0, 2)).toEqual([
    `time,"'=HYPERLINK(""x"")","'=HYPERLINK(""x"") min","'=HYPERLINK(""x"") max"`,
    "1970-01-01T00:00:05.000Z,0,-1,1",
  ]);
});

it("marks each note once, and finds the one that is pointed at", () => {
  const note = (time: number) => ({ time, title: `at ${time}`, detail: null });
  const blocks = [
    { ...block(10, 0, 1000), notes: [note(900), note(100)] },
    { ...block(100, -1000, 1000), notes: [note(100), note(-500)] },
  ];
  const view = { start: 0, end: 1000 };
  const notes = notesIn(blocks, view);
  expect(notes.map(({ time }) => time)).toEqual([100, 900]);
  expect(noteAt(notes, 895, view)?.time).toBe(900);
  expect(noteAt(notes, 500, view)).toBeUndefined();
});
