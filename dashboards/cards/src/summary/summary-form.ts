import { HOURS_FIELD } from "../lib/form";
import type { Form } from "../lib/hass";
import type en from "./strings.en.json";
import { texts } from "./texts";

/** Returns the form of the card's editor. */
export function summaryForm(language: string): Form {
  const text = texts(language);
  return {
    schema: [{ name: "name", selector: { text: {} } }, HOURS_FIELD],
    computeLabel: ({ name }) => text(`form_${name}` as keyof typeof en),
  };
}
