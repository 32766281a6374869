// What is pushed of devices, and which of them are shown. Nothing here needs a browser.
import { formatNumber, formatSpan } from "../lib/format";
import type { CardConfig, Locale } from "../lib/hass";

export interface FleetCardConfig extends CardConfig {
  name?: string;
  /** Shows only the members of a device group. */
  group?: string;
  /** The metric that each row shows; by default its first. */
  metric?: string;
  history?: boolean;
}

/** So far back go the lines. */
export const HISTORY_HOURS = 24;

export interface Metric {
  name: string;
  label: string;
  value: number;
  unit: string | null;
  decimals: number;
  /** The entity of Home Assistant that shows it. */
  entity_id: string | null;
}

/** Writes what a metric is; how long something runs as people say it. */
export function metricText(
  { value, unit, decimals }: Pick<Metric, "value" | "unit" | "decimals">,
  locale: Locale,
): string {
  return unit === "s" && value >= 60
    ? formatSpan(value, locale)
    : `${formatNumber(value, locale, decimals)} ${unit ?? ""}`.trimEnd();
}

export interface Device {
  id: string;
  device_id: string | null;
  name: string;
  type: string;
  hardware_id: string;
  firmware_version: string | null;
  ip_address: string | null;
  status: string;
  is_pending: boolean;
  is_online: boolean;
  place: string | null;
  last_seen: string | null;
  groups: readonly string[];
  metrics: readonly Metric[];
}

export type Status = "waiting" | "offline" | "online";
export type Filter = Status | "all";
export const FILTERS: readonly Filter[] = [
  "all",
  "online",
  "offline",
  "waiting",
];

export function statusOf(device: Device): Status {
  return device.is_pending
    ? "waiting"
    : device.is_online
      ? "online"
      : "offline";
}

export interface Fleet {
  counts: Readonly<Record<Filter, number>>;
  /** Those that wait, newest first. */
  waiting: readonly Device[];
  /** The others: what is offline first, then by name. */
  devices: readonly Device[];
}

/** Returns what is shown: of a group, with a status, and with a word in what one would search for. */
export function fleetOf(
  things: Iterable<Device | null>,
  {
    group,
    filter,
    search,
  }: { group?: string | undefined; filter: Filter; search: string },
): Fleet {
  const counts = { all: 0, online: 0, offline: 0, waiting: 0 };
  const shown: Device[] = [];
  const word = search.trim().toLocaleLowerCase();
  for (const device of things) {
    // One that waits is in no group yet.
    if (
      !device ||
      (group && !device.is_pending && !device.groups.includes(group))
    ) {
      continue;
    }
    const status = statusOf(device);
    counts.all += 1;
    counts[status] += 1;
    if ((filter === "all" || filter === status) && matches(device, word)) {
      shown.push(device);
    }
  }
  return {
    counts,
    waiting: shown
      .filter(({ is_pending }) => is_pending)
      .sort((a, b) => (b.last_seen ?? "").localeCompare(a.last_seen ?? "")),
    devices: shown
      .filter(({ is_pending }) => !is_pending)
      .sort(
        (a, b) =>
          Number(a.is_online) - Number(b.is_online) ||
          a.name.localeCompare(b.name),
      ),
  };
}

function matches(device: Device, word: string): boolean {
  return (
    !word ||
    [
      device.name,
      device.type,
      device.hardware_id,
      device.ip_address,
      device.firmware_version,
      device.place,
      ...device.groups,
    ].some((text) => text?.toLocaleLowerCase().includes(word))
  );
}

/** Returns the metric that a row shows. */
export function shownMetric(
  device: Device,
  wanted: string | undefined,
): Metric | undefined {
  return wanted
    ? device.metrics.find(({ name }) => name === wanted)
    : device.metrics[0];
}
