import { expect, it } from "vitest";
import {
  compression,
  longer,
  oldestOf,
  progressOf,
  tablesOf,
  type Import,
  type Table,
} from "./store-model";

function table(name: string, about: Partial<Table> = {}): Table {
  return {
    store: "one",
    name,
    bytes: 100,
    oldest: null,
    kept_days: null,
    before: null,
    after: null,
    ...about,
  };
}

it("shows the tables of one database, the largest first", () => {
  const tables = tablesOf(
    [
      table("events"),
      null,
      table("other", { store: "two" }),
      table("ha_states_hourly_held", { bytes: 400 }),
      table("events_daily"),
    ],
    "one",
  );
  expect(tables.map(({ base, level, share }) => [base, level, share])).toEqual([
    ["ha_states", "hourly", 1],
    ["events", undefined, 0.25],
    ["events", "daily", 0.25],
  ]);
});

it("says how much smaller compression has made what it has compressed", () => {
  expect(compression([table("a")])).toBeUndefined();
  expect(
    compression([
      table("a", { before: 900, after: 60 }),
      table("b", { before: 100, after: 40 }),
      table("c"),
    ]),
  ).toBe(10);
});

it("knows the oldest row", () => {
  expect(oldestOf([table("a")])).toBeUndefined();
  expect(
    oldestOf([
      table("a", { oldest: "2026-02-01T00:00:00Z" }),
      table("b", { oldest: "2025-12-01T00:00:00Z" }),
    ]),
  ).toBe("2025-12-01T00:00:00Z");
});

it("says how far an import is, where that is known", () => {
  expect(progressOf({ read: 5, total: 0 } as Import)).toBeUndefined();
  expect(progressOf({ read: 5, total: 20 } as Import)).toBe(0.25);
  expect(progressOf({ read: 25, total: 20 } as Import)).toBe(1);
});

it("forgets what of the line is too old", () => {
  expect(
    longer(
      [
        [0, 1],
        [200, 2],
      ],
      400,
      3,
    ),
  ).toEqual([
    [200, 2],
    [400, 3],
  ]);
});
