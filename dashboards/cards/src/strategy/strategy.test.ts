import { describe, expect, it } from "vitest";
import type { Hass, RegistryDevice, RegistryEntity } from "../lib/hass";
import { houseOf, type Contents, type Text } from "./house";
import { strategySchema } from "./strategy-editor";
import { viewOf, type ViewOptions } from "./view-strategy";
import { VIEW_KEYS, viewsOf, type Options } from "./views";

const text = ((key: string) => key) as Text;

/** A house in which things are added by what they are called. */
class Build {
  readonly devices: Record<string, RegistryDevice> = {};
  readonly entities: Record<string, RegistryEntity> = {};
  readonly states: Hass["states"] = {};
  contents: Contents = {
    entities: [],
    devices: [],
    groups: [],
    automations: [],
  };
  isAdmin = false;

  /** Add a device of Home Assistant's with one entity; returns the id of that. */
  add(id: string, entity: Partial<RegistryEntity> = {}, area?: string): string {
    this.devices[id] = {
      id,
      name: id,
      area_id: area ?? null,
      identifiers: [["maestra", id]],
    };
    const entity_id = `sensor.${id}_${entity.translation_key ?? "value"}`;
    this.entities[entity_id] = {
      entity_id,
      device_id: id,
      platform: "maestra",
      ...entity,
    };
    return entity_id;
  }

  /** Add entities of Maestra's: `entity0`, `entity1` and so on. */
  addEntities(count: number, area?: string, above: string[] = []): void {
    const added = Array.from({ length: count }, (_, index) => {
      const slug = `entity${this.contents.entities.length + index}`;
      this.add(slug, {}, area);
      return { slug, name: slug, device_id: slug, above };
    });
    this.contents = {
      ...this.contents,
      entities: [...this.contents.entities, ...added],
    };
  }

  get house() {
    const hass = {
      devices: this.devices,
      entities: this.entities,
      states: this.states,
      areas: {
        stage: { area_id: "stage", name: "Stage" },
        foyer: { area_id: "foyer", name: "Foyer" },
      },
      user: { is_admin: this.isAdmin },
    } as unknown as Hass;
    return houseOf(hass, this.contents, text);
  }

  views(options: Options = {}) {
    return viewsOf(this.house, options);
  }

  paths(options: Options = {}): string[] {
    return this.views(options).map(({ path }) => path);
  }

  cards(path: string, options: Options = {}) {
    const found = this.views(options).find((view) => view.path === path);
    return found?.sections.flatMap(({ cards }) => cards);
  }
}

