// What is shown of an entity. Nothing here needs a browser.
import type { MaestraEntity } from "../lib/entity";
import type { CardConfig } from "../lib/hass";

/** So far back go the lines. */
export const HISTORY_HOURS = 24;

export interface EntityCardConfig extends CardConfig {
  /** The Home Assistant device that stands for the entity. */
  device?: string;
  slug?: string;
  name?: string;
  history?: boolean;
}

/** Returns the entities of Home Assistant whose history is a line: those of plain numbers. */
export function chartedEntities(entity: MaestraEntity): string[] {
  return entity.variables.flatMap((variable) =>
    ["number", "range"].includes(variable.type)
      ? variable.entity_ids.slice(0, 1)
      : [],
  );
}
