import { expect, it } from "vitest";
import {
  detailOf,
  nameOfShow,
  productionOf,
  shownOf,
  wordsOf,
  type Content,
  type Production,
} from "./production-model";

const HIDDEN = { state: "hidden", content: null };

function production(changes: Partial<Production> = {}): Production {
  return {
    id: "1",
    name: "Stage",
    device_id: "device",
    is_live: false,
    is_paused: false,
    show: "variety",
    shows: [{ key: "variety", name: "Variety" }],
    takeover: null,
    queue: [],
    layers: { foreground: HIDDEN, midground: HIDDEN, background: HIDDEN },
    can_control: true,
    ...changes,
  };
}

function content(changes: Partial<Content>): Content {
  return { id: "c", type: "raid_alert", data: {}, ...changes };
}

it("finds a production by its device or name, else the first by name", () => {
  const stage = production();
  const attic = production({ id: "2", name: "Attic", device_id: null });
  expect(productionOf([stage, null, attic], undefined)).toBe(attic);
  expect(productionOf([stage, attic], "device")).toBe(stage);
  expect(productionOf([stage, attic], "Attic")).toBe(attic);
  expect(productionOf([stage], "nobody")).toBeUndefined();
});

it("shows layers from the back to the front, without what is hidden", () => {
  const alert = content({ data: { title: "Ann" } });
  const ticker = content({ type: "emote_stats", data: { text: "12" } });
  const shown = shownOf(
    production({
      layers: {
        foreground: { state: "active", content: alert },
        midground: { state: "hidden", content: alert },
        background: { state: "interrupted", content: ticker },
      },
    }),
  );
  expect(shown.map(({ layer, state, title }) => [layer, state, title])).toEqual(
    [
      ["background", "interrupted", "Emote stats"],
      ["foreground", "active", "Ann"],
    ],
  );
});

it("says what a template says, else what the data has", () => {
  const words = { title: "Ann raids!", text: "" };
  expect(wordsOf(content({ words }))).toEqual(words);
  expect(wordsOf(content({ data: { person: 7, message: "hi" } }))).toEqual({
    title: "7",
    text: "hi",
  });
  expect(wordsOf(content({ data: { title: { odd: 1 } } })).title).toBe(
    "Raid alert",
  );
});

it("says of a train who kept it going, and no type twice", () => {
  const item = {
    ...content({ type: "sub_train" }),
    layer: "midground" as const,
    priority: 50,
    started_at: null,
    expires_at: null,
  };
  expect([wordsOf(item).title, detailOf(item)]).toEqual(["Sub train", ""]);
  const data = { subscriber: "Ann", latest_subscriber: "Bob", count: 2 };
  const going = { ...item, data };
  expect([wordsOf(going).title, detailOf(going)]).toEqual([
    "Bob",
    "× 2 · Sub train",
  ]);
});

it("names a show, also one that is gone", () => {
  expect(nameOfShow(production())).toBe("Variety");
  expect(nameOfShow(production({ show: "gone" }))).toBe("gone");
});
