import type { Form } from "../lib/hass";
import type en from "./strings.en.json";
import { VIEWS } from "./streams-model";
import { texts } from "./texts";

/** Returns the form of the card's editor. */
export function streamsForm(language: string): Form {
  const text = texts(language);
  return {
    schema: [
      ...["name", "stream_type"].map((name) => ({
        name,
        selector: { text: {} },
      })),
      {
        name: "view",
        selector: {
          select: {
            options: VIEWS.map((value) => ({
              value,
              label: text(`view_${value}`),
            })),
          },
        },
      },
    ],
    computeLabel: ({ name }) => text(`form_${name}` as keyof typeof en),
  };
}
