import { expect, it } from "vitest";
import type { Hass, RegistryEntity } from "./hass";
import { suggestEntity, suggestOne, suggestWhole } from "./suggest";

const suggest = (about: Partial<RegistryEntity> | undefined) =>
  suggestEntity("maestra-entity")(
    { entities: { "light.wash": about } } as unknown as Hass,
    "light.wash",
  );

it("offers the card for what Maestra shows of an entity", () => {
  expect(suggest({ platform: "maestra", device_id: "d1" })).toEqual({
    config: { type: "custom:maestra-entity", device: "d1" },
  });
});

it.each([
  [{ platform: "hue", device_id: "d1" }],
  [{ platform: "maestra" }],
  [{ platform: "maestra", device_id: "d1", entity_category: "diagnostic" }],
  [undefined],
])("offers nothing for %o", (about) => {
  expect(suggest(about)).toBeNull();
});

it("offers a card of all streams for what shows one of them", () => {
  const offer = (about: Partial<RegistryEntity>) =>
    suggestWhole(
      "maestra-streams",
      "camera_",
      "stream_",
    )({ entities: { "sensor.a": about } } as unknown as Hass, "sensor.a");
  const translation_key = "stream_sessions";
  expect(offer({ platform: "maestra", translation_key })).toEqual({
    config: { type: "custom:maestra-streams" },
  });
  expect(offer({ platform: "hue", translation_key })).toBeNull();
  expect(offer({ platform: "maestra" })).toBeNull();
});

it("offers a card of the one that an entity shows", () => {
  const offer = (about: Partial<RegistryEntity>) =>
    suggestOne(
      "maestra-cues",
      "cue_list",
      "cue",
    )({ entities: { "select.a": about } } as unknown as Hass, "select.a");
  const cue = { platform: "maestra", translation_key: "cue" };
  expect(offer({ ...cue, device_id: "d1" })).toEqual({
    config: { type: "custom:maestra-cues", cue_list: "d1" },
  });
  expect(offer(cue)).toBeNull();
  expect(offer({ platform: "maestra", device_id: "d1" })).toBeNull();
});
