import type { Hass, Message } from "./hass";

/** What Home Assistant answers when it refuses something. */
interface ServiceError {
  message?: string;
  translation_domain?: string;
  translation_key?: string;
  translation_placeholders?: Record<string, string>;
}

/** Runs an action, of Maestra by default; returns why it was refused, or nothing. The text is for the card that asked. */
export async function act(
  hass: Hass,
  action: string,
  data: Record<string, unknown>,
  domain = "maestra",
): Promise<string | undefined> {
  try {
    await hass.callService(domain, action, data, undefined, false);
    return undefined;
  } catch (error) {
    return await reason(hass, error as ServiceError);
  }
}

/** Runs an action of Maestra that answers; returns its answer, or why it was refused. */
export async function actAndAnswer(
  hass: Hass,
  action: string,
  data: Record<string, unknown>,
): Promise<{ answer: unknown } | { reason: string }> {
  try {
    const { response } = (await hass.callService(
      "maestra",
      action,
      data,
      undefined,
      false,
      true,
    )) as { response: unknown };
    return { answer: response };
  } catch (error) {
    return { reason: await reason(hass, error as ServiceError) };
  }
}

/** Asks the integration something; returns its answer, or why there is none. */
export async function ask(
  hass: Hass,
  message: Message,
): Promise<{ answer: unknown } | { reason: string }> {
  try {
    return { answer: await hass.connection.sendMessagePromise(message) };
  } catch (error) {
    return { reason: await reason(hass, error as ServiceError) };
  }
}

async function reason(hass: Hass, error: ServiceError): Promise<string> {
  const { translation_domain: domain, translation_key: key } = error;
  if (domain && key) {
    await hass.loadBackendTranslation?.("exceptions", domain);
    const text = hass.localize(
      `component.${domain}.exceptions.${key}.message`,
      error.translation_placeholders,
    );
    if (text) {
      return text;
    }
  }
  return error.message ?? "?";
}

/** Opens a page of Home Assistant. */
export function navigate(path: string): void {
  history.pushState(null, "", path);
  window.dispatchEvent(
    new CustomEvent("location-changed", { detail: { replace: false } }),
  );
}

/** Opens the page of a device, which only administrators have. */
export function openDevice(deviceId: string): void {
  navigate(`/config/devices/device/${encodeURIComponent(deviceId)}`);
}

/** Opens the dialog with all that Home Assistant knows of an entity. */
export function showMoreInfo(element: Element, entityId: string): void {
  element.dispatchEvent(
    new CustomEvent("hass-more-info", {
      detail: { entityId },
      bubbles: true,
      composed: true,
    }),
  );
}
