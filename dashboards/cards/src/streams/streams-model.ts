// What is pushed of streams, and how they are listed and drawn. Nothing here needs a browser.
import { NAMES } from "../lib/format";
import type { CardConfig } from "../lib/hass";

export interface StreamsCardConfig extends CardConfig {
  name?: string;
  /** Only streams of this type. */
  stream_type?: string;
  /** How they are shown at first; by default as a graph, as long as that is readable. */
  view?: View;
}

export const VIEWS = ["graph", "list"] as const;
export type View = (typeof VIEWS)[number];

export interface Consumer {
  id: string;
  name: string;
  address: string;
  since: string;
  /** Null for who listens to a multicast group. */
  bytes: number | null;
}

export interface Stream {
  id: string;
  device_id: string | null;
  name: string;
  type: string;
  type_name: string;
  publisher: string;
  protocol: string;
  address: string;
  port: number;
  multicast_group: string | null;
  multicast_port: number | null;
  advertised_at: string;
  heard_at: string;
  can_control: boolean;
  can_preview: boolean;
  consumer_count: number;
  consumers: readonly Consumer[];
}

const ICONS: Readonly<Record<string, string>> = {
  ndi: "mdi:video",
  audio: "mdi:waveform",
  video: "mdi:filmstrip",
  texture: "mdi:image",
  sensor: "mdi:chart-bell-curve",
  osc: "mdi:tune-vertical",
  midi: "mdi:piano",
  data: "mdi:code-json",
  srt: "mdi:video-wireless",
  spout: "mdi:monitor-share",
  syphon: "mdi:monitor-share",
};

export function iconOf({ type }: Stream): string {
  // `ICONS["constructor"]` is something too.
  return Object.hasOwn(ICONS, type)
    ? (ICONS[type] ?? "")
    : "mdi:transit-connection-variant";
}

/** Returns where a stream is to be had. */
export function addressOf(stream: Stream): string {
  return stream.multicast_group === null
    ? place(stream.address, stream.port)
    : place(stream.multicast_group, stream.multicast_port ?? stream.port);
}

function place(host: string, port: number): string {
  return host.includes(":") && !host.startsWith("[")
    ? `[${host}]:${port}`
    : `${host}:${port}`;
}

/** Returns the streams, of one type where one is given, by publisher and name. */
export function sortedStreams(
  things: Iterable<Stream | null>,
  type: string | undefined,
): Stream[] {
  return [...things]
    .filter((stream) => stream !== null)
    .filter((stream) => !type || stream.type === type)
    .sort(
      (a, b) =>
        compared(a.publisher, b.publisher) ||
        compared(a.name, b.name) ||
        compared(a.type, b.type),
    );
}

function compared(a: string, b: string): number {
  // Many have the same publisher: to compare as people do takes its time.
  return a === b ? 0 : NAMES.compare(a, b);
}

/** Returns those with a word in what is shown of them. */
export function matchingStreams(
  streams: readonly Stream[],
  search: string,
): readonly Stream[] {
  const word = search.trim().toLocaleLowerCase();
  return word
    ? streams.filter((stream) =>
        [
          stream.name,
          stream.type_name,
          stream.type,
          stream.publisher,
          stream.protocol,
          addressOf(stream),
          ...stream.consumers.flatMap(({ name, address }) => [name, address]),
        ].some((text) => text.toLocaleLowerCase().includes(word)),
      )
    : streams;
}

/** Returns how many bytes are known to have gone through a stream's sessions; undefined where nobody told. */
export function bytesOf(stream: Stream): number | undefined {
  const told = stream.consumers.filter(({ bytes }) => bytes);
  return told.length
    ? told.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0)
    : undefined;
}

// The graph: publishers, streams and consumers in three columns, and curves between them.

/** More nodes in a column are a list. */
const MAX_NODES = 12;
/** In pixels. */
export const NODE_HEIGHT = 44;
export const NODE_GAP = 8;
/** Where a column begins and ends, in hundredths of the width. */
export const COLUMNS = [
  [0, 27],
  [36.5, 63.5],
  [73, 100],
] as const;

export interface Node {
  key: string;
  name: string;
  /** The upper edge, in pixels. */
  y: number;
  stream?: Stream;
  /** How many further ones it stands for. */
  more?: number;
}

