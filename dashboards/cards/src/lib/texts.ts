import { localizer, type Localize } from "./strings";
import de from "./strings.de.json";
import en from "./strings.en.json";

/** Returns the texts that cards share in a language. */
export function sharedTexts(language: string): Localize<keyof typeof en> {
  return localizer({ en, de }, language);
}
