// The views of the dashboard: a row each. One without sections is left out.
import type { Area } from "../lib/hass";
import { showing, type House, type Kind } from "./house";
import {
  content,
  counted,
  lines,
  note,
  section,
  tiles,
  wide,
  type Card,
  type Content,
} from "./parts";

export const VIEW_KEYS = [
  "overview",
  "devices",
  "entities",
  "hierarchy",
  "streams",
  "events",
  "bus",
  "performance",
  "clients",
  "connections",
  "automations",
  "analytics",
  "qs",
  "f2",
  "iss",
  "telemetry",
] as const;
export type ViewKey = (typeof VIEW_KEYS)[number];

export interface Options {
  /** Views that are left out. */
  hide?: readonly string[];
  /** Only entities in these areas. */
  areas?: readonly string[];
  /** So far back go lines and lists. */
  hours?: number;
}

export interface View extends Content {
  title: string;
  path: string;
  icon: string;
  show_icon_and_title: true;
  subview?: boolean;
}

/** So many cards of an area are shown among the others; a view of its own has all of them. */
const CARDS_OF_AREA = 8;
const HOURS = 24;
const WEEK = 168;
/** Where there is no database, it says how to add one. */
const STORE: Card = { type: "custom:maestra-store" };

type Make = (house: House, options: Options) => Content;

const VIEWS: Readonly<Record<ViewKey, { icon: string; make: Make }>> = {
  overview: { icon: "mdi:view-dashboard", make: overview },
  devices: { icon: "mdi:devices", make: devices },
  entities: { icon: "mdi:cube-outline", make: entities },
  hierarchy: {
    icon: "mdi:file-tree",
    make: ({ contents }) =>
      content(
        contents.entities.length
          ? [wide(4, { type: "custom:maestra-tree" })]
          : [],
      ),
  },
  streams: { icon: "mdi:transit-connection-variant", make: streams },
  events: { icon: "mdi:timeline-clock", make: events },
  bus: { icon: "mdi:swap-vertical", make: bus },
  performance: { icon: "mdi:speedometer", make: performance },
  clients: { icon: "mdi:account-network", make: clients },
  connections: { icon: "mdi:lan-connect", make: connections },
  automations: { icon: "mdi:robot", make: automations },
  analytics: { icon: "mdi:chart-timeline-variant", make: analytics },
  qs: {
    icon: "mdi:chip",
    make: (house) => ofKind(house, "qs", telemetry("nodes", "dead_letters")),
  },
  f2: {
    icon: "mdi:door",
    make: (house) =>
      ofKind(house, "f2", telemetry("controllers", "certificates")),
  },
  iss: {
    icon: "mdi:space-station",
    make: ({ kinds }) =>
      content(
        kinds.has("iss") ? [wide(4, { type: "custom:maestra-iss" })] : [],
      ),
  },
  telemetry: {
    icon: "mdi:chart-line",
    make: (house) => ofKind(house, "other"),
  },
};

/** Returns all views, with those that only lead on from others. */
export function viewsOf(house: House, options: Options): View[] {
  return VIEW_KEYS.filter((key) => !options.hide?.includes(key)).flatMap(
    (key) => {
      const { icon, make } = VIEWS[key];
      const view = {
        title: house.text(key),
        path: key,
        icon,
        show_icon_and_title: true as const,
        ...make(house, options),
      };
      return view.sections.length
        ? [view, ...(key === "entities" ? wholeAreas(house, options) : [])]
        : [];
    },
  );
}

function countBadge(entity: string): Card {
  return { type: "entity", entity, name: { type: "entity" }, show_name: true };
}

function overview(house: House, options: Options): Content {
  const { contents, hass, shown, text } = house;
  return content(
    [
      ...(contents.entities.length || contents.devices.length
        ? []
        : [note(text("nothing"), text("nothing_detail"))]),
      section({ type: "custom:maestra-fleet" }),
      ...(shown.size ? [section(timeline(options.hours ?? HOURS))] : []),
    ],
    [
      ...showing(house, "entities", "devices_online").map(countBadge),
      ...(hass.user?.is_admin
        ? [{ type: "custom:maestra-waiting" }]
        : showing(house, "devices_pending").map(countBadge)),
    ],
  );
}

