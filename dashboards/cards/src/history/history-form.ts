import { HOURS_FIELD } from "../lib/form";
import type { Form, Hass } from "../lib/hass";
import { COMPARES } from "./history-model";
import type en from "./strings.en.json";
import { texts } from "./texts";

/** Returns the form of the card's editor. */
export function historyForm(language: string): Form {
  const text = texts(language);
  return {
    schema: [
      { name: "entities", selector: { entity: { multiple: true } } },
      { name: "series", selector: { object: {} } },
      { name: "name", selector: { text: {} } },
      HOURS_FIELD,
      {
        name: "compare",
        selector: {
          select: {
            mode: "dropdown",
            options: COMPARES.map((value) => ({
              value,
              label: text(`compare_${value}`),
            })),
          },
        },
      },
      { name: "band", selector: { boolean: {} } },
      { name: "notes", selector: { boolean: {} } },
    ],
    computeLabel: ({ name }) => text(`form_${name}` as keyof typeof en),
    computeHelper: ({ name }) =>
      name === "series" ? text("form_series_helper") : undefined,
  };
}

/** Returns a configuration that shows something: a sensor of Maestra's with numbers, else one of another. */
export function historyStub(hass: Hass): Record<string, unknown> {
  const numbers = Object.values(hass.states).filter(
    (state) =>
      state?.entity_id.startsWith("sensor.") &&
      state.attributes["state_class"] === "measurement" &&
      !hass.entities[state.entity_id]?.entity_category,
  );
  const ours = numbers.find(
    (state) => hass.entities[state?.entity_id ?? ""]?.platform === "maestra",
  );
  const first = ours ?? numbers[0];
  return {
    entities: first ? [first.entity_id] : [],
    hours: 24,
    band: true,
    notes: true,
  };
}
