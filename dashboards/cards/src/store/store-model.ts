// What is pushed of databases and their tables, and how it is shown. Nothing here needs a browser.
import type { CardConfig } from "../lib/hass";
import type { Points } from "../lib/history";

export interface StoreCardConfig extends CardConfig {
  name?: string;
  /** Shows the tables. */
  tables?: boolean;
}

export interface Import {
  source: string;
  read: number;
  written: number;
  total: number;
  /** The time that it has come to. */
  position: string | null;
}

export interface Store {
  title: string;
  state:
    | "connecting"
    | "recording"
    | "catching_up"
    | "spooling"
    | "paused"
    | "stopped";
  tier: "timescaledb_community" | "timescaledb_apache" | "postgresql" | null;
  version: string | null;
  /** Why it is away; for administrators. */
  reason: string | null;
  rows_per_second: number;
  /** In seconds. */
  lag: number;
  waiting: number;
  spool_rows: number;
  spool_bytes: number;
  spool_fill: number;
  /** In bytes. */
  size: number | null;
  rows_written: number;
  rows_rejected: number;
  rows_dropped: number;
  compress_after_days: number | null;
  can_flush: boolean;
  /** Bytes of exports that are written at the moment. */
  exported: number | null;
  import: Import | null;
  exports: readonly string[];
  formats: readonly string[];
  sources: readonly string[];
}

export interface Table {
  store: string;
  name: string;
  bytes: number;
  oldest: string | null;
  /** How long its rows are kept; for ever where it is null. */
  kept_days: number | null;
  /** How many bytes its compressed part had, and has. */
  before: number | null;
  after: number | null;
}

/** A table as it is shown. */
export interface TableRow extends Table {
  /** The table that it is, or is made of. */
  base: string;
  level: "hourly" | "daily" | undefined;
  /** How long its bar is, of 1. */
  share: number;
}

const LEVEL = /_(hourly|daily)(_held)?$/;

/** Returns the tables of a database, the largest first. */
export function tablesOf(
  things: Iterable<Table | null>,
  store: string,
): readonly TableRow[] {
  const tables = [...things].filter(
    (table): table is Table => table?.store === store,
  );
  const most = Math.max(1, ...tables.map(({ bytes }) => bytes));
  return tables
    .sort((a, b) => b.bytes - a.bytes || a.name.localeCompare(b.name))
    .map((table) => ({
      ...table,
      base: table.name.replace(LEVEL, ""),
      level: LEVEL.exec(table.name)?.[1] as TableRow["level"],
      share: table.bytes / most,
    }));
}

/** Returns how many times smaller compression has made some tables; nothing where none is compressed. */
export function compression(
  tables: Iterable<Pick<Table, "before" | "after">>,
): number | undefined {
  let before = 0;
  let after = 0;
  for (const table of tables) {
    before += table.before ?? 0;
    after += table.after ?? 0;
  }
  return after ? before / after : undefined;
}

/** Returns when the oldest row of all is from. */
export function oldestOf(tables: Iterable<Table>): string | undefined {
  return [...tables].flatMap(({ oldest }) => oldest ?? []).sort()[0];
}

/** Returns how far an import is, of 1; nothing while nobody knows how much there is. */
export function progressOf({ read, total }: Import): number | undefined {
  return total ? Math.min(1, read / total) : undefined;
}

/** So many seconds back goes the line of rows. */
const LINE = 300;

/** Returns a line with one more point, without what is too old. */
export function longer(points: Points, time: number, value: number): Points {
  return [...points.filter(([at]) => at > time - LINE), [time, value]];
}