function devices(house: House, options: Options): Content {
  const { contents } = house;
  return content(
    contents.devices.length
      ? [
          section({ type: "custom:maestra-fleet" }),
          section(
            timeline(options.hours ?? HOURS, "event", "fault", "approval"),
          ),
          ...contents.groups.map(({ name: group }) =>
            section({ type: "custom:maestra-fleet", group }),
          ),
        ]
      : [],
  );
}

/** The entities by area, and a view of its own for each area with more than fit. */
function entities(house: House, options: Options): Content {
  return content(
    areasOf(house, options).map(([area, cards]) =>
      section(
        {
          ...heading(house, area),
          ...(cards.length > CARDS_OF_AREA
            ? {
                tap_action: {
                  action: "navigate",
                  navigation_path: areaPath(area),
                },
              }
            : {}),
        },
        ...cards.slice(0, CARDS_OF_AREA),
      ),
    ),
  );
}

function wholeAreas(house: House, options: Options): View[] {
  return areasOf(house, options)
    .filter(([, cards]) => cards.length > CARDS_OF_AREA)
    .map(([area, cards]) => ({
      title: areaName(house, area),
      path: areaPath(area),
      icon: VIEWS.entities.icon,
      show_icon_and_title: true,
      subview: true,
      // One card a section: sections are what columns are filled with.
      ...content(cards.map((card) => section(card))),
    }));
}

function streams({ kinds, shown, text }: House, options: Options): Content {
  const ids = kinds.get("stream") ?? [];
  const told = ids
    .flatMap((id) => shown.get(id) ?? [])
    .map(({ entity_id }) => entity_id)
    .filter((id) => id.startsWith("event."));
  return content(
    ids.length
      ? [
          wide(3, { type: "custom:maestra-streams" }),
          ...(told.length
            ? [
                section({
                  type: "logbook",
                  title: text("recent"),
                  target: { entity_id: told },
                  hours_to_show: options.hours ?? HOURS,
                }),
              ]
            : []),
        ]
      : [],
  );
}

function events(house: House, options: Options): Content {
  const { shown, text } = house;
  return content(
    shown.size
      ? [
          section(timeline(options.hours ?? HOURS)),
          ...(hasStore(house)
            ? [
                section({
                  type: "custom:maestra-summary",
                  hours: options.hours ?? HOURS,
                }),
              ]
            : []),
          ...counted(
            text("refused"),
            showing(house, "messages_refused", "messages_unsent"),
            "hour",
            1,
          ),
          ...counted(
            text("dead_letters"),
            showing(house, "qs_dead_letters"),
            "hour",
            1,
          ),
        ]
      : [],
  );
}

function bus({ hass, kinds }: House): Content {
  return content(
    hass.user?.is_admin && kinds.has("connection")
      ? [wide(4, { type: "custom:maestra-bus" })]
      : [],
  );
}

function performance(house: House, options: Options): Content {
  const { shown, text } = house;
  const hours = options.hours ?? HOURS;
  const rows = showing(house, "rows_per_second");
  return content([
    ...(shown.size ? [section(STORE)] : []),
    ...lines(text("latency"), showing(house, "latency"), hours),
    ...counted(
      text("throughput"),
      showing(house, "messages_in", "messages_out"),
      "hour",
      1,
    ),
    ...lines(text("rows"), rows, hours),
    ...lines(
      text("waiting"),
      showing(house, "queue_depth", "spool_size"),
      hours,
    ),
    ...lines(text("lag"), showing(house, "lag"), hours),
  ]);
}

function clients(house: House, options: Options): Content {
  const counts = showing(house, "clients");
  return content(
    counts.length
      ? [
          section(
            { type: "heading", heading: house.text("clients") },
            ...counts.map((entity) => ({ type: "tile", entity })),
          ),
          ...lines(house.text("clients"), counts, options.hours ?? HOURS),
          section(timeline(options.hours ?? HOURS, "fault", "approval")),
        ]
      : [],
  );
}

