import type { Form, Hass } from "../lib/hass";
import type en from "./strings.en.json";
import { texts } from "./texts";

/** Returns the form of the card's editor. */
export function entityForm(language: string): Form {
  const text = texts(language);
  return {
    schema: [
      {
        name: "device",
        selector: { device: { integration: "maestra" } },
      },
      { name: "slug", selector: { text: {} } },
      { name: "name", selector: { text: {} } },
      { name: "history", selector: { boolean: {} } },
    ],
    computeLabel: ({ name }) => text(`form_${name}` as keyof typeof en),
    computeHelper: ({ name }) =>
      name === "slug" ? text("form_slug_helper") : undefined,
  };
}

/** Returns a configuration that shows something: the first light, else the first entity of Maestra's that is there. */
export function entityStub(hass: Hass): Record<string, unknown> {
  const ours = Object.values(hass.entities).filter(
    (entity) =>
      entity?.platform === "maestra" &&
      !entity.entity_category &&
      entity.device_id,
  );
  const first =
    ours.find((entity) => entity?.entity_id.startsWith("light.")) ?? ours[0];
  return {
    history: true,
    ...(first?.device_id ? { device: first.device_id } : {}),
  };
}
