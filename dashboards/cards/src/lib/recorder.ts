import type { Hass } from "./hass";
import type { Range } from "./range";

/** A state as Home Assistant's recorder answers it. */
export interface Recorded {
  s: string;
  a?: Record<string, unknown>;
  lu: number;
  lc?: number;
}

/** Returns the states of entities in a range by their ids, as the recorder has them, with the one before it; none where it does not run. */
export async function readStates(
  hass: Hass,
  ids: readonly string[],
  range: Range,
  hasAttributes: boolean,
): Promise<Readonly<Record<string, readonly Recorded[]>>> {
  if (!ids.length) {
    return {};
  }
  try {
    return await hass.connection.sendMessagePromise<Record<string, Recorded[]>>(
      {
        type: "history/history_during_period",
        start_time: new Date(range.start * 1000).toISOString(),
        end_time: new Date(range.end * 1000).toISOString(),
        entity_ids: ids,
        significant_changes_only: false,
        no_attributes: !hasAttributes,
      },
    );
  } catch {
    return {};
  }
}