/** The cue lists, productions and experiences; and what is done by itself with what Maestra knows, by what it is. */
function automations(house: House): Content {
  const { contents, kinds, text } = house;
  const rows = [
    ["automation", "automation_tiles", { features: [{ type: "toggle" }] }],
    ["script", "scripts", { features: [{ type: "button" }] }],
    ["scene", "scenes", {}],
  ] as const;
  const named = contents.automations;
  return content([
    ...(kinds.has("cues") ? [wide(2, { type: "custom:maestra-cues" })] : []),
    ...(showing(house, "production_queue_length").length
      ? [wide(2, { type: "custom:maestra-production" })]
      : []),
    ...tiles(house, kinds.get("experience") ?? []),
    ...rows.flatMap(([domain, title, more]) => {
      const ids = named.filter((id) => id.startsWith(`${domain}.`));
      return ids.length
        ? [
            section(
              { type: "heading", heading: text(title) },
              ...ids.map((entity) => ({ type: "tile", entity, ...more })),
            ),
          ]
        : [];
    }),
    ...(named.length
      ? [
          section({
            type: "logbook",
            title: text("recent"),
            target: { entity_id: named },
            hours_to_show: HOURS,
          }),
        ]
      : []),
  ]);
}

function analytics(house: House): Content {
  const { shown, text } = house;
  const written = showing(house, "rows_written");
  const found = showing(house, "detections");
  const online = showing(house, "devices_online", "entities");
  return content(
    shown.size
      ? [
          wide(2, { type: "custom:maestra-summary" }),
          section(timeline(WEEK, "event", "detection", "annotation")),
          ...counted(text("rows_written"), written, "day", 7),
          ...counted(text("detections"), found, "day", 7),
          ...lines(text("there"), online, WEEK),
        ]
      : [],
  );
}

/** What Home Assistant shows of a kind, below a card of ours for all of it. */
/** Every connection; where there is none of a kind, how to add one. */
function connections(house: House): Content {
  const { kinds, text } = house;
  const ids = kinds.get("connection") ?? [];
  const carriers = showing(house, "messages_refused");
  return content(
    ids.length
      ? [
          ...(carriers.length
            ? []
            : [note(text("no_connection"), text("no_connection_detail"))]),
          ...(hasStore(house) ? [] : [section(STORE)]),
          ...tiles(house, ids),
        ]
      : [],
  );
}

function ofKind(house: House, kind: Kind, ...cards: Card[]): Content {
  const ids = house.kinds.get(kind) ?? [];
  return content(
    ids.length
      ? [...cards.map((card) => section(card)), ...tiles(house, ids)]
      : [],
  );
}

function telemetry(...parts: readonly string[]): Card {
  return { type: "custom:maestra-telemetry", parts };
}

function hasStore(house: House): boolean {
  return showing(house, "rows_per_second").length > 0;
}

function timeline(hours: number, ...kinds: readonly string[]): Card {
  return {
    type: "custom:maestra-timeline",
    hours,
    ...(kinds.length ? { kinds } : {}),
  };
}

/** Returns the cards of the entities of each area, by name; what has no area comes last. */
function areasOf(house: House, { areas }: Options): [string, Card[]][] {
  const { hass, contents } = house;
  const byArea = new Map<string, Card[]>();
  for (const { device_id: device } of contents.entities) {
    const area = hass.devices[device]?.area_id ?? "";
    if (areas?.length && !areas.includes(area)) {
      continue;
    }
    const cards = byArea.get(area) ?? [];
    cards.push({ type: "custom:maestra-entity", device });
    byArea.set(area, cards);
  }
  return [...byArea].sort(([a], [b]) =>
    a && b ? areaName(house, a).localeCompare(areaName(house, b)) : a ? -1 : 1,
  );
}

function heading(house: House, area: string): Card {
  const { icon }: Partial<Area> = house.hass.areas[area] ?? {};
  return {
    type: "heading",
    heading: areaName(house, area),
    ...(icon ? { icon } : {}),
  };
}

function areaName({ hass, text }: House, area: string): string {
  return hass.areas[area]?.name ?? text("no_area");
}

function areaPath(area: string): string {
  return `area-${area || "none"}`;
}
