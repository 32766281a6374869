import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Setter } from "./setter";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it("sends the first value at once, and then the newest", async () => {
  const sent: unknown[] = [];
  const setter = new Setter(
    (name, value) => {
      sent.push([name, value]);
      return Promise.resolve();
    },
    () => undefined,
  );
  for (let value = 0; value <= 100; value++) {
    setter.set("level", value);
  }
  expect(sent).toEqual([["level", 0]]);
  await vi.runAllTimersAsync();
  expect(sent).toEqual([
    ["level", 0],
    ["level", 100],
  ]);
});

it("shows what was set until it has come back", async () => {
  const setter = new Setter(
    () => Promise.resolve(),
    () => undefined,
  );
  setter.set("level", 5);
  expect(setter.shown("level", 1)).toBe(5);
  expect(setter.shown("other", 1)).toBe(1);
  await vi.runAllTimersAsync();
  expect(setter.shown("level", 5)).toBe(5);
  expect(setter.shown("level", 1)).toBe(1);
});

it("shows null where null was set", () => {
  const setter = new Setter(
    () => new Promise(() => undefined),
    () => undefined,
  );
  setter.set("text", null);
  expect(setter.shown("text", "before")).toBeNull();
});
