import { expect, it } from "vitest";
import {
  endingsOf,
  isAdrift,
  lettersOf,
  lookOf,
  nodesOf,
  type Certificate,
  type Component,
  type DeadLetter,
  type QsNode,
} from "./telemetry-model";

const NOW = Date.parse("2026-11-30T12:00:00Z");

function node(id: string, about: Partial<QsNode> = {}): QsNode {
  return {
    id,
    certificate: id,
    device_id: null,
    last_seen: "2026-11-30T11:59:00Z",
    drift: null,
    per_minute: null,
    accepted: 1,
    duplicates: 0,
    dead_letters: 0,
    ids_reused: 0,
    latest: null,
    ...about,
  };
}

it("has the nodes first that are quiet", () => {
  const nodes = [
    node("b"),
    null,
    node("a"),
    node("c", { last_seen: "2026-11-30T11:00:00Z" }),
    node("d", { last_seen: null }),
  ];
  expect(nodesOf(nodes, "", NOW).map(({ id }) => id)).toEqual([
    "c",
    "d",
    "a",
    "b",
  ]);
  expect(nodesOf(nodes, " B ", NOW).map(({ id }) => id)).toEqual(["b"]);
});

it("is told of clocks that are wrong", () => {
  expect([null, 0.2, -5, 6, -7].map(isAdrift)).toEqual([
    false,
    false,
    false,
    true,
    true,
  ]);
});

it("has the newest dead letter first", () => {
  const letters = [
    { id: "a", timestamp: "2026-11-30T11:00:00Z" },
    null,
    { id: "b", timestamp: "2026-11-30T12:00:00Z" },
  ] as (DeadLetter | null)[];
  expect(lettersOf(letters).map(({ id }) => id)).toEqual(["b", "a"]);
});

it.each([
  ["strike", "locked", null, "locked", false],
  ["strike", "unavailable", null, "unknown", false],
  ["door-sensor", "on", null, "open", true],
  ["siren", null, null, "unknown", false],
  ["reader", "2026-11-30T11:00:00Z", "access_denied", "denied", true],
  ["reader", "unknown", null, "nobody", false],
  ["exit-button", "2026-11-30T11:00:00Z", "pressed", "pressed", false],
  ["motion-sensor", "__proto__", null, "unknown", false],
] as const)(
  "a %s that is %s, %s says %s",
  (kind, state, event, says, isGrave) => {
    const look = lookOf({ kind, state, event } as Component);
    expect([look.says, look.isGrave ?? false]).toEqual([says, isGrave]);
  },
);

it("counts the days that certificates have left", () => {
  const certificate = (expires_at: string, is_due: boolean): Certificate => ({
    purpose: "device",
    expires_at,
    is_due,
  });
  const endings = endingsOf(
    new Map([
      ["long", certificate("2027-11-30T12:00:00Z", false)],
      ["gone", null],
      ["soon", certificate("2026-12-10T11:00:00Z", true)],
      ["new but short", certificate("2026-12-20T12:00:00Z", false)],
      ["over", certificate("2026-11-30T11:00:00Z", true)],
    ]),
    NOW,
  );
  expect(
    endings.map(({ name, days, gravity }) => [name, days, gravity]),
  ).toEqual([
    ["over", -1, "over"],
    ["soon", 9, "soon"],
    ["new but short", 20, "fine"],
    ["long", 365, "fine"],
  ]);
});
