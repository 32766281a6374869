// The time that a card shows, and how one moves in it.
import type { ReactiveController, ReactiveControllerHost } from "lit";
import { sightOf } from "./sight";

/** Seconds since 1970: from, until before. */
export interface Range {
  start: number;
  end: number;
}

/** Seconds since 1970. */
export function now(): number {
  return Date.now() / 1000;
}

const HOUR = 3600;

/** Returns the latest so many hours. */
export function recent(hours: number): Range {
  const end = now();
  return { start: end - hours * HOUR, end };
}

const DAY = 86_400;
/** The shortest and the longest time that a chart shows. */
const SHORTEST = 60;
const LONGEST = 30 * 365 * DAY;

/** Returns a range that is `factor` as long, with the same time at the same place. */
export function zoomed(range: Range, factor: number, at: number): Range {
  const span = range.end - range.start;
  const wanted = Math.min(LONGEST, Math.max(SHORTEST, span * factor));
  const start = at - ((at - range.start) / span) * wanted;
  return { start, end: start + wanted };
}

/** Returns a range that is later by so many seconds, but not in the future. */
export function panned(range: Range, by: number, now: number): Range {
  const span = range.end - range.start;
  const end = Math.min(range.end + by, now + span * 0.05);
  return { start: end - span, end };
}

/** Knows which time a card shows, and moves it on with the clock as long as nobody looks at the past. */
export class RangeController implements ReactiveController {
  view: Range = { start: 0, end: 1 };
  /** Whether it moves on with time. */
  isLive = true;
  #timer: ReturnType<typeof setInterval> | undefined;
  #unsee: (() => void) | undefined;

  constructor(
    readonly host: ReactiveControllerHost & Element,
    readonly milliseconds: number,
    /** Told of each move: whether it was only time that went by. */
    readonly moved: (hasMovedOn: boolean) => void,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    const moveOn = () => {
      this.moveOn();
    };
    this.#timer = setInterval(moveOn, this.milliseconds);
    this.#unsee = sightOf(this.host).follow(moveOn);
  }

  hostDisconnected(): void {
    clearInterval(this.#timer);
    this.#unsee?.();
  }

  /** Show so many hours until now. */
  show(hours: number): void {
    this.#set(recent(hours), true);
  }

  /** Show what was so many seconds later, or earlier where there are fewer than none. */
  pan(seconds: number): void {
    this.look(panned(this.view, seconds, now()));
  }

  /** Show so many times as much, with one time where it is: by default the middle. */
  zoom(factor: number, at = (this.view.start + this.view.end) / 2): void {
    this.look(panned(zoomed(this.view, factor, at), 0, now()));
  }

  /** Show this; what ends so many seconds ago at most is as good as now. */
  look(view: Range, late = 0): void {
    this.#set(view, view.end >= now() - late);
  }

  /** Show as much until now, unless somebody looks at the past, or nobody can look at all. */
  moveOn(): void {
    if (this.isLive && sightOf(this.host).isIn) {
      const { start, end } = this.view;
      this.#set(recent((end - start) / HOUR), true, true);
    }
  }

  #set(view: Range, isLive: boolean, hasMovedOn = false): void {
    this.view = view;
    this.isLive = isLive;
    this.moved(hasMovedOn);
    this.host.requestUpdate();
  }
}
