import { expect, it } from "vitest";
import {
  barsOf,
  eventsOf,
  faultsOf,
  shownOf,
  type Happening,
  type Kind,
} from "./timeline-model";

function happening(time: number, about: Partial<Happening> = {}): Happening {
  return {
    kind: "event",
    time,
    title: "x",
    detail: null,
    severity: "info",
    of: null,
    ...about,
  };
}
const RANGE = { start: 100, end: 200 };

it("tells when a connection was lost and came back, and not that it was unknown", () => {
  const states = [
    ...["on", "off", "unavailable", "off", "on"],
    ...["unavailable", "off", "on"],
  ].map((s, lu) => ({ s, lu }));
  expect(faultsOf(states, "Broker")).toMatchObject([
    { time: 1, title: "lost", severity: "error", of: "Broker" },
    { time: 4, title: "back", severity: "info" },
  ]);
});

it("reads the events of an entity, but none from before", () => {
  const at = (s: string) => ({ s, lu: 0, a: { event_type: "fault" } });
  expect(
    eventsOf(
      [
        at("1970-01-01T00:00:50Z"),
        at("1970-01-01T00:02:00Z"),
        at("unavailable"),
        { s: "1970-01-01T00:02:10Z", lu: 0 },
      ],
      "Board",
      RANGE,
    ),
  ).toEqual([happening(120, { title: "Fault", of: "Board" })]);
});

it("shows what is chosen, the newest first, and counts the rest", () => {
  const all = [
    happening(110),
    happening(120, { severity: "critical" }),
    happening(130, { kind: "annotation" }),
    happening(150, { severity: "warning" }),
    happening(999),
  ];
  const shown = (least: number, ...kinds: Kind[]) =>
    shownOf(all, RANGE, new Set(kinds), least);
  expect(shown(0, "event").happenings.map(({ time }) => time)).toEqual([
    150, 120, 110,
  ]);
  expect(shown(1, "event").happenings.map(({ time }) => time)).toEqual([
    150, 120,
  ]);
  expect([...shown(0).counts]).toEqual([
    ["event", 3],
    ["annotation", 1],
  ]);
});

it("has bars with the gravest of each part, the end included", () => {
  const bars = barsOf(
    [happening(100), happening(120, { severity: "error" }), happening(200)],
    RANGE,
    2,
  );
  expect(bars).toEqual([
    { start: 100, end: 150, count: 2, gravity: 2 },
    { start: 150, end: 200, count: 1, gravity: 0 },
  ]);
});
