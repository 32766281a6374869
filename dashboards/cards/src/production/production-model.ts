// What a production shows, and what waits. Nothing here needs a browser.
import type { CardConfig } from "../lib/hass";

export interface ProductionCardConfig extends CardConfig {
  name?: string;
  /** The Home Assistant device of a production, or its name. */
  production?: string;
}

export const LAYERS = ["background", "midground", "foreground"] as const;
export type LayerName = (typeof LAYERS)[number];

export type Data = Readonly<Record<string, unknown>>;

export interface Content {
  id: string;
  type: string;
  data: Data;
  words?: { title: string; text: string } | null;
}

export interface Item {
  id: string;
  type: string;
  layer: LayerName;
  priority: number;
  data: Data;
  started_at: string | null;
  expires_at: string | null;
}

export interface Production {
  id: string;
  name: string;
  device_id: string | null;
  is_live: boolean;
  is_paused: boolean;
  show: string;
  shows: readonly { key: string; name: string }[];
  takeover: string | null;
  queue: readonly Item[];
  layers: Readonly<
    Record<LayerName, { state: string; content: Content | null }>
  >;
  can_control: boolean;
}

export interface Shown {
  layer: LayerName;
  /** As the overlay has it: `interrupted` is dim. */
  state: string;
  type: string;
  title: string;
  text: string;
}

/** Returns the production that a card is about: the one that is named, or the first by name. */
export function productionOf(
  productions: Iterable<Production | null>,
  wanted: string | undefined,
): Production | undefined {
  const found = [...productions]
    .filter((production) => production !== null)
    .sort((one, other) => one.name.localeCompare(other.name));
  return wanted === undefined
    ? found[0]
    : found.find((production) =>
        [production.device_id, production.name, production.id].includes(wanted),
      );
}

/** Returns what is seen of each layer, from the back to the front. */
export function shownOf(production: Production): Shown[] {
  return LAYERS.flatMap((layer) => {
    const { state, content } = production.layers[layer];
    return content && state !== "hidden"
      ? [{ layer, state, type: content.type, ...wordsOf(content) }]
      : [];
  });
}

/** Returns the words of content as the overlay has them: those of a template, else title and message. */
export function wordsOf({
  type,
  data,
  words,
}: {
  type: string;
  data: Data;
  words?: Content["words"];
}): { title: string; text: string } {
  if (words) {
    return { title: words.title, text: words.text };
  }
  const count = plain(data.count);
  const said =
    plain(data.message) ?? plain(data.text) ?? (count && `× ${count}`);
  // Who kept a train going is on the overlay, too.
  const title =
    plain(data.title) ?? plain(data.person) ?? plain(data.latest_subscriber);
  return { title: title ?? wordOf(type), text: said ?? "" };
}

/** Returns what is said of an item below its title: its text, and its type where the title is not that. */
export function detailOf(item: Item): string {
  const { title, text } = wordsOf(item);
  const type = wordOf(item.type);
  return [text, type === title ? "" : type].filter(Boolean).join(" · ");
}

/** Returns a type as people read it. */
export function wordOf(type: string): string {
  const text = type.replace(/[._-]+/g, " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function nameOfShow({ show, shows }: Production): string {
  return shows.find(({ key }) => key === show)?.name ?? show;
}

function plain(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number"
    ? String(value)
    : undefined;
}
