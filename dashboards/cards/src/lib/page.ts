import type { Hass } from "./hass";

/** What Home Assistant's page is, as far as the cards need it. */
interface Page extends Element {
  hass?: Hass;
}

/** The language of who looks at the page; that of the browser before Home Assistant knows. */
export function pageLanguage(): string {
  const page = document.querySelector<Page>("home-assistant");
  return page?.hass?.locale.language ?? navigator.language;
}
