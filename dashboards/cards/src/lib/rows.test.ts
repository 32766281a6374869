import { expect, it } from "vitest";
import { Recycler, rowsInSight } from "./rows";

it.each([
  [500, 0, { first: 0, end: 16 }],
  [500, 5000, { first: 94, end: 116 }],
  [500, 25_000, { first: 494, end: 500 }],
  [3, 0, { first: 0, end: 3 }],
  [3, 9000, { first: 3, end: 3 }],
])("draws of %i rows at %i only those in sight", (count, scrolled, rows) => {
  expect(rowsInSight(count, 50, scrolled, 500)).toEqual(rows);
});

it("lets new rows take over the elements of those that went", () => {
  const recycler = new Recycler<string>();
  expect([...recycler.keysOf(["a", "b", "c"])]).toEqual([
    ["a", 0],
    ["b", 1],
    ["c", 2],
  ]);
  // One at the top: the others stay what they are.
  expect([...recycler.keysOf(["d", "a", "b"])]).toEqual([
    ["d", 2],
    ["a", 0],
    ["b", 1],
  ]);
  // All are others, and more, and fewer.
  const keys = recycler.keysOf(["e", "f", "g", "h"]);
  expect([...keys.values()].sort()).toEqual([0, 1, 2, 3]);
  const left = recycler.keysOf(["h", "i"]);
  expect(left.get("h")).toBe(keys.get("h"));
  expect(new Set(recycler.keysOf(["h", "i", "j", "k"]).values()).size).toBe(4);
});
