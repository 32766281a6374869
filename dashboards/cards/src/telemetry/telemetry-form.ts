import type { Form } from "../lib/hass";
import type en from "./strings.en.json";
import { PARTS } from "./telemetry-model";
import { texts } from "./texts";

/** Returns the form of the card's editor. */
export function telemetryForm(language: string): Form {
  const text = texts(language);
  return {
    schema: [
      { name: "name", selector: { text: {} } },
      {
        name: "parts",
        selector: {
          select: {
            multiple: true,
            options: PARTS.map((value) => ({
              value,
              label: text(`part_${value}`),
            })),
          },
        },
      },
    ],
    computeLabel: ({ name }) => text(`form_${name}` as keyof typeof en),
  };
}