describe("the dashboard", () => {
  it.each([
    ["qs", "qs:node", "custom:maestra-telemetry"],
    ["f2", "f2:aabbccddee01", "custom:maestra-telemetry"],
  ])("begins %s with all of them in one look", (path, id, type) => {
    const build = new Build();
    build.add(id);
    expect(build.cards(path)?.[0]?.type).toBe(type);
  });

  it("begins performance with the database, which says that there is none", () => {
    const build = new Build();
    build.add("hub", { entity_category: "diagnostic" });
    expect(build.cards("performance")?.[0]?.type).toBe("custom:maestra-store");
  });

  it("says which connections there are none of", () => {
    const build = new Build();
    const said = () => build.cards("connections")?.map(({ type }) => type);
    const entity_category = "diagnostic";
    build.add("hub", { entity_category });
    expect(said()).toEqual([
      "markdown",
      "custom:maestra-store",
      "heading",
      "tile",
    ]);
    for (const translation_key of ["messages_refused", "rows_per_second"]) {
      build.add(translation_key, { entity_category, translation_key });
    }
    expect(said()).not.toContain("markdown");
    expect(said()).not.toContain("custom:maestra-store");
  });

  it("says what to do where there is nothing", () => {
    const build = new Build();
    expect(build.paths()).toEqual(["overview"]);
    expect(build.cards("overview")?.[0]?.type).toBe("markdown");
  });

  it("has a view for each kind of thing that is there", () => {
    const build = new Build();
    build.isAdmin = true;
    build.addEntities(1);
    build.add("board", { translation_key: "event" });
    build.contents = {
      ...build.contents,
      devices: ["board"],
      automations: ["automation.doors"],
    };
    for (const id of ["stream:1", "qs:1", "f2:1", "iss:1:ethos", "detector"]) {
      build.add(id);
    }
    const entity_category = "diagnostic";
    for (const translation_key of ["clients", "latency", "rows_per_second"]) {
      build.add(translation_key, { entity_category, translation_key });
    }
    expect(build.paths()).toEqual([...VIEW_KEYS]);
    expect(build.paths({ hide: ["iss", "overview"] })).toEqual(
      VIEW_KEYS.filter((key) => key !== "iss" && key !== "overview"),
    );
  });

  it("gives an area with many a view of its own", () => {
    const build = new Build();
    build.addEntities(20, "stage");
    const all = build.views().find(({ path }) => path === "area-stage");
    expect(all).toMatchObject({ title: "Stage", subview: true });
    expect(all?.sections).toHaveLength(20);
    expect(build.cards("entities")).toHaveLength(9);
  });

  it("shows areas by name, and only those that are wanted", () => {
    const build = new Build();
    build.addEntities(1, "stage");
    build.addEntities(1);
    build.addEntities(1, "foyer");
    const areas = (options: Options) =>
      build.cards("entities", options)?.flatMap(({ heading }) => heading ?? []);
    expect(areas({})).toEqual(["Foyer", "Stage", "no_area"]);
    expect(areas({ areas: ["stage"] })).toEqual(["Stage"]);
  });

  it("leaves out what others have, and what is hidden", () => {
    const build = new Build();
    build.add("other", { platform: "mqtt" });
    build.add("hidden", { hidden: true });
    expect(build.paths()).toEqual(["overview"]);
  });

  it("shows what passes through connections to administrators", () => {
    const build = new Build();
    build.add("broker", { entity_category: "diagnostic" });
    expect(build.paths()).not.toContain("bus");
    build.isAdmin = true;
    expect(build.paths()).toContain("bus");
  });

  it("shows all streams in one card", () => {
    const build = new Build();
    build.add("stream:camera");
    build.add("stream:desk");
    expect(build.cards("streams")?.map(({ type }) => type)).toEqual([
      "custom:maestra-streams",
    ]);
  });

  it("begins automations with the cue lists, where there are some", () => {
    const build = new Build();
    build.add("detector");
    expect(build.paths()).not.toContain("automations");
    build.add("cues:1");
    expect(build.cards("automations")).toEqual([
      {
        type: "custom:maestra-cues",
        grid_options: { columns: "full" },
      },
    ]);
    expect(build.cards("telemetry")).toHaveLength(2);
  });

  it("shows what a stream production shows, where there is one", () => {
    const build = new Build();
    build.add("production", { translation_key: "production_queue_length" });
    expect(build.cards("automations")).toEqual([
      {
        type: "custom:maestra-production",
        grid_options: { columns: "full" },
      },
    ]);
  });

  it("shows experiences between cue lists and automations", () => {
    const build = new Build();
    build.add("experience:1");
    build.contents = { ...build.contents, automations: ["automation.doors"] };
    expect(
      build.cards("automations")?.map(({ type, entity }) => entity ?? type),
    ).toEqual([
      "heading",
      "sensor.experience:1_value",
      "heading",
      "automation.doors",
      "logbook",
    ]);
  });

  it("shows automations, scripts and scenes apart", () => {
    const build = new Build();
    const named = ["scene.finale", "automation.doors", "script.blackout"];
    build.contents = { ...build.contents, automations: named };
    expect(
      build
        .cards("automations")
        ?.flatMap(({ heading, entity }) => heading ?? entity ?? []),
    ).toEqual([
      "automation_tiles",
      "automation.doors",
      "scripts",
      "script.blackout",
      "scenes",
      "scene.finale",
    ]);
  });

  it("goes back as far as is wanted", () => {
    const build = new Build();
    build.add("board");
    expect(build.cards("events", { hours: 3 })?.[0]).toMatchObject({
      type: "custom:maestra-timeline",
      hours: 3,
    });
  });

  it("has each of its views in the form", () => {
    expect(strategySchema(text).at(-1)).toMatchObject({
      selector: { select: { options: { length: VIEW_KEYS.length } } },
    });
  });
});

describe("a view", () => {
  const types = (build: Build, options: ViewOptions) =>
    viewOf(build.house, options).sections.map(({ cards }) => cards[0]?.type);

  it("of an entity has a card for it, and for all below it", () => {
    const build = new Build();
    build.addEntities(1);
    build.addEntities(2, undefined, ["entity0"]);
    build.addEntities(1, undefined, ["entity0", "entity1"]);
    build.addEntities(1, undefined, ["other"]);
    expect(types(build, { entity: "entity0" })).toHaveLength(4);
    expect(types(build, { entity: "entity1" })).toHaveLength(2);
  });

  it("of a group has its devices, and lines of their numbers", () => {
    const build = new Build();
    const sensor = build.add("board");
    build.add("other");
    Object.assign(build.states, {
      [sensor]: { attributes: { state_class: "measurement" } },
    });
    build.contents = {
      ...build.contents,
      devices: ["board", "other"],
      groups: [{ name: "Boards", devices: ["board"] }],
    };
    expect(types(build, { group: "Boards" })).toEqual([
      "custom:maestra-fleet",
      "custom:maestra-history",
      "heading",
    ]);
  });

  it("of a discipline has its channels alone", () => {
    const build = new Build();
    build.add("iss:1:ethos");
    build.add("iss:1:adco");
    expect(types(build, { discipline: "ETHOS" })).toEqual(["heading"]);
  });

  it.each([{}, { group: "x" }, { entity: "x" }, { discipline: "x" }])(
    "of %o says what is wrong",
    (options) => {
      expect(types(new Build(), options)).toEqual(["markdown"]);
    },
  );
});

it("is made of 500 devices and 5 000 entities", () => {
  const build = new Build();
  build.addEntities(2_500, "stage");
  build.addEntities(2_500);
  const boards = Array.from({ length: 500 }, (_, index) => `board${index}`);
  boards.forEach((id) => build.add(id));
  build.contents = { ...build.contents, devices: boards };
  expect(build.paths()).toContain("area-none");
});
