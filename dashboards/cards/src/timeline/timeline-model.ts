// What a time line shows of what happened. Nothing here needs a browser.
import type { CardConfig, HassEntity } from "../lib/hass";
import type { Range } from "../lib/range";
import type { Recorded } from "../lib/recorder";

export const KINDS = [
  "event",
  "detection",
  "annotation",
  "fault",
  "approval",
] as const;
export type Kind = (typeof KINDS)[number];

export interface TimelineCardConfig extends CardConfig {
  name?: string;
  hours?: number | string;
  /** Only these kinds. */
  kinds?: readonly Kind[];
}

/** One thing that happened; `time` in seconds since 1970. */
export interface Happening {
  kind: Kind;
  time: number;
  title: string;
  /** The title as words, where it is an identifier. */
  label?: string;
  detail: string | null;
  severity: string;
  /** Whom it befell. */
  of: string | null;
}

/** How bad it is: 0 where it is only told, 1 a warning, 2 an error. */
export function gravity({ severity }: Happening): 0 | 1 | 2 {
  return severity === "warning"
    ? 1
    : severity === "error" || severity === "critical"
      ? 2
      : 0;
}

/** Returns when a connection was lost and came back, of the states of its sensor; not that it came up at a start. */
export function faultsOf(
  states: readonly Recorded[],
  name: string,
): Happening[] {
  let wasLost = false;
  return states.flatMap(({ s, lu, lc }, index) => {
    const isLost = s === "off" && states[index - 1]?.s === "on";
    const isBack = s === "on" && wasLost;
    wasLost = isLost || (wasLost && s !== "on");
    return isLost || isBack
      ? [
          {
            kind: "fault" as const,
            time: lc ?? lu,
            title: isLost ? "lost" : "back",
            detail: null,
            severity: isLost ? "error" : "info",
            of: name,
          },
        ]
      : [];
  });
}

/** Home Assistant's recorder has no label of an event's type, as the database's answer does. */
function sentence(type: string): string {
  const words = type.replaceAll("_", " ");
  return words.charAt(0).toLocaleUpperCase() + words.slice(1);
}

/** Returns what an event entity has told, of its states. The first is from before the range. */
export function eventsOf(
  states: readonly Recorded[],
  name: string,
  range: Range,
): Happening[] {
  return states.flatMap(({ s, a }) => {
    const time = Date.parse(s) / 1000;
    const { event_type: type, severity, message } = a ?? {};
    return time >= range.start && typeof type === "string"
      ? [
          {
            kind: "event" as const,
            time,
            title: sentence(type),
            detail: typeof message === "string" ? message : null,
            severity: typeof severity === "string" ? severity : "info",
            of: name,
          },
        ]
      : [];
  });
}

/** Whether an entity tells that a connection is lost. */
export function tellsConnection(state: HassEntity): boolean {
  return (
    state.entity_id.startsWith("binary_sensor.") &&
    state.attributes["device_class"] === "connectivity"
  );
}

export interface Shown {
  /** How many there are of each kind. */
  counts: ReadonlyMap<Kind, number>;
  happenings: readonly Happening[];
}

/** Returns what is seen, the newest first: of the chosen kinds, at least so grave. */
export function shownOf(
  all: readonly Happening[],
  range: Range,
  kinds: ReadonlySet<Kind>,
  least: number,
): Shown {
  const counts = new Map<Kind, number>();
  const happenings = all.filter((one) => {
    if (one.time < range.start || one.time > range.end) {
      return false;
    }
    counts.set(one.kind, (counts.get(one.kind) ?? 0) + 1);
    return kinds.has(one.kind) && gravity(one) >= least;
  });
  return { counts, happenings: happenings.sort((a, b) => b.time - a.time) };
}

export interface Bar extends Range {
  count: number;
  /** Of the gravest. */
  gravity: 0 | 1 | 2;
}

/** Returns how much happened when, in so many equal parts of a range. */
export function barsOf(
  happenings: readonly Happening[],
  range: Range,
  parts: number,
): Bar[] {
  const step = (range.end - range.start) / parts;
  const bars: Bar[] = Array.from({ length: parts }, (_, index) => ({
    start: range.start + index * step,
    end: range.start + (index + 1) * step,
    count: 0,
    gravity: 0,
  }));
  for (const one of happenings) {
    const place = Math.floor((one.time - range.start) / step);
    const bar = bars[Math.min(parts - 1, Math.max(0, place))];
    if (bar) {
      bar.count += 1;
      bar.gravity = Math.max(bar.gravity, gravity(one)) as Bar["gravity"];
    }
  }
  return bars;
}
