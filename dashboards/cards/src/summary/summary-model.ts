// What was counted, and the lists that are shown of it. Nothing here needs a browser.
import type { CardConfig } from "../lib/hass";

export interface SummaryCardConfig extends CardConfig {
  name?: string;
  hours?: number | string;
}

export interface Counted {
  label: string;
  count: number;
}

export const COUNTS = [
  "events",
  "changes",
  "metrics",
  "devices",
  "entities",
  "notes",
] as const;
export const SEVERITIES = [
  "debug",
  "info",
  "warning",
  "error",
  "critical",
] as const;
export type Severity = (typeof SEVERITIES)[number];

export interface Summary {
  counts: Readonly<Record<(typeof COUNTS)[number], number>>;
  severities: Readonly<Partial<Record<Severity, number>>>;
  entities: readonly Counted[];
  event_types: readonly Counted[];
  failing_devices: readonly Counted[];
}

export interface Bar extends Counted {
  /** Of the longest bar, from 0 to 1. */
  share: number;
}

/** Returns how long the bars of a list are; what was never counted has none. */
export function barsOf(counted: readonly Counted[]): Bar[] {
  const some = counted.filter(({ count }) => count);
  const most = Math.max(...some.map(({ count }) => count));
  return some.map((each) => ({ ...each, share: each.count / most }));
}
