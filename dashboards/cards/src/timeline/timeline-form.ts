import { HOURS_FIELD } from "../lib/form";
import type { Form } from "../lib/hass";
import type en from "./strings.en.json";
import { texts } from "./texts";
import { KINDS } from "./timeline-model";

/** Returns the form of the card's editor. */
export function timelineForm(language: string): Form {
  const text = texts(language);
  return {
    schema: [
      { name: "name", selector: { text: {} } },
      HOURS_FIELD,
      {
        name: "kinds",
        selector: {
          select: {
            multiple: true,
            options: KINDS.map((value) => ({
              value,
              label: text(`kind_${value}`),
            })),
          },
        },
      },
    ],
    computeLabel: ({ name }) => text(`form_${name}` as keyof typeof en),
  };
}
