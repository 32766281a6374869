// What is pushed of QS nodes, F2 controllers and certificates, and how it is shown. Nothing here needs a browser.
import type { CardConfig } from "../lib/hass";

export const PARTS = [
  "nodes",
  "dead_letters",
  "controllers",
  "certificates",
] as const;
export type Part = (typeof PARTS)[number];

export interface TelemetryCardConfig extends CardConfig {
  name?: string;
  /** Shows only these. */
  parts?: readonly Part[];
}

export interface Reading {
  label: string;
  value: number | string | null;
  unit: string | null;
  decimals: number | null;
  entity_id: string | null;
}

export interface QsNode {
  id: string;
  /** The name of its certificate. */
  certificate: string;
  device_id: string | null;
  last_seen: string | null;
  /** So many seconds its clock is behind. */
  drift: number | null;
  per_minute: number | null;
  accepted: number;
  duplicates: number;
  dead_letters: number;
  ids_reused: number;
  latest: Reading | null;
}

export interface DeadLetter {
  id: string;
  timestamp: string;
  topic: string;
  device_id: string | null;
  error: string;
  payload: string;
  /** It was too large to be kept as a whole, and can't be taken as it is. */
  is_cut: boolean;
}

export type Kind =
  | "strike"
  | "door-sensor"
  | "exit-button"
  | "reader"
  | "siren"
  | "motion-sensor"
  | "sensor";

export interface Component {
  path: string;
  kind: Kind;
  number: number;
  name: string;
  entity_id: string | null;
  /** That of its entity: of readers and buttons, when something happened there last. */
  state: string | null;
  event: string | null;
  changed_at: string | null;
  can_control: boolean;
  values: readonly Reading[];
}

export interface Controller {
  certificate: string;
  name: string;
  device_id: string | null;
  is_online: boolean | null;
  last_seen: string | null;
  drift: number | null;
  components: readonly Component[];
}

export interface Certificate {
  purpose: "device" | "broker" | "own" | "authority";
  expires_at: string;
  is_due: boolean;
}

/** How a component looks in a state: its icon, the key of what is said, and whether somebody should look. */
export interface Look {
  icon: string;
  says: string;
  isGrave?: boolean;
}

const UNKNOWN = "unknown";
type Looks = Readonly<Record<string, Look | undefined>> & { unknown: Look };
const LOOKS: Readonly<Record<Kind, Looks>> = {
  strike: {
    locked: { icon: "mdi:lock", says: "locked" },
    unlocking: { icon: "mdi:lock-clock", says: "unlocking" },
    unlocked: {
      icon: "mdi:lock-open-variant",
      says: "unlocked",
      isGrave: true,
    },
    [UNKNOWN]: { icon: "mdi:lock-question", says: UNKNOWN },
  },
  "door-sensor": {
    off: { icon: "mdi:door-closed", says: "closed" },
    on: { icon: "mdi:door-open", says: "open", isGrave: true },
    [UNKNOWN]: { icon: "mdi:door", says: UNKNOWN },
  },
  "motion-sensor": {
    off: { icon: "mdi:motion-sensor-off", says: "still" },
    on: { icon: "mdi:motion-sensor", says: "motion", isGrave: true },
    [UNKNOWN]: { icon: "mdi:motion-sensor", says: UNKNOWN },
  },
  siren: {
    off: { icon: "mdi:bullhorn-outline", says: "silent" },
    on: { icon: "mdi:bullhorn", says: "sounding", isGrave: true },
    [UNKNOWN]: { icon: "mdi:bullhorn-outline", says: UNKNOWN },
  },
  reader: {
    card_read: { icon: "mdi:card-account-details-outline", says: "card_read" },
    access_granted: { icon: "mdi:account-check", says: "granted" },
    access_denied: {
      icon: "mdi:account-cancel",
      says: "denied",
      isGrave: true,
    },
    [UNKNOWN]: { icon: "mdi:card-account-details-outline", says: "nobody" },
  },
  "exit-button": {
    pressed: { icon: "mdi:gesture-tap-button", says: "pressed" },
    released: { icon: "mdi:gesture-tap-button", says: "released" },
    [UNKNOWN]: { icon: "mdi:gesture-tap-button", says: "nobody" },
  },
  sensor: {
    [UNKNOWN]: { icon: "mdi:gauge", says: UNKNOWN },
  },
};

export function lookOf({ kind, state, event }: Component): Look {
  const looks = LOOKS[kind];
  const said = event ?? state ?? UNKNOWN;
  return (Object.hasOwn(looks, said) && looks[said]) || looks[UNKNOWN];
}

/** A node that was not heard for so many milliseconds is away. */
const SILENCE = 5 * 60_000;

export function isQuiet({ last_seen }: QsNode, now: number): boolean {
  return !last_seen || now - Date.parse(last_seen) > SILENCE;
}

/** Seconds that a clock may be wrong before somebody should look at it. */
const DRIFT = 5;

export function isAdrift(drift: number | null): boolean {
  return drift !== null && Math.abs(drift) > DRIFT;
}

/** Returns the nodes with a word in what one would search for: those that are quiet first, then by name. */
export function nodesOf(
  things: Iterable<QsNode | null>,
  search: string,
  now: number,
): readonly QsNode[] {
  const word = search.trim().toLocaleLowerCase();
  const found = [...things]
    .filter((node) => node !== null)
    .filter(
      ({ id, latest }) =>
        !word ||
        [id, latest?.label].some((text) =>
          text?.toLocaleLowerCase().includes(word),
        ),
    )
    .sort((a, b) => a.id.localeCompare(b.id));
  // Asked once of each node, not in each comparison: it takes long to read a time.
  const quiet = new Set(found.filter((node) => isQuiet(node, now)));
  return [...quiet, ...found.filter((node) => !quiet.has(node))];
}

/** Returns the dead letters, the newest first. */
export function lettersOf(
  things: Iterable<DeadLetter | null>,
): readonly DeadLetter[] {
  return [...things]
    .filter((letter) => letter !== null)
    .sort((a, b) => b.timestamp.localeCompare(a.timestamp));
}

const DAY = 86_400_000;
/** So many days before its end a certificate is told of. */
const NOTICE = 30;

export interface Ending extends Certificate {
  name: string;
  days: number;
  gravity: "fine" | "soon" | "over";
}

/** Returns how many whole days a certificate has left. */
export function endingOf(
  name: string,
  certificate: Certificate,
  now: number,
): Ending {
  const days = Math.floor((Date.parse(certificate.expires_at) - now) / DAY);
  return {
    ...certificate,
    name,
    days,
    gravity:
      days < 0 ? "over" : certificate.is_due && days < NOTICE ? "soon" : "fine",
  };
}

/** Returns the certificates, those that end first at first. */
export function endingsOf(
  things: ReadonlyMap<string, Certificate | null>,
  now: number,
): readonly Ending[] {
  return [...things]
    .flatMap(([name, certificate]) =>
      certificate ? [endingOf(name, certificate, now)] : [],
    )
    .sort((a, b) => a.days - b.days || a.name.localeCompare(b.name));
}
