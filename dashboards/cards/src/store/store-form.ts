import type { Form } from "../lib/hass";
import type en from "./strings.en.json";
import { texts } from "./texts";

/** Returns the form of the card's editor. */
export function storeForm(language: string): Form {
  const text = texts(language);
  return {
    schema: [
      { name: "name", selector: { text: {} } },
      { name: "tables", selector: { boolean: {} } },
    ],
    computeLabel: ({ name }) => text(`form_${name}` as keyof typeof en),
  };
}
