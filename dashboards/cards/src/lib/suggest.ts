import type { Hass, Suggestion } from "./hass";

/** Returns what offers a card for the device of an entity, where that is one of Maestra's own entities. */
export function suggestEntity(
  type: string,
): (hass: Hass, entityId: string) => Suggestion | null {
  return (hass, entityId) => {
    const entity = hass.entities[entityId];
    if (
      entity?.platform !== "maestra" ||
      entity.entity_category ||
      !entity.device_id
    ) {
      return null;
    }
    return { config: { type: `custom:${type}`, device: entity.device_id } };
  };
}

/** Returns what offers a card that shows all of a kind, where an entity of Maestra's is one of them: its translation key tells, by what it begins with. */
export function suggestWhole(
  type: string,
  ...prefixes: string[]
): (hass: Hass, entityId: string) => Suggestion | null {
  return (hass, entityId) => {
    const entity = hass.entities[entityId];
    return entity?.platform === "maestra" &&
      prefixes.some((prefix) => entity.translation_key?.startsWith(prefix))
      ? { config: { type: `custom:${type}` } }
      : null;
  };
}

/** Returns what offers a card of one thing of a kind as `suggestWhole` does, with the device of the entity as its `option`. */
export function suggestOne(
  type: string,
  option: string,
  ...prefixes: string[]
): (hass: Hass, entityId: string) => Suggestion | null {
  const suggest = suggestWhole(type, ...prefixes);
  return (hass, entityId) => {
    const found = suggest(hass, entityId);
    const device = hass.entities[entityId]?.device_id;
    return found && device
      ? { config: { ...found.config, [option]: device } }
      : null;
  };
}