export interface Curve {
  key: string;
  path: string;
  /** Whether something flows there. */
  isLive: boolean;
  streamId: string;
}

export interface Graph {
  height: number;
  publishers: readonly Node[];
  streams: readonly Node[];
  consumers: readonly Node[];
  curves: readonly Curve[];
}

/** Returns the graph of streams in their order; undefined for more than can be read. */
export function graphOf(streams: readonly Stream[]): Graph | undefined {
  const publishers = unique(streams.map(({ publisher }) => publisher));
  const consumers = consumersOf(streams);
  const most = Math.max(streams.length, publishers.length, consumers.length);
  if (!streams.length || most > MAX_NODES) {
    return undefined;
  }
  const height = most * (NODE_HEIGHT + NODE_GAP) - NODE_GAP;
  const streamNodes = column(
    streams.map((stream) => ({ key: stream.id, name: stream.name, stream })),
    height,
  );
  const publisherNodes = column(
    publishers.map((name) => ({ key: name, name })),
    height,
  );
  const consumerNodes = column(
    consumers.map(({ key, name, more }) => ({
      key,
      name,
      ...(more ? { more } : {}),
    })),
    height,
  );
  const publisherAt = heights(publisherNodes);
  const streamAt = heights(streamNodes);
  const consumerAt = heights(consumerNodes);
  return {
    height,
    publishers: publisherNodes,
    streams: streamNodes,
    consumers: consumerNodes,
    curves: [
      ...streams.map(({ id, publisher, consumer_count }) => ({
        key: `from ${id}`,
        path: curve(0, publisherAt.get(publisher) ?? 0, streamAt.get(id) ?? 0),
        isLive: consumer_count > 0,
        streamId: id,
      })),
      ...consumers.flatMap(({ key, streamIds }) =>
        streamIds.map((id) => ({
          key: `${id} to ${key}`,
          path: curve(1, streamAt.get(id) ?? 0, consumerAt.get(key) ?? 0),
          isLive: true,
          streamId: id,
        })),
      ),
    ],
  };
}

interface ConsumerNode {
  key: string;
  name: string;
  streamIds: readonly string[];
  more?: number;
}

/** Returns who receives, each once, in the order of their streams so that few curves cross. */
function consumersOf(streams: readonly Stream[]): ConsumerNode[] {
  const found = new Map<string, string[]>();
  const further: ConsumerNode[] = [];
  for (const { id, consumers, consumer_count } of streams) {
    for (const name of unique(consumers.map(({ name }) => name))) {
      const known = found.get(name);
      if (known) {
        known.push(id);
      } else {
        found.set(name, [id]);
      }
    }
    const more = consumer_count - consumers.length;
    if (more > 0) {
      further.push({ key: `more ${id}`, name: "", streamIds: [id], more });
    }
  }
  const order = new Map(streams.map(({ id }, index) => [id, index]));
  const middle = ({ streamIds }: ConsumerNode) =>
    streamIds.reduce((sum, id) => sum + (order.get(id) ?? 0), 0) /
    streamIds.length;
  return [
    ...[...found].map(([name, streamIds]) => ({
      key: `consumer ${name}`,
      name,
      streamIds,
    })),
    ...further,
  ].sort((a, b) => middle(a) - middle(b));
}

/** Puts nodes below each other, in the middle of the height. */
function column(nodes: readonly Omit<Node, "y">[], height: number): Node[] {
  const whole = nodes.length * (NODE_HEIGHT + NODE_GAP) - NODE_GAP;
  const first = (height - whole) / 2;
  return nodes.map((node, index) => ({
    ...node,
    y: first + index * (NODE_HEIGHT + NODE_GAP),
  }));
}

function heights(nodes: readonly Node[]): ReadonlyMap<string, number> {
  return new Map(nodes.map(({ key, y }) => [key, y + NODE_HEIGHT / 2]));
}

/** Returns the path of a curve from one column to the next: across in hundredths, down in pixels. */
function curve(from: 0 | 1, start: number, end: number): string {
  const [, left] = COLUMNS[from];
  const [right] = COLUMNS[from + 1] ?? COLUMNS[2];
  const middle = (left + right) / 2;
  return `M${left} ${start}C${middle} ${start} ${middle} ${end} ${right} ${end}`;
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
