import { localizer, type Localize } from "../lib/strings";
import de from "./strings.de.json";
import en from "./strings.en.json";

export type Text = Localize<keyof typeof en>;

/** Returns the texts of this card in a language. */
export function texts(language: string): Text {
  return localizer({ en, de }, language);
}
