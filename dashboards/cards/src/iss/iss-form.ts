import type { Form } from "../lib/hass";
import type en from "./strings.en.json";
import { texts } from "./texts";

/** Returns the form of the card's editor. */
export function issForm(language: string): Form {
  const text = texts(language);
  return {
    schema: [
      { name: "name", selector: { text: {} } },
      ...["map", "channels"].map((name) => ({
        name,
        selector: { boolean: {} },
      })),
      { name: "feed", selector: { text: {} } },
    ],
    computeLabel: ({ name }) => text(`form_${name}` as keyof typeof en),
    computeHelper: ({ name }) =>
      name === "feed" ? text("form_feed_helper") : undefined,
  };
}
