// What there is to make views of: what the integration tells, and what Home Assistant's registries say of it.
import type { Hass, RegistryEntity } from "../lib/hass";
import { localizer, type Localize } from "../lib/strings";
import de from "./strings.de.json";
import en from "./strings.en.json";

export type Text = Localize<keyof typeof en>;

/** Returns the texts of dashboards in a language. */
export function strategyTexts(language: string): Text {
  return localizer({ en, de }, language);
}

/** What the integration says there is, by Home Assistant's ids of devices. */
export interface Contents {
  /** Those with variables; `above`: the slugs of what they are below, the topmost first. */
  entities: readonly {
    slug: string;
    name: string;
    device_id: string;
    above: readonly string[];
  }[];
  devices: readonly string[];
  groups: readonly { name: string; devices: readonly string[] }[];
  /** Automations, scripts and scenes that name something of Maestra's. */
  automations: readonly string[];
}

const NOTHING: Contents = {
  entities: [],
  devices: [],
  groups: [],
  automations: [],
};

/** What a device of Home Assistant's stands for; a `connection` has only what tells of itself. */
export type Kind =
  | "entity"
  | "device"
  | "stream"
  | "cues"
  | "experience"
  | "qs"
  | "f2"
  | "iss"
  | "connection"
  | "other";

/** By the beginning of a device's identifier. */
const KINDS: Readonly<Record<string, Kind>> = {
  stream: "stream",
  cues: "cues",
  experience: "experience",
  qs: "qs",
  f2: "f2",
  iss: "iss",
};

export interface House {
  hass: Hass;
  text: Text;
  contents: Contents;
  /** Entities of Home Assistant that are Maestra's and not hidden, by their device. */
  shown: ReadonlyMap<string, readonly RegistryEntity[]>;
  /** Devices of each kind. */
  kinds: ReadonlyMap<Kind, readonly string[]>;
}

/** Asks the integration what there is. */
export async function askHouse(hass: Hass): Promise<House> {
  let contents = NOTHING;
  try {
    contents = {
      ...NOTHING,
      ...(await hass.connection.sendMessagePromise<Contents>({
        type: "maestra/contents",
      })),
    };
  } catch {
    // No hub is loaded, or not for this user: what Home Assistant itself shows of it is there.
  }
  return houseOf(hass, contents, strategyTexts(hass.locale.language));
}

export function houseOf(hass: Hass, contents: Contents, text: Text): House {
  const shown = new Map<string, RegistryEntity[]>();
  for (const entity of Object.values(hass.entities)) {
    if (entity?.platform === "maestra" && entity.device_id && !entity.hidden) {
      const known = shown.get(entity.device_id);
      if (known) {
        known.push(entity);
      } else {
        shown.set(entity.device_id, [entity]);
      }
    }
  }
  const named = new Map<string, Kind>([
    ...contents.entities.map(({ device_id }) => [device_id, "entity"] as const),
    ...contents.devices.map((id) => [id, "device"] as const),
  ]);
  const kinds = new Map<Kind, string[]>();
  for (const [id, entities] of shown) {
    const kind =
      named.get(id) ??
      KINDS[identifier(hass, id).split(":")[0] ?? ""] ??
      (entities.every(({ entity_category }) => entity_category)
        ? "connection"
        : "other");
    const known = kinds.get(kind);
    if (known) {
      known.push(id);
    } else {
      kinds.set(kind, [id]);
    }
  }
  return { hass, text, contents, shown, kinds };
}

/** Returns what Maestra calls a device. */
export function identifier(hass: Hass, deviceId: string): string {
  return (
    hass.devices[deviceId]?.identifiers?.find(
      ([domain]) => domain === "maestra",
    )?.[1] ?? ""
  );
}

/** Returns the ids of entities that show the same of whatever it is, by their translation keys. */
export function showing(
  { shown }: House,
  ...keys: readonly string[]
): readonly string[] {
  return [...shown.values()].flatMap((entities) =>
    entities
      .filter(({ translation_key: key }) => keys.includes(key ?? ""))
      .map(({ entity_id }) => entity_id),
  );
}

/** Returns the ids of entities that are numbers with a line, of some devices. */
export function numbersOf(
  { hass, shown }: House,
  deviceIds: readonly string[],
): readonly string[] {
  return deviceIds
    .flatMap((id) => shown.get(id) ?? [])
    .map(({ entity_id }) => entity_id)
    .filter((id) => hass.states[id]?.attributes["state_class"]);
}
