import type { ReactiveController, ReactiveControllerHost } from "lit";
import type { Hass } from "./hass";
import { sightOf } from "./sight";

/** Points of a line, oldest first: seconds since 1970, and a number. */
export type Points = readonly (readonly [time: number, value: number])[];

interface Answer {
  series: readonly {
    series: string;
    columns: { time: number[]; mean: (number | null)[] };
  }[];
}

const SOON = 200;
const REFRESH = 5 * 60_000;
/** What one question may ask for. */
const MAX_SERIES = 50;

/** Returns the means of some entities by their ids, aggregated by the server; none of those it knows nothing of. */
export async function readMeans(
  hass: Hass,
  entityIds: readonly string[],
  hours: number,
  buckets: number,
): Promise<Map<string, Points>> {
  const answer = await hass.connection.sendMessagePromise<Answer>({
    type: "maestra/history",
    series: entityIds,
    start: Date.now() / 1000 - hours * 3600,
    buckets,
    aggregates: ["mean"],
  });
  return new Map(
    answer.series.map(({ series, columns }) => [
      series,
      columns.time.flatMap((time, index) => {
        const value = columns.mean[index];
        return value == null ? [] : [[time, value] as const];
      }),
    ]),
  );
}

/** Keeps the recent history of some entities as long as a card is on the page. */
export class HistoryController implements ReactiveController {
  readonly #points = new Map<string, Points>();
  readonly #asked = new Set<string>();
  #hass: Hass | undefined;
  #followed: readonly string[] = [];
  #soon: ReturnType<typeof setTimeout> | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    readonly host: ReactiveControllerHost & Element,
    readonly hours: number,
    readonly buckets: number,
  ) {
    host.addController(this);
  }

  of(entityId: string | null | undefined): Points | undefined {
    return this.#points.get(entityId ?? "");
  }

  /** Have these from now on; what comes and goes quickly, as in a list that scrolls, is not asked for. */
  follow(hass: Hass, entityIds: readonly string[]): void {
    this.#hass = hass;
    this.#followed = entityIds;
    if (entityIds.some((id) => !this.#asked.has(id))) {
      this.#soon ??= setTimeout(() => {
        this.#soon = undefined;
        void this.#read();
      }, SOON);
    }
  }

  hostConnected(): void {
    this.#timer = setInterval(() => {
      this.#asked.clear();
      void this.#read();
    }, REFRESH);
  }

  hostDisconnected(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    this.#soon = undefined;
  }

  /** Ask for what was not asked for yet. */
  async #read(): Promise<void> {
    const ids = this.#followed.filter((id) => !this.#asked.has(id));
    if (!this.#hass || !sightOf(this.host).isIn) {
      return;
    }
    for (let at = 0; at < ids.length; at += MAX_SERIES) {
      const some = ids.slice(at, at + MAX_SERIES);
      for (const id of some) {
        this.#asked.add(id);
      }
      try {
        const { hours, buckets } = this;
        const found = await readMeans(this.#hass, some, hours, buckets);
        for (const [id, points] of found) {
          this.#points.set(id, points);
        }
        this.host.requestUpdate();
      } catch {
        // Neither a database nor the recorder, or not for this user: the card goes without lines.
      }
    }
  }
}
