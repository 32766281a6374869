import type { Form } from "../lib/hass";
import type en from "./strings.en.json";
import { texts } from "./texts";

/** What the integration names its devices of cue lists. */
const MODEL = "Cue list";

/** Returns the form of the card's editor. */
export function cuesForm(language: string): Form {
  const text = texts(language);
  return {
    schema: [
      {
        name: "cue_list",
        selector: {
          device: { filter: [{ integration: "maestra", model: MODEL }] },
        },
      },
      { name: "name", selector: { text: {} } },
      { name: "list", selector: { boolean: {} } },
    ],
    computeLabel: ({ name }) => text(`form_${name}` as keyof typeof en),
  };
}
