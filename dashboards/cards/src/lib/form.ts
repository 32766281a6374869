import type { FormField } from "./hass";

/** How many hours a card shows at first. */
export const HOURS_FIELD: FormField = {
  name: "hours",
  selector: { number: { min: 1, max: 87_600, mode: "box" } },
};
