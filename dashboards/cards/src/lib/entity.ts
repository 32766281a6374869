// What is pushed of an entity and its variables, and what sets them. Nothing here needs a browser.
import { formatNumber, joined } from "./format";
import type { Locale } from "./hass";
import { sharedTexts } from "./texts";

export type Json =
  string | number | boolean | null | Json[] | { [key: string]: Json };

export interface Place {
  slug: string;
  name: string;
  device_id: string | null;
}

export interface Variable {
  name: string;
  label: string;
  type: string;
  is_input: boolean;
  description: string;
  min: number | null;
  max: number | null;
  step: number | null;
  unit: string | null;
  /** Of the value, where it is a number: as many as mean something. */
  decimals: number | null;
  options: readonly string[];
  /** True for the moment in which it is pressed. */
  is_momentary: boolean;
  value: Json;
  /** A colour as #rrggbb, where it is one. */
  hex: string | null;
  warning: string | null;
  entity_ids: readonly string[];
}

export interface MaestraEntity extends Place {
  type: string;
  type_name: string;
  description: string | null;
  is_online: boolean;
  ancestors: readonly Place[];
  children: readonly Place[];
  changed_at: string;
  changed_by: string | null;
  can_set: boolean;
  variables: readonly Variable[];
}

export type Control =
  | { kind: "slider"; min: number; max: number; step: number }
  | {
      kind: "number";
      min: number | null;
      max: number | null;
      step: number | null;
    }
  | { kind: "switch" }
  | { kind: "button" }
  | { kind: "select"; options: readonly string[] }
  | { kind: "color" }
  | { kind: "axes"; axes: readonly string[] }
  | { kind: "text" }
  | { kind: "json" };

const AXES: Readonly<Record<string, readonly string[]>> = {
  vector2: ["x", "y"],
  vector3: ["x", "y", "z"],
};
/** Bounds of a range that names none, as the protocol has them. */
const RANGE = { min: 0, max: 100 };
/** Steps that a slider has where the variable names none, and the bounds are close. */
const STEPS = 100;

function stepOf(min: number, max: number): number {
  return Math.min(1, (max - min) / STEPS);
}

/** Returns what sets a variable. */
export function controlOf(variable: Variable): Control {
  const { type, step, options } = variable;
  const min = variable.min ?? (type === "range" ? RANGE.min : null);
  const max = variable.max ?? (type === "range" ? RANGE.max : null);
  const axes = AXES[type];
  if (axes) {
    return { kind: "axes", axes };
  }
  switch (type) {
    case "range":
    case "number":
      return min !== null && max !== null && max > min
        ? { kind: "slider", min, max, step: step ?? stepOf(min, max) }
        : { kind: "number", min, max, step };
    case "boolean":
      return { kind: variable.is_momentary ? "button" : "switch" };
    case "enum":
      return options.length ? { kind: "select", options } : { kind: "text" };
    case "color":
      return { kind: "color" };
    case "array":
    case "object":
      return { kind: "json" };
    default:
      return { kind: "text" };
  }
}

/** Returns the number of one axis of a vector, as `{x, y}`. */
export function axisValue(value: Json, axis: string): number | null {
  const part =
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? value[axis]
      : null;
  return typeof part === "number" ? part : null;
}

/** Returns the vector with another number on one axis. */
export function withAxis(
  value: Json,
  axes: readonly string[],
  axis: string,
  number: number,
): Json {
  return Object.fromEntries(
    axes.map((each) => [
      each,
      each === axis ? number : (axisValue(value, each) ?? 0),
    ]),
  );
}

/** Returns a colour as the variable has it by now: `rgb(…)` stays that, everything else is #rrggbb. */
export function colorLike(before: Json, hex: string): string {
  if (typeof before !== "string" || !before.startsWith("rgb")) {
    return hex;
  }
  const parts = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  return before.startsWith("rgba")
    ? `rgba(${parts.join(", ")}, 1)`
    : `rgb(${parts.join(", ")})`;
}

/** Writes a value; of a vector its axes, of what has other parts how many these are. */
export function written(
  value: Json,
  locale: Locale,
  {
    unit,
    decimals,
    axes,
  }: {
    unit?: string | null;
    decimals?: number | null;
    axes?: readonly string[];
  },
): string {
  if (typeof value === "string") {
    return value;
  }
  if (typeof value === "number") {
    const number = formatNumber(value, locale, decimals ?? undefined);
    return unit ? `${number} ${unit}` : number;
  }
  const text = sharedTexts(locale.language);
  if (value === null) {
    return text("no_value");
  }
  if (typeof value === "boolean") {
    return text(value ? "on" : "off");
  }
  return axes
    ? joined(
        ...axes.map((axis) =>
          formatNumber(axisValue(value, axis) ?? 0, locale),
        ),
      )
    : text("items", { count: Object.keys(value).length });
}

const ICONS: Readonly<Record<string, string>> = {
  light: "mdi:lightbulb",
  projector: "mdi:projector",
  space: "mdi:home-city",
  room: "mdi:floor-plan",
  zone: "mdi:select-group",
  installation: "mdi:domain",
  sensor: "mdi:gauge",
  actuator: "mdi:cog",
  controller: "mdi:tune-variant",
  media: "mdi:play-circle",
  device: "mdi:chip",
  group: "mdi:group",
};

/** Returns the icon of an entity type. */
export function iconOf(type: string): string {
  return ICONS[type] ?? "mdi:cube-outline";
}
