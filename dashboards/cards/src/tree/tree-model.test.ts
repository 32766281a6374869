import { describe, expect, it } from "vitest";
import type { Variable } from "../lib/entity";
import {
  commonInputs,
  hasSameStructure,
  isPattern,
  isSettable,
  moved,
  rowAbove,
  rowsOf,
  structureOf,
  withWord,
  type Node,
} from "./tree-model";

function node(slug: string, parent: string | null, about: Partial<Node> = {}) {
  const made: Node = {
    slug,
    name: slug,
    device_id: null,
    parent,
    type: "light",
    is_online: true,
    can_set: true,
    values: [],
    ...about,
  };
  return [slug, made] as const;
}

const NODES = new Map<string, Node | null>([
  node("stage", null, { type: "room" }),
  node("wash-10", "stage"),
  node("wash-2", "stage"),
  node("gel", "wash-2"),
  node("lost", "gone"),
  ["deleted", null],
]);
const STRUCTURE = structureOf(NODES);

describe("the rows", () => {
  it("are those of what is open, by name, numbers as numbers", () => {
    const rows = rowsOf(
      STRUCTURE,
      NODES,
      (slug) => slug === "stage",
      undefined,
    );
    expect(rows.map(({ slug, level }) => [slug, level])).toEqual([
      ["lost", 1],
      ["stage", 1],
      ["wash-2", 2],
      ["wash-10", 2],
    ]);
    expect(rows.map(({ isOpen }) => isOpen)).toEqual([
      undefined,
      true,
      false,
      undefined,
    ]);
    expect(rows[2]).toMatchObject({ position: 1, beside: 2 });
  });

  it("are what was found, with what is above it", () => {
    const rows = rowsOf(STRUCTURE, NODES, () => true, new Set(["gel", "old"]));
    expect(rows.map(({ slug, isFound }) => [slug, isFound])).toEqual([
      ["stage", false],
      ["wash-2", false],
      ["gel", true],
    ]);
  });

  it("are walked with keys, and never left", () => {
    const rows = rowsOf(STRUCTURE, NODES, () => true, undefined);
    expect(moved(rows, 0, "ArrowUp", 3)).toBe(0);
    expect(moved(rows, 0, "PageDown", 3)).toBe(3);
    expect(moved(rows, 3, "PageDown", 3)).toBe(4);
    expect(moved(rows, 2, "x", 3)).toBeUndefined();
    expect(rows[rowAbove(rows, 3)]?.slug).toBe("wash-2");
    expect(rowAbove(rows, 0)).toBe(0);
  });
});

it("is made anew only when something has moved", () => {
  const valued = new Map([...NODES, node("gel", "wash-2", { can_set: false })]);
  expect(hasSameStructure(NODES, valued)).toBe(true);
  for (const changed of [
    node("gel", "stage"),
    node("gel", "wash-2", { name: "Gel" }),
    node("new", null),
    ["gel", null] as const,
  ]) {
    expect(hasSameStructure(NODES, new Map([...NODES, changed]))).toBe(false);
  }
});

const VALUE = { label: "", unit: null, decimals: null };

it.each([
  [true, true, true],
  [true, false, false],
  [false, true, false],
])("offers to set what one may (%s) and can (%s)", (can_set, is_input, is) => {
  const values = [{ ...VALUE, name: "a", is_input, value: 1 }];
  expect(isSettable(node("a", null, { can_set, values })[1])).toBe(is);
});

it.each([
  ["wash", false],
  ["wash 2", false],
  ["stage.*", true],
  ["light*", true],
  ["a|b", true],
  ["!a", true],
])("tells whether %s is a path", (search, is) => {
  expect(isPattern(search)).toBe(is);
});

it("finds words in names, slugs and types", () => {
  expect(withWord(NODES, " WASH")).toEqual(new Set(["wash-10", "wash-2"]));
  expect(withWord(NODES, "room")).toEqual(new Set(["stage"]));
});

it("sets together what all have as an input", () => {
  const input = (name: string, value: number, is_input = true) => ({
    ...VALUE,
    name,
    is_input,
    value,
  });
  const [, one] = node("a", null, {
    values: [input("level", 1), input("gain", 1), input("mode", 0)],
  });
  const [, other] = node("b", null, {
    values: [input("level", 2), input("gain", 1), input("mode", 0, false)],
  });
  const variables = ["level", "gain", "mode", "tint"].map(
    (name) => ({ name, is_input: name !== "tint" }) as Variable,
  );
  expect(
    commonInputs(variables, [one, other]).map(({ variable, differs }) => [
      variable.name,
      differs,
    ]),
  ).toEqual([
    ["level", true],
    ["gain", false],
  ]);
});
