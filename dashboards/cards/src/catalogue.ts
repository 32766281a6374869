import { suggestEntity, suggestOne, suggestWhole } from "./lib/suggest";
import { isOfOneVariable } from "./entity/variable-of";
import type {
  BadgeDescription,
  CardDescription,
  FeatureDescription,
} from "./lib/lazy-card";

/** All cards. A new one is a folder, and a row here. */
export const CARDS: readonly CardDescription[] = [
  {
    type: "maestra-entity",
    name: "entity_name",
    description: "entity_description",
    load: async () => (await import("./entity/entity-card")).default,
    suggest: suggestEntity("maestra-entity"),
    size: 5,
    grid: { columns: 12, rows: "auto", min_columns: 6 },
  },
  {
    type: "maestra-fleet",
    name: "fleet_name",
    description: "fleet_description",
    load: async () => (await import("./fleet/fleet-card")).default,
    size: 8,
    grid: { columns: 12, rows: "auto", min_columns: 6 },
  },
  {
    type: "maestra-tree",
    name: "tree_name",
    description: "tree_description",
    load: async () => (await import("./tree/tree-card")).default,
    size: 10,
    grid: { columns: 12, rows: "auto", min_columns: 6 },
  },
  {
    type: "maestra-streams",
    name: "streams_name",
    description: "streams_description",
    load: async () => (await import("./streams/streams-card")).default,
    suggest: suggestWhole("maestra-streams", "stream_"),
    size: 8,
    grid: { columns: 12, rows: "auto", min_columns: 6, min_rows: 3 },
  },
  {
    type: "maestra-cues",
    name: "cues_name",
    description: "cues_description",
    load: async () => (await import("./cues/cues-card")).default,
    suggest: suggestOne(
      "maestra-cues",
      "cue_list",
      "cue",
      "current_cue",
      "next_cue",
      "go",
    ),
    size: 12,
    grid: { columns: 12, rows: "auto", min_columns: 6, min_rows: 2 },
  },
  {
    type: "maestra-production",
    name: "production_name",
    description: "production_description",
    load: async () => (await import("./production/production-card")).default,
    suggest: suggestOne("maestra-production", "production", "production_"),
    size: 8,
    grid: { columns: 12, rows: "auto", min_columns: 6 },
  },
  {
    type: "maestra-timeline",
    name: "timeline_name",
    description: "timeline_description",
    load: async () => (await import("./timeline/timeline-card")).default,
    size: 8,
    grid: { columns: 12, rows: "auto", min_columns: 6 },
  },
  {
    type: "maestra-history",
    name: "history_name",
    description: "history_description",
    load: async () => (await import("./history/history-card")).default,
    size: 7,
    grid: { columns: 12, rows: "auto", min_columns: 6, min_rows: 5 },
  },
  {
    type: "maestra-summary",
    name: "summary_name",
    description: "summary_description",
    load: async () => (await import("./summary/summary-card")).default,
    size: 7,
    grid: { columns: 12, rows: "auto", min_columns: 6 },
  },
  {
    type: "maestra-bus",
    name: "bus_name",
    description: "bus_description",
    load: async () => (await import("./bus/bus-card")).default,
    size: 10,
    grid: { columns: 12, rows: "auto", min_columns: 6 },
  },
  {
    type: "maestra-iss",
    name: "iss_name",
    description: "iss_description",
    load: async () => (await import("./iss/iss-card")).default,
    suggest: suggestWhole("maestra-iss", "iss"),
    size: 9,
    grid: { columns: 12, rows: "auto", min_columns: 6, min_rows: 4 },
  },
  {
    type: "maestra-telemetry",
    name: "telemetry_name",
    description: "telemetry_description",
    load: async () => (await import("./telemetry/telemetry-card")).default,
    suggest: suggestWhole("maestra-telemetry", "qs_", "f2_"),
    size: 10,
    grid: { columns: 12, rows: "auto", min_columns: 6, min_rows: 2 },
  },
  {
    type: "maestra-store",
    name: "store_name",
    description: "store_description",
    load: async () => (await import("./store/store-card")).default,
    suggest: suggestWhole(
      "maestra-store",
      "rows_",
      "queue_depth",
      "spool_size",
      "database_size",
    ),
    size: 8,
    grid: { columns: 12, rows: "auto", min_columns: 6, min_rows: 2 },
  },
];

/** All badges. */
export const BADGES: readonly BadgeDescription[] = [
  {
    type: "maestra-waiting",
    name: "waiting_name",
    description: "waiting_description",
    load: async () => (await import("./fleet/waiting-badge")).default,
  },
];

/** All features of tiles. */
export const FEATURES: readonly FeatureDescription[] = [
  {
    type: "maestra-variable",
    name: "variable_name",
    load: async () => (await import("./entity/variable-feature")).default,
    isSupported: isOfOneVariable,
  },
];
