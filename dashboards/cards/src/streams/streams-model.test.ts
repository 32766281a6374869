import { expect, it } from "vitest";
import {
  addressOf,
  bytesOf,
  graphOf,
  iconOf,
  matchingStreams,
  sortedStreams,
  type Stream,
} from "./streams-model";

function stream(id: string, about: Partial<Stream> = {}): Stream {
  return {
    id,
    device_id: null,
    name: id,
    type: "video",
    type_name: "Video",
    publisher: "td",
    protocol: "srt",
    address: "10.0.0.1",
    port: 9000,
    multicast_group: null,
    multicast_port: null,
    advertised_at: "2026-01-01T00:00:00Z",
    heard_at: "2026-01-01T00:00:00Z",
    can_control: true,
    can_preview: false,
    consumer_count: about.consumers?.length ?? 0,
    consumers: [],
    ...about,
  };
}

const consumer = (name: string, bytes: number | null = 0) => ({
  id: name,
  name,
  address: "10.0.0.9",
  since: "2026-01-01T00:00:00Z",
  bytes,
});

it("lists by publisher and name, what is of a type and has a word in it", () => {
  const things = [
    stream("b", { publisher: "z" }),
    null,
    stream("c"),
    stream("a", { type: "osc", consumers: [consumer("Foyer")] }),
  ];
  const ids = (type: string | undefined, search: string) =>
    matchingStreams(sortedStreams(things, type), search).map(({ id }) => id);
  expect(ids(undefined, "")).toEqual(["a", "c", "b"]);
  expect(ids("osc", "")).toEqual(["a"]);
  expect(ids(undefined, " foyer ")).toEqual(["a"]);
  expect(ids(undefined, "10.0.0.1:9000")).toHaveLength(3);
});

it("says where a stream is to be had", () => {
  expect(addressOf(stream("a"))).toBe("10.0.0.1:9000");
  expect(addressOf(stream("a", { address: "fe80::1" }))).toBe("[fe80::1]:9000");
  const group = { multicast_group: "239.0.0.1", multicast_port: 5000 };
  expect(addressOf(stream("a", group))).toBe("239.0.0.1:5000");
});

it("adds up bytes that somebody has told of", () => {
  expect(bytesOf(stream("a"))).toBeUndefined();
  const consumers = [consumer("x", 5), consumer("y", 0), consumer("z", null)];
  expect(bytesOf(stream("a", { consumers }))).toBe(5);
});

it("knows no picture of what it does not know", () => {
  expect(iconOf(stream("a"))).toBe("mdi:filmstrip");
  expect(iconOf(stream("a", { type: "constructor" }))).toMatch(/^mdi:/);
});

it("draws who publishes, and who receives, once", () => {
  const graph = graphOf([
    stream("a", { consumers: [consumer("wall"), consumer("wall")] }),
    stream("b", { publisher: "max", consumers: [consumer("wall")] }),
    stream("c", { publisher: "max" }),
  ]);
  expect(graph?.publishers.map(({ name }) => name)).toEqual(["td", "max"]);
  expect(graph?.consumers.map(({ name }) => name)).toEqual(["wall"]);
  expect(graph?.curves.map(({ key, isLive }) => [key, isLive])).toEqual([
    ["from a", true],
    ["from b", true],
    ["from c", false],
    ["a to consumer wall", true],
    ["b to consumer wall", true],
  ]);
  // Three streams of 44 pixels, 8 between them; the consumer is beside the middle one.
  expect(graph?.height).toBe(148);
  expect(graph?.consumers[0]?.y).toBe(graph?.streams[1]?.y);
});

it("says how many consumers it was not told of", () => {
  const graph = graphOf([
    stream("a", { consumers: [consumer("wall")], consumer_count: 80 }),
  ]);
  expect(graph?.consumers.map(({ more }) => more)).toEqual([undefined, 79]);
});

it("draws nothing that nobody could read", () => {
  const many = Array.from({ length: 50 }, (_, index) => stream(`s${index}`));
  expect(graphOf(many)).toBeUndefined();
  expect(graphOf(many.slice(0, 12))).toBeDefined();
  expect(graphOf([])).toBeUndefined();
});
