import type { Hass } from "../lib/hass";
import type { Range } from "../lib/range";
import {
  entityIdOf,
  lineOf,
  shiftOf,
  type Answered,
  type Block,
  type Compare,
  type Line,
  type Note,
  type Series,
  type Width,
} from "./history-model";

/** Why some series were not read. */
export interface Failure {
  code: string;
  message: string;
}

export interface Read {
  block: Block;
  /** What each series is called, where it was answered and is no entity of Home Assistant's. */
  labels: readonly (string | undefined)[];
  /** Whether Home Assistant's recorder has answered. */
  isRecorder: boolean;
  failure: Failure | undefined;
}

/** Reads the newest value of each series; undefined where there is none, or nobody knows it. */
export async function readNewest(
  hass: Hass,
  series: readonly Series[],
): Promise<(number | undefined)[]> {
  try {
    const answer = await hass.connection.sendMessagePromise<{
      series: readonly { value?: number | null }[];
    }>({ type: "maestra/last", series: series.map(({ address }) => address) });
    return answer.series.map(({ value }) => value ?? undefined);
  } catch {
    // The lines say what is wrong.
    return [];
  }
}

/** Reads what was noted; only a database has it. */
async function readNotes(hass: Hass, range: Range): Promise<readonly Note[]> {
  try {
    const { happenings } = await hass.connection.sendMessagePromise<{
      happenings: Note[];
    }>({
      type: "maestra/timeline",
      start: range.start,
      end: range.end,
      kinds: ["annotation"],
    });
    return happenings;
  } catch {
    // The lines say what is wrong.
    return [];
  }
}

const NOTHING: Line = { time: [], mean: [], min: [], max: [] };

/** Reads a range of all series. Those that only a database has do not take the others with them. */
export async function readBlock(
  hass: Hass,
  series: readonly Series[],
  range: Range,
  width: Width,
  compare: Compare,
  hasNotes: boolean,
): Promise<Read> {
  const shift = shiftOf(compare, range.end);
  const found: Read = {
    block: {
      ...range,
      width,
      lines: [],
      earlier: [],
      notes: [],
    },
    labels: [],
    isRecorder: false,
    failure: undefined,
  };
  const lines = series.map(() => NOTHING);
  const labels = series.map((): string | undefined => undefined);
  const earlier = shift ? series.map(() => NOTHING) : [];
  const ask = async (
    group: readonly number[],
    into: Line[],
    shift: number,
  ): Promise<void> => {
    if (!group.length) {
      return;
    }
    try {
      const answer = await hass.connection.sendMessagePromise<{
        series: readonly Answered[];
      }>({
        type: "maestra/history",
        series: group.map((index) => series[index]?.address),
        start: range.start - shift,
        end: range.end - shift,
        width,
        aggregates: ["mean", "min", "max"],
      });
      answer.series.forEach((one, place) => {
        const index = group[place] ?? 0;
        into[index] = lineOf(one, Date.now() / 1000, shift);
        labels[index] = one.label;
        found.isRecorder ||= one.origin === "recorder";
      });
    } catch (error) {
      const { code = "", message = "" } = error as Partial<Failure>;
      found.failure = { code, message };
    }
  };
  const all = series.map((_, index) => index);
  const isEntity = (index: number) =>
    series[index] !== undefined && entityIdOf(series[index]) !== undefined;
  const groups = [
    all.filter(isEntity),
    all.filter((index) => !isEntity(index)),
  ];
  const [notes] = await Promise.all([
    hasNotes ? readNotes(hass, range) : [],
    ...groups.map((group) => ask(group, lines, 0)),
    ...(shift ? groups.map((group) => ask(group, earlier, shift)) : []),
  ]);
  return { ...found, labels, block: { ...found.block, lines, earlier, notes } };
}
