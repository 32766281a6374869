import type { Form } from "../lib/hass";
import type en from "./strings.en.json";
import { texts } from "./texts";

/** Returns the form of the card's editor. */
export function treeForm(language: string): Form {
  const text = texts(language);
  return {
    schema: ["name", "path"].map((name) => ({
      name,
      selector: { text: {} },
    })),
    computeLabel: ({ name }) => text(`form_${name}` as keyof typeof en),
    computeHelper: ({ name }) =>
      name === "path" ? text("form_path_helper") : undefined,
  };
}
