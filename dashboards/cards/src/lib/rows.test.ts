import { expect, it } from "vitest";
import { rowsInSight } from "./rows";

it.each([
  [500, 0, { first: 0, end: 16 }],
  [500, 5000, { first: 94, end: 116 }],
  [500, 25_000, { first: 494, end: 500 }],
  [3, 0, { first: 0, end: 3 }],
  [3, 9000, { first: 3, end: 3 }],
])("draws of %i rows at %i only those in sight", (count, scrolled, rows) => {
  expect(rowsInSight(count, 50, scrolled, 500)).toEqual(rows);
});
