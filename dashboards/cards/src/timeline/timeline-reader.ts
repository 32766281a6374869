import type { Hass } from "../lib/hass";
import type { Range } from "../lib/range";
import { readStates } from "../lib/recorder";
import {
  eventsOf,
  faultsOf,
  tellsConnection,
  type Happening,
} from "./timeline-model";

export interface Read {
  happenings: Happening[];
  /** Why the database has not answered: `store_missing` where there is none. */
  failure: string | undefined;
}

/** Reads what happened: from the database; the events without one, and lost connections, from the recorder. */
export async function readTimeline(hass: Hass, range: Range): Promise<Read> {
  let stored: Happening[] = [];
  let failure: string | undefined;
  try {
    ({ happenings: stored } = await hass.connection.sendMessagePromise<{
      happenings: Happening[];
    }>({ type: "maestra/timeline", start: range.start, end: range.end }));
  } catch (error) {
    failure = (error as { code?: string }).code ?? "unknown";
  }
  const isRefused = failure === "unauthorized" || failure === "unknown_command";
  const happenings = isRefused
    ? []
    : [...stored, ...(await readRecorder(hass, range, failure !== undefined))];
  return { happenings, failure };
}

async function readRecorder(
  hass: Hass,
  range: Range,
  hasEvents: boolean,
): Promise<Happening[]> {
  const ids = Object.values(hass.states)
    .filter(
      (state) =>
        state !== undefined &&
        hass.entities[state.entity_id]?.platform === "maestra" &&
        (tellsConnection(state) ||
          (hasEvents && state.entity_id.startsWith("event."))),
    )
    .map((state) => state?.entity_id ?? "");
  const answer = await readStates(hass, ids, range, hasEvents);
  return Object.entries(answer).flatMap(([id, states]) => {
    const device =
      hass.devices[hass.entities[id]?.device_id ?? ""] ?? undefined;
    const name = device?.name_by_user ?? device?.name ?? id;
    return id.startsWith("event.")
      ? eventsOf(states, name, range)
      : faultsOf(states, name);
  });
}
