import { describe, expect, it } from "vitest";
import {
  decimalsOf,
  formatAgo,
  formatBytes,
  formatCountdown,
  formatNumber,
  formatSpan,
} from "./format";
import { pushed, type Live } from "./live";
import { sparkPath } from "./spark";
import { localizer } from "./strings";

describe("what is followed", () => {
  const ready: Live<number> = {
    status: "ready",
    things: new Map([
      ["a", 1],
      ["b", 2],
    ]),
  };
  it("takes over what changed", () => {
    expect(pushed(ready, { things: { b: 3, c: null } })).toEqual({
      status: "ready",
      things: new Map([
        ["a", 1],
        ["b", 3],
        ["c", null],
      ]),
    });
  });
  it("begins anew with all", () => {
    expect(pushed(ready, { things: { d: 4 }, is_all: true })).toEqual({
      status: "ready",
      things: new Map([["d", 4]]),
    });
  });
  it("is away while no hub is loaded", () => {
    expect(pushed(ready, { things: null })).toEqual({ status: "absent" });
  });
});

it("writes bytes in the unit that fits", () => {
  const written = (bytes: number, language = "en") =>
    formatBytes(bytes, { language });
  expect([0, 999, 1000, 1_234_567, 5e15].map((each) => written(each))).toEqual([
    "0 byte",
    "999 byte",
    "1 kB",
    "1.23 MB",
    "5,000 TB",
  ]);
  expect(written(1_234_567, "de")).toBe("1,23 MB");
});

describe("numbers", () => {
  it.each([
    [1234.56, { language: "en" }, 1, "1,234.6"],
    [1234.56, { language: "en", number_format: "decimal_comma" }, 1, "1.234,6"],
    [1234.56, { language: "de", number_format: "none" }, 1, "1234.6"],
    [0.123456, { language: "en" }, undefined, "0.123"],
    [20, { language: "de" }, 2, "20"],
  ])("%d for %o with %s decimals is %s", (value, locale, decimals, text) => {
    expect(formatNumber(value, locale, decimals)).toBe(text);
  });
  it.each([
    [0, "0 sec"],
    [0.34, "0.3 sec"],
    [-75, "-1 min"],
    [7 * 86_400, "7 days"],
  ])("%d seconds are %s", (seconds, text) => {
    expect(formatSpan(seconds, { language: "en" })).toBe(text);
  });
  it.each([
    [1, 0],
    [0.25, 2],
    [1e-9, 0],
  ])("a step of %d has %i decimals", (step, count) => {
    expect(decimalsOf(step)).toBe(count);
  });
});

it.each([
  [0, "now"],
  [59, "59 seconds ago"],
  [61, "1 minute ago"],
  [7300, "2 hours ago"],
  [90_000, "yesterday"],
])("%i seconds are told as %s", (seconds, text) => {
  const now = Date.parse("2026-11-30T12:00:00Z");
  const time = new Date(now - seconds * 1000).toISOString();
  expect(formatAgo(time, now, { language: "en" })).toBe(text);
});

describe("texts", () => {
  const en = { hello: "Hello {name}, {name}" };
  const de = { hello: "Hallo {name}" };
  it.each([
    ["de", "Hallo <b>"],
    ["de-AT", "Hallo <b>"],
    ["fr", "Hello <b>, <b>"],
  ])("in %s", (language, text) => {
    expect(localizer({ en, de }, language)("hello", { name: "<b>" })).toBe(
      text,
    );
  });
});

it("a line goes from its first point to its last", () => {
  expect(
    sparkPath([
      [100, 1],
      [150, 3],
      [200, 1],
    ]),
  ).toBe("M0.0 26.0L50.0 2.0L100.0 26.0");
});

it("a line that never moves is in the middle", () => {
  expect(
    sparkPath([
      [0, 7],
      [1, 7],
    ]),
  ).toBe("M0.0 14.0L100.0 14.0");
});

it.each([
  [0, "0:00.0"],
  [-3, "0:00.0"],
  [3.14, "0:03.2"],
  [59.96, "1:00.0"],
  [3_599.99, "1:00:00"],
  [3_723, "1:02:03"],
])("writes %d seconds as they run out: %s", (seconds, written) => {
  expect(formatCountdown(seconds, { language: "en" })).toBe(written);
});
