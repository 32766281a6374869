import { describe, expect, it } from "vitest";
import type { MaestraEntity } from "../lib/entity";
import type { Hass } from "../lib/hass";
import { isOfOneVariable, variableOf } from "./variable-of";

const entity = {
  variables: [
    {
      name: "level",
      type: "range",
      is_input: true,
      entity_ids: ["light.spot"],
    },
    {
      name: "color",
      type: "color",
      is_input: true,
      entity_ids: ["light.spot"],
    },
    { name: "at", type: "vector2", is_input: true, entity_ids: ["number.x"] },
    { name: "was", type: "vector2", is_input: false, entity_ids: ["sensor.x"] },
  ],
} as unknown as MaestraEntity;

describe("the variable of a tile", () => {
  it.each([
    ["light.spot", "color"],
    ["number.x", "at"],
    ["sensor.x", undefined],
    ["light.other", undefined],
  ])("of %s is %s", (id, name) => {
    expect(variableOf(entity, id)?.name).toBe(name);
  });

  it.each([
    ["number.x", { translation_key: "axis" }, [], true],
    ["number.level", { translation_key: "variable" }, [], false],
    ["light.spot", {}, ["rgb"], true],
    ["light.dimmer", {}, ["brightness"], false],
    ["light.other", { platform: "hue" }, ["rgb"], false],
  ])("is offered for %s", (id, registered, modes, isOffered) => {
    const hass = {
      entities: { [id]: { entity_id: id, platform: "maestra", ...registered } },
      states: { [id]: { attributes: { supported_color_modes: modes } } },
    } as unknown as Hass;
    expect(isOfOneVariable(hass, { entity_id: id })).toBe(isOffered);
  });
});
