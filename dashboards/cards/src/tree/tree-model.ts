// What is pushed of the hierarchy, and which rows are shown of it. Nothing here needs a browser.
import type { Json, Variable } from "../lib/entity";
import { NAMES } from "../lib/format";
import type { CardConfig } from "../lib/hass";

export interface TreeCardConfig extends CardConfig {
  name?: string;
  /** What is searched for at first. */
  path?: string;
}

export interface Value {
  name: string;
  label: string;
  is_input: boolean;
  unit: string | null;
  /** As many as mean something, where the value is a number. */
  decimals: number | null;
  value: Json;
  /** How many parts an array or object has, which itself is not pushed. */
  size?: number;
}

export interface Node {
  slug: string;
  name: string;
  device_id: string | null;
  parent: string | null;
  type: string;
  is_online: boolean;
  can_set: boolean;
  values: readonly Value[];
}

/** Tells whether there is something to set, and whether the user may. */
export function isSettable(node: Node | null | undefined): boolean {
  return Boolean(node?.can_set && node.values.some(({ is_input }) => is_input));
}

type Nodes = ReadonlyMap<string, Node | null>;

/** The slugs below each, by name; those without a parent are below "". */
export interface Structure {
  readonly children: ReadonlyMap<string, readonly string[]>;
  readonly count: number;
}

/** Returns what is below what. One whose parent is not there stands at the top. */
export function structureOf(nodes: Nodes): Structure {
  const children = new Map<string, string[]>();
  let count = 0;
  for (const node of nodes.values()) {
    if (node) {
      count += 1;
      const above = node.parent && nodes.get(node.parent) ? node.parent : "";
      const beside = children.get(above);
      if (beside) {
        beside.push(node.slug);
      } else {
        children.set(above, [node.slug]);
      }
    }
  }
  const named = (slug: string) => nodes.get(slug)?.name ?? slug;
  for (const beside of children.values()) {
    beside.sort((a, b) => NAMES.compare(named(a), named(b)));
  }
  return { children, count };
}

/** Tells whether the same entities are at the same places: then only values differ. */
export function hasSameStructure(before: Nodes, now: Nodes): boolean {
  if (before.size !== now.size) {
    return false;
  }
  for (const [slug, node] of now) {
    const known = before.get(slug);
    if (node?.parent !== known?.parent || node?.name !== known?.name) {
      return false;
    }
  }
  return true;
}

/** Tells whether what is searched for is a path pattern, which only the integration reads, and no plain word. */
export function isPattern(search: string): boolean {
  return /[.*|!{]/.test(search);
}

/** Returns the slugs of those with a word in what one would search for. */
export function withWord(nodes: Nodes, search: string): Set<string> {
  const word = search.trim().toLocaleLowerCase();
  const found = new Set<string>();
  for (const node of nodes.values()) {
    if (
      node &&
      [node.name, node.slug, node.type].some((text) =>
        text.toLocaleLowerCase().includes(word),
      )
    ) {
      found.add(node.slug);
    }
  }
  return found;
}

export interface Row {
  slug: string;
  level: number;
  /** Its place among those beside it, from 1, and how many these are. */
  position: number;
  beside: number;
  /** undefined: nothing is below it. */
  isOpen: boolean | undefined;
  /** Whether it was searched for; else it shows where others are. */
  isFound: boolean;
}

/** Returns the rows from top to bottom: those of what is open, or with `found` those and what is above them. */
export function rowsOf(
  structure: Structure,
  nodes: Nodes,
  isOpen: (slug: string) => boolean,
  found: ReadonlySet<string> | undefined,
): Row[] {
  const shown = found && withAbove(nodes, found);
  const rows: Row[] = [];
  const visit = (above: string, level: number): void => {
    const below = (structure.children.get(above) ?? []).filter(
      (slug) => shown?.has(slug) ?? true,
    );
    below.forEach((slug, index) => {
      const hasMore =
        structure.children
          .get(slug)
          ?.some((each) => shown?.has(each) ?? true) ?? false;
      const open = hasMore ? isOpen(slug) : undefined;
      rows.push({
        slug,
        level,
        position: index + 1,
        beside: below.length,
        isOpen: open,
        isFound: found?.has(slug) ?? true,
      });
      if (open) {
        visit(slug, level + 1);
      }
    });
  };
  visit("", 1);
  return rows;
}

function withAbove(nodes: Nodes, found: ReadonlySet<string>): Set<string> {
  const shown = new Set<string>();
  for (const slug of found) {
    let each: string | null | undefined = nodes.get(slug) ? slug : null;
    while (each && !shown.has(each)) {
      shown.add(each);
      each = nodes.get(each)?.parent;
    }
  }
  return shown;
}

/** Returns where a key leads in the rows; undefined where it leads nowhere. */
export function moved(
  rows: readonly Row[],
  from: number,
  key: string,
  page: number,
): number | undefined {
  const last = rows.length - 1;
  const within = (index: number) => Math.min(last, Math.max(0, index));
  switch (key) {
    case "ArrowDown":
      return within(from + 1);
    case "ArrowUp":
      return within(from - 1);
    case "PageDown":
      return within(from + page);
    case "PageUp":
      return within(from - page);
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return undefined;
  }
}

/** Returns the index of the row that a row is below, itself where it is at the top. */
export function rowAbove(rows: readonly Row[], index: number): number {
  const level = rows[index]?.level ?? 1;
  for (let above = index - 1; above >= 0; above--) {
    if ((rows[above]?.level ?? 1) < level) {
      return above;
    }
  }
  return index;
}

export interface Common {
  variable: Variable;
  /** Whether the entities have different values. */
  differs: boolean;
}

/** Returns those inputs of one entity that all have; `variables` are that one's. */
export function commonInputs(
  variables: readonly Variable[],
  nodes: readonly Node[],
): Common[] {
  return variables
    .filter(({ is_input }) => is_input)
    .flatMap((variable) => {
      const values = nodes.map(({ values }) =>
        values.find(({ name, is_input }) => is_input && name === variable.name),
      );
      const first = JSON.stringify(values[0]?.value);
      return values.every(Boolean)
        ? [
            {
              variable,
              differs: values.some(
                (each) => JSON.stringify(each?.value) !== first,
              ),
            },
          ]
        : [];
    });
}
