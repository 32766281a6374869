// Which variable an entity of Home Assistant's shows, where one control sets all of it. Nothing here needs a browser.
import { controlOf, type MaestraEntity, type Variable } from "../lib/entity";
import type { FeatureContext, Hass } from "../lib/hass";

/** Modes of a light without colour. */
const PLAIN = ["onoff", "brightness", "unknown"];

/** Whether an entity is the axis of a vector, or a light of which a variable is the colour. */
export function isOfOneVariable(
  hass: Hass,
  { entity_id: id = "" }: FeatureContext,
): boolean {
  const entity = hass.entities[id];
  const modes = hass.states[id]?.attributes["supported_color_modes"];
  return (
    entity?.platform === "maestra" &&
    ((id.startsWith("number.") && entity.translation_key === "axis") ||
      (Array.isArray(modes) &&
        modes.some((mode) => !PLAIN.includes(String(mode)))))
  );
}

/** Returns the vector or colour that an entity of Home Assistant's shows, if it does. */
export function variableOf(
  { variables }: MaestraEntity,
  entityId: string,
): Variable | undefined {
  return variables.find(
    (variable) =>
      variable.is_input &&
      variable.entity_ids.includes(entityId) &&
      ["axes", "color"].includes(controlOf(variable).kind),
  );
}
