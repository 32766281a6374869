// A view of one part of what there is: a device group, an entity with all below it, a discipline of the ISS.
import type { Hass } from "../lib/hass";
import { askHouse, identifier, numbersOf, type House } from "./house";
import {
  content,
  lines,
  note,
  section,
  tiles,
  type Content,
  type Section,
} from "./parts";

export interface ViewOptions {
  /** The name of a device group. */
  group?: string;
  /** The slug of an entity. */
  entity?: string;
  /** Such as `ethos`. */
  discipline?: string;
  hours?: number;
}

const HOURS = 24;

/** Returns the view's configuration, as Home Assistant asks a strategy for it. */
export async function generateView(
  options: ViewOptions,
  hass: Hass,
): Promise<Content> {
  return viewOf(await askHouse(hass), options);
}

export function viewOf(house: House, options: ViewOptions): Content {
  const { text } = house;
  const { group, entity, discipline, hours = HOURS } = options;
  const sections = group
    ? ofGroup(house, group, hours)
    : entity
      ? ofSubtree(house, entity)
      : discipline
        ? ofDiscipline(house, discipline, hours)
        : [note(text("no_part"), text("no_part_detail"))];
  const name = group ?? entity ?? discipline ?? "";
  return content(
    sections.length
      ? sections
      : [note(text("not_there"), text("not_there_detail", { name }))],
  );
}

function ofGroup(house: House, name: string, hours: number): Section[] {
  const group = house.contents.groups.find((each) => each.name === name);
  return group
    ? [
        section({ type: "custom:maestra-fleet", group: name }),
        ...lines(name, numbersOf(house, group.devices), hours),
        ...tiles(house, group.devices),
      ]
    : [];
}

/** A card for the entity, and for each that is below it. */
function ofSubtree({ contents }: House, slug: string): Section[] {
  return contents.entities
    .filter(({ slug: own, above }) => own === slug || above.includes(slug))
    .map(({ device_id: device }) =>
      section({ type: "custom:maestra-entity", device }),
    );
}

function ofDiscipline(house: House, name: string, hours: number): Section[] {
  const wanted = name.toLowerCase();
  const ids = (house.kinds.get("iss") ?? []).filter(
    (id) => identifier(house.hass, id).split(":")[2] === wanted,
  );
  return [
    ...lines(name.toUpperCase(), numbersOf(house, ids), hours),
    ...tiles(house, ids),
  ];
}
