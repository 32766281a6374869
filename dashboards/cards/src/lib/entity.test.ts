import { describe, expect, it } from "vitest";
import {
  axisValue,
  colorLike,
  controlOf,
  withAxis,
  type Variable,
} from "./entity";

function variable(about: Partial<Variable>): Variable {
  return {
    name: "x",
    label: "X",
    type: "number",
    is_input: true,
    description: "",
    min: null,
    max: null,
    step: null,
    unit: null,
    decimals: null,
    options: [],
    is_momentary: false,
    value: null,
    hex: null,
    warning: null,
    entity_ids: [],
    ...about,
  };
}

describe("the control of a variable", () => {
  it.each([
    [{ type: "range" }, { kind: "slider", min: 0, max: 100, step: 1 }],
    [
      { type: "range", min: -1, max: 1 },
      { kind: "slider", min: -1, max: 1, step: 0.02 },
    ],
    [
      { type: "number", min: 0, max: 255 },
      { kind: "slider", min: 0, max: 255, step: 1 },
    ],
    [
      { type: "number", min: 0, max: 10, step: 2 },
      { kind: "slider", min: 0, max: 10, step: 2 },
    ],
    [
      { type: "number", min: 0 },
      { kind: "number", min: 0, max: null, step: null },
    ],
    [
      { type: "range", min: 5, max: 5 },
      { kind: "number", min: 5, max: 5, step: null },
    ],
    [{ type: "boolean" }, { kind: "switch" }],
    [{ type: "boolean", is_momentary: true }, { kind: "button" }],
    [
      { type: "enum", options: ["a"] },
      { kind: "select", options: ["a"] },
    ],
    [{ type: "enum" }, { kind: "text" }],
    [{ type: "color" }, { kind: "color" }],
    [{ type: "vector2" }, { kind: "axes", axes: ["x", "y"] }],
    [{ type: "object" }, { kind: "json" }],
    [{ type: "string" }, { kind: "text" }],
    [{ type: "never heard of" }, { kind: "text" }],
  ])("of %o is %o", (about, control) => {
    expect(controlOf(variable(about))).toEqual(control);
  });
});

describe("a vector", () => {
  const axes = ["x", "y", "z"];
  it("is read by its axes", () => {
    expect(axes.map((axis) => axisValue({ x: 1, y: 2 }, axis))).toEqual([
      1,
      2,
      null,
    ]);
    expect(axisValue([1, 2], "x")).toBeNull();
    expect(axisValue("no vector", "x")).toBeNull();
  });

  it("is changed on one axis", () => {
    const vector = { x: 1, y: 2, z: 3 };
    expect(withAxis(vector, axes, "y", 5)).toEqual({ x: 1, y: 5, z: 3 });
    expect(withAxis(null, axes, "x", 1)).toEqual({ x: 1, y: 0, z: 0 });
  });
});

describe("a colour", () => {
  it.each([
    ["#ffffff", "#102030"],
    [null, "#102030"],
    ["rgb(1, 2, 3)", "rgb(16, 32, 48)"],
    ["rgba(1, 2, 3, 0.5)", "rgba(16, 32, 48, 1)"],
  ])("that was %s is written %s", (before, after) => {
    expect(colorLike(before, "#102030")).toBe(after);
  });
});
