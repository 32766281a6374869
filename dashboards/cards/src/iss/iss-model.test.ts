import { expect, it } from "vitest";
import type { HassEntity } from "../lib/hass";
import {
  byTeam,
  detectionsOf,
  detectorsOf,
  isOdd,
  legendOf,
  readingOf,
  stationOf,
  type Channel,
  type Reading,
} from "./iss-model";

function channel(id: string, about: Partial<Channel> = {}): Channel {
  return {
    id,
    team: "ETHOS",
    label: id,
    unit: null,
    legend: null,
    entity_id: null,
    ...about,
  };
}

const reading = (value: number | null, color = ""): Reading => ({
  value,
  text: "",
  time: "2026-01-01T00:00:00Z",
  status: "",
  color,
});

it("shows channels by discipline, in their order", () => {
  const found = byTeam([
    channel("a"),
    channel("b", { team: "ADCO" }),
    channel("c"),
  ]);
  expect(found.map(([team, { length }]) => [team, length])).toEqual([
    ["ETHOS", 2],
    ["ADCO", 1],
  ]);
});

it("explains codes, and which of them is now", () => {
  const processor = channel("a", { legend: { 2: "Stop", 32: "Standby" } });
  const now = (value: number | null) =>
    legendOf(processor, reading(value))
      .filter(({ isNow }) => isNow)
      .map(({ meaning }) => meaning);
  expect(now(32)).toEqual(["Standby"]);
  expect(now(5)).toEqual([]);
  expect(now(null)).toEqual([]);
  expect(legendOf(channel("b"), undefined)).toEqual([]);
});

it("says what the ground judges odd", () => {
  expect(isOdd(reading(1, "Red"))).toBe(true);
  expect(isOdd(reading(1, "Green"))).toBe(false);
  expect(isOdd(reading(1))).toBe(false);
});

it("knows what was not told yet", () => {
  expect(stationOf(new Map([["station", null]]))).toBeUndefined();
  expect(readingOf(new Map(), "a")).toBeUndefined();
});

it("finds the detectors of a channel", () => {
  const state = (entity_id: string, channel: unknown) =>
    ({ entity_id, state: "", attributes: { channel } }) as HassEntity;
  const found = detectorsOf(
    [
      state("event.peebot", "NODE3000005"),
      state("event.other", "NODE3000008"),
      state("sensor.tank", "NODE3000005"),
      undefined,
    ],
    "NODE3000005",
  );
  expect(found.map(({ entity_id }) => entity_id)).toEqual(["event.peebot"]);
});

it("lists what they found, each once, the newest first", () => {
  const told = (detected_at: unknown, metadata: unknown = {}) => ({
    s: "x",
    lu: 1,
    a: { detected_at, confidence: 0.67, metadata },
  });
  const first = told("1970-01-01T00:01:00Z", {
    tank_level_start: "19",
    tank_level_end: "22",
  });
  const found = detectionsOf(
    [
      [told("1970-01-01T00:00:01Z"), first, first],
      [told("1970-01-01T00:02:00Z", 5)],
      [told(null), { s: "x", lu: 2 }],
    ],
    { start: 10, end: 1000 },
  );
  expect(found).toEqual([
    { time: 120, confidence: 0.67, start: undefined, end: undefined },
    { time: 60, confidence: 0.67, start: "19", end: "22" },
  ]);
});
