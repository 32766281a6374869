// What views are put together of.
import { NAMES } from "../lib/format";
import type { House } from "./house";

export type Card = Readonly<Record<string, unknown>> & { type: string };

export interface Section {
  type: "grid";
  column_span?: number;
  cards: Card[];
}

/** A view without what its place in a dashboard says of it. */
export interface Content {
  type: "sections";
  max_columns: number;
  dense_section_placement: boolean;
  badges?: Card[];
  sections: Section[];
}

/** What a chart or a list of names has room for. */
const MAX_LINES = 12;

export function content(sections: Section[], badges?: Card[]): Content {
  return {
    type: "sections",
    max_columns: 4,
    dense_section_placement: true,
    ...(badges ? { badges } : {}),
    sections,
  };
}

export function section(...cards: Card[]): Section {
  return { type: "grid", cards };
}

/** A card over several columns. */
export function wide(columns: number, card: Card): Section {
  return {
    ...section({ ...card, grid_options: { columns: "full" } }),
    column_span: columns,
  };
}

export function note(title: string, text: string): Section {
  return section({ type: "markdown", title, content: text });
}

/** A section for each device, by name, with a tile for each of its entities. */
export function tiles(
  { hass, shown }: House,
  deviceIds: readonly string[],
): Section[] {
  return deviceIds
    .map((id) => {
      const device = hass.devices[id];
      const heading = device?.name_by_user ?? device?.name ?? "";
      return { heading, entities: shown.get(id) ?? [] };
    })
    .filter(({ entities }) => entities.length)
    .sort((a, b) => NAMES.compare(a.heading, b.heading))
    .map(({ heading, entities }) =>
      section(
        { type: "heading", heading },
        ...entities.map(({ entity_id }) => ({
          type: "tile",
          entity: entity_id,
          name: { type: "entity" },
          // What is pressed is in no state.
          ...(entity_id.startsWith("button.") && { hide_state: true }),
        })),
      ),
    );
}

/** Lines of entities; nothing where there are none. */
export function lines(
  name: string,
  entities: readonly string[],
  hours: number,
): Section[] {
  return entities.length
    ? [
        section({
          type: "custom:maestra-history",
          name,
          entities: entities.slice(0, MAX_LINES),
          hours,
        }),
      ]
    : [];
}

/** Bars of how much counters have counted; nothing where there are none. */
export function counted(
  title: string,
  entities: readonly string[],
  period: "hour" | "day",
  days: number,
): Section[] {
  return entities.length
    ? [
        section({
          type: "statistics-graph",
          title,
          entities: entities.slice(0, MAX_LINES),
          stat_types: ["change"],
          chart_type: "bar",
          period,
          days_to_show: days,
        }),
      ]
    : [];
}
