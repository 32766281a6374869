// What is pushed of cue lists, and how it is shown. Nothing here needs a browser.
import { NAMES } from "../lib/format";
import type { CardConfig } from "../lib/hass";

export interface CuesCardConfig extends CardConfig {
  name?: string;
  /** The one that is shown: its name, or the Home Assistant device that stands for it; all to choose from by default. */
  cue_list?: string;
  /** Shows the cues below the buttons. */
  list?: boolean;
}

export interface Cue {
  number: string;
  name: string;
  /** In seconds, as all times of a cue. */
  pre_wait: number;
  transition: number;
  post_wait: number;
  continue_mode: "none" | "auto_continue" | "auto_follow";
  /** When it goes by itself, of the clock or the show, as it was written. */
  at: string | null;
  notes: string;
}

export interface CueList {
  id: string;
  device_id: string | null;
  name: string;
  cues: readonly Cue[];
  /** The numbers of the cue that went last, and of the one that stands by. */
  current: string | null;
  next: string | null;
  is_running: boolean;
  is_paused: boolean;
  started_at: string | null;
  ends_at: string | null;
  /** How long its cue was on its way when this was pushed, without pauses; null where none is. */
  elapsed: number | null;
  can_control: boolean;
}

/** Returns the lists that are there, by name. */
export function sortedLists(
  things: Iterable<CueList | null>,
): readonly CueList[] {
  return [...things]
    .filter((list) => list !== null)
    .sort((a, b) => NAMES.compare(a.name, b.name));
}

/** Returns the one to look at first: one on its way, else the first. */
export function firstOf(lists: readonly CueList[]): CueList | undefined {
  return (
    lists.find(({ is_running, is_paused }) => is_running || is_paused) ??
    lists[0]
  );
}

export function cueOf(
  { cues }: CueList,
  number: string | null | undefined,
): Cue | undefined {
  return cues.find((cue) => cue.number === number);
}

/** What people call a cue. */
export function titleOf({ number, name }: Cue): string {
  return `${number} ${name}`.trim();
}

/** Returns how the cue stands that went last. */
export function standsOf({
  is_paused,
  is_running,
}: CueList): "paused" | "running" | "complete" {
  return is_paused ? "paused" : is_running ? "running" : "complete";
}

/** What can be done with a list as it stands. */
export interface Possible {
  go: boolean;
  back: boolean;
  pause: boolean;
  resume: boolean;
  stop: boolean;
}

export function possibleOf({
  cues,
  current,
  next,
  is_running,
  is_paused,
}: CueList): Possible {
  return {
    go: next !== null,
    back: cues.findIndex(({ number }) => number === current) > 0,
    pause: is_running,
    resume: is_paused,
    stop: is_running || is_paused,
  };
}

/** When lists came, by the browser's own clock: that of the server may be another. */
const received = new WeakMap<CueList, number>();

/** Returns how long the cue of a list is on its way `now`, in milliseconds of a clock that only goes forward; nothing where none is. */
export function elapsedOf(list: CueList, now: number): number | undefined {
  const { elapsed, is_paused } = list;
  if (elapsed === null) {
    return undefined;
  }
  const since = received.get(list) ?? now;
  received.set(list, since);
  return is_paused ? elapsed : elapsed + (now - since) / 1_000;
}

export interface Progress {
  /** It waits before its fade, it fades, or the next goes by itself soon. */
  phase: "waits" | "fades" | "follows";
  /** Of 1. */
  share: number;
  /** Seconds until it is complete, or the next goes. */
  left: number;
}

/** Returns how far a cue is that many seconds after it went; `hasNext` tells whether one may follow. */
export function progressOf(
  { pre_wait, transition, post_wait, continue_mode }: Cue,
  elapsed: number,
  hasNext: boolean,
): Progress {
  const complete = pre_wait + transition;
  const follows = {
    none: complete,
    auto_continue: post_wait,
    auto_follow: complete + post_wait,
  };
  const whole = hasNext ? follows[continue_mode] : complete;
  const at = Math.min(Math.max(elapsed, 0), whole);
  return {
    phase: at < pre_wait ? "waits" : at < complete ? "fades" : "follows",
    share: whole ? at / whole : 1,
    left: whole - at,
  };
}

/** Returns the place that a key leads to among so many, nothing where it leads nowhere. */
export function moved(
  index: number,
  key: string,
  count: number,
): number | undefined {
  const last = count - 1;
  const places = new Map([
    ["ArrowUp", index - 1],
    ["ArrowDown", index + 1],
    ["PageUp", index - 10],
    ["PageDown", index + 10],
    ["Home", 0],
    ["End", last],
  ]);
  const place = places.get(key);
  return place === undefined ? undefined : Math.max(0, Math.min(last, place));
}
