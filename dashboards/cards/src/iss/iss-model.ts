// What is pushed of the station, and how it is shown. Nothing here needs a browser.
import type { CardConfig, HassEntity } from "../lib/hass";
import type { Range } from "../lib/range";
import type { Recorded } from "../lib/recorder";
import type { TrackPoint } from "./iss-sky";

export interface IssCardConfig extends CardConfig {
  name?: string;
  /** The feed, where there are several: the id of its subentry. */
  feed?: string;
  /** Whether the map is shown, and the channels. */
  map?: boolean;
  channels?: boolean;
}

export type Signal = "acquired" | "stale" | "lost";

export interface Channel {
  id: string;
  team: string;
  label: string;
  unit: string | null;
  /** What codes mean; null for a measurement. */
  legend: Readonly<Record<string, string>> | null;
  entity_id: string | null;
}

export interface Station {
  feed: string;
  title: string;
  connected: boolean;
  signal: Signal;
  since: string | null;
  has_position: boolean;
  channels: readonly Channel[];
}

export interface Reading {
  value: number | null;
  /** As people read it. */
  text: string;
  time: string;
  status: string;
  color: string;
}

export interface Position {
  time: string;
  latitude: number;
  longitude: number;
  /** In km. */
  altitude: number;
  /** In m/s. */
  velocity: number;
}

export interface Track {
  points: readonly TrackPoint[];
}

export type Thing = Station | Reading | Position | Track;
export type Things = ReadonlyMap<string, Thing | null>;

export function stationOf(things: Things): Station | undefined {
  return (things.get("station") as Station | null | undefined) ?? undefined;
}

export function whereIn(things: Things): Position | undefined {
  return (things.get("position") as Position | null | undefined) ?? undefined;
}

export function trackOf(things: Things): readonly TrackPoint[] | undefined {
  return (things.get("track") as Track | null | undefined)?.points;
}

export function readingOf(things: Things, id: string): Reading | undefined {
  return (things.get(id) as Reading | null | undefined) ?? undefined;
}

/** The channel of the urine tank, in percent. */
export const TANK = "NODE3000005";

/** Returns the channels by discipline, in the order in which the disciplines come first. */
export function byTeam(
  channels: readonly Channel[],
): readonly (readonly [team: string, channels: readonly Channel[]])[] {
  const teams = new Map<string, Channel[]>();
  for (const channel of channels) {
    const known = teams.get(channel.team);
    if (known) {
      known.push(channel);
    } else {
      teams.set(channel.team, [channel]);
    }
  }
  return [...teams];
}

/** Returns the codes of a channel with what they mean, and which of them is now. */
export function legendOf(
  { legend }: Channel,
  reading: Reading | undefined,
): readonly { code: string; meaning: string; isNow: boolean }[] {
  return Object.entries(legend ?? {}).map(([code, meaning]) => ({
    code,
    meaning,
    isNow: reading?.value != null && Number(code) === reading.value,
  }));
}

/** Whether the ground judges a reading to be other than it should be. */
export function isOdd({ color }: Reading): boolean {
  return ["yellow", "red", "orange"].includes(color.trim().toLowerCase());
}

export interface Detection {
  /** Seconds since 1970. */
  time: number;
  confidence: number | undefined;
  start: string | undefined;
  end: string | undefined;
}

/** Returns the event entities of detectors that have found something in a channel of the first feed. */
export function detectorsOf(
  states: Iterable<HassEntity | undefined>,
  channel: string,
): HassEntity[] {
  return [...states].filter(
    (state): state is HassEntity =>
      state !== undefined &&
      state.entity_id.startsWith("event.") &&
      state.attributes["channel"] === channel,
  );
}

/** Returns what detectors have found, of the states of their event entities, the newest first. */
export function detectionsOf(
  recorded: Iterable<readonly Recorded[]>,
  { start, end }: Range,
): Detection[] {
  const found = [...recorded].flat().flatMap(({ a = {} }): Detection[] => {
    const time = Date.parse(String(a["detected_at"])) / 1000;
    if (!(time >= start && time <= end)) {
      return [];
    }
    const { confidence } = a;
    const about = (a["metadata"] ?? {}) as Readonly<Record<string, unknown>>;
    const text = (value: unknown) =>
      typeof value === "string" || typeof value === "number"
        ? String(value)
        : undefined;
    return [
      {
        time,
        confidence: typeof confidence === "number" ? confidence : undefined,
        start: text(about["tank_level_start"]),
        end: text(about["tank_level_end"]),
      },
    ];
  });
  // A state is told again where an attribute of it has changed.
  return [...new Map(found.map((each) => [each.time, each])).values()].sort(
    (a, b) => b.time - a.time,
  );
}
