import { expect, it } from "vitest";
import { EventReader, pictureOf, previewed } from "./streams-preview";

it("reads events, wherever the pieces end", () => {
  const events = new EventReader();
  expect(events.read("event: info\nda")).toEqual([]);
  expect(events.read('ta: {"a": "b: c"}\n\nevent: preview\n')).toEqual([
    { name: "info", data: { a: "b: c" } },
  ]);
  expect(events.read('data: {"_seq": 0}\n\n')).toEqual([
    { name: "preview", data: { _seq: 0 } },
  ]);
  expect(events.read("data: null\n\n")).toEqual([]);
});

it("keeps the latest, counts, and says why there is no more", () => {
  const heard = [
    { name: "info", data: { local_address: "::1", local_port: 19000 } },
    { name: "preview", data: { x: 1 } },
    { name: "preview", data: { x: 2 } },
    { name: "heartbeat", data: {} },
    { name: "error", data: { message: "The stream has ended" } },
  ].reduce(previewed, { count: 0 });
  expect(heard).toEqual({
    place: "::1:19000",
    data: { x: 2 },
    count: 2,
    failure: "The stream has ended",
  });
});

it("draws a spectrum and a level, and shows else what came", () => {
  expect(pictureOf({ power_db: [-90, -20] }).kind).toBe("spectrum");
  expect(pictureOf({ power_db: ["x", 1] }).kind).toBe("text");
  expect(pictureOf({ rms_level: 0.1, peak_level: 0.5, rms_db: -20 })).toEqual({
    kind: "level",
    rms: 0.1,
    peak: 0.5,
    decibels: -20,
  });
  expect(pictureOf({ _seq: 4, note: 60 })).toEqual({
    kind: "text",
    text: '{\n "note": 60\n}',
  });
});
