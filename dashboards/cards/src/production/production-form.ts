import type { Form } from "../lib/hass";
import type en from "./strings.en.json";
import { texts } from "./texts";

/** What the integration names its devices of productions. */
export const MODEL = "Stream production";

/** Returns the form of the card's editor. */
export function productionForm(language: string): Form {
  const text = texts(language);
  return {
    schema: [
      {
        name: "production",
        selector: {
          device: { filter: [{ integration: "maestra", model: MODEL }] },
        },
      },
      { name: "name", selector: { text: {} } },
    ],
    computeLabel: ({ name }) => text(`form_${name}` as keyof typeof en),
  };
}
