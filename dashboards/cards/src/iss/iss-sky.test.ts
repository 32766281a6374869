import { expect, it } from "vitest";
import { COASTLINE } from "./coastline";
import {
  isSunlit,
  nightPath,
  onMap,
  placeAt,
  sunAt,
  trackPath,
  type TrackPoint,
} from "./iss-sky";

const at = (text: string) => Date.parse(text) / 1000;

it.each([
  // Meeus, example 25.a: declination -7.785 at 13 October 1992, 0 h TD; the equation of time is 13 m 42.7 s (28.a).
  ["1992-10-13T00:00:00Z", -7.785, 176.57],
  // The solstice and the equinox of 2026.
  ["2026-06-21T08:24:00Z", 23.44, 54.5],
  ["2026-03-20T14:46:00Z", 0, -39.6],
])("the Sun of %s stands above its place", (time, latitude, longitude) => {
  const sun = sunAt(at(time));
  expect(sun.latitude).toBeCloseTo(latitude, 1);
  expect(
    Math.cos(((sun.longitude - longitude) * Math.PI) / 180),
  ).toBeGreaterThan(Math.cos((0.1 * Math.PI) / 180));
});

it("is night on the other side, and round the pole that is turned away", () => {
  const sun = { latitude: 23.44, longitude: 0 };
  const points = [...nightPath(sun).matchAll(/[ML]([-\d.]+) ([-\d.]+)/g)].map(
    ([, x, y]) => [Number(x), Number(y)],
  );
  expect(points[0]).toEqual([0, 360]);
  // Below the Sun the night begins at the polar circle, opposite at the other.
  const middle = points.find(([x]) => x === 360);
  expect(middle?.[1]).toBeCloseTo((90 + 66.56) * 2, 0);
  expect(points[1]?.[1]).toBeCloseTo((90 - 66.56) * 2, 0);
  expect(nightPath({ latitude: -10, longitude: 0 })).toMatch(/^M0 0L/);
  expect(nightPath({ latitude: 0, longitude: 0 })).not.toMatch(/NaN/);
});

it("is still light up there where the Sun has set below", () => {
  const sun = { latitude: 0, longitude: 0 };
  const east = (longitude: number) => ({ latitude: 0, longitude });
  expect(isSunlit(east(80), 0, sun)).toBe(true);
  expect(isSunlit(east(100), 0, sun)).toBe(false);
  expect(isSunlit(east(100), 420, sun)).toBe(true);
  expect(isSunlit(east(120), 420, sun)).toBe(false);
});

const WAY: readonly TrackPoint[] = [
  [0, 0, 170],
  [60, 10, 178],
  [120, 20, -174],
  [180, 30, -166],
];

it("knows where the station is between two points, over the date line too", () => {
  expect(placeAt(WAY, 30)).toEqual({ latitude: 5, longitude: 174 });
  expect(placeAt(WAY, 105)).toEqual({ latitude: 17.5, longitude: -176 });
  expect(placeAt(WAY, 0)).toEqual({ latitude: 0, longitude: 170 });
  expect(placeAt(WAY, -1)).toBeUndefined();
  expect(placeAt(WAY, 181)).toBeUndefined();
  expect(placeAt([], 0)).toBeUndefined();
});

it("draws its way, which goes on at the other edge", () => {
  expect(trackPath(WAY, 30, 60)).toBe("M708.0 170.0L716.0 160.0");
  expect(trackPath(WAY, 60, 120)).toBe(
    "M716.0 160.0L732.0 140.0M-4.0 160.0L12.0 140.0",
  );
  expect(trackPath([], 0, 60)).toBe("");
});

/** Whether a place is on land: how often a line from there to the left meets a coast. */
function isLand(latitude: number, longitude: number): boolean {
  const [px, py] = onMap({ latitude, longitude });
  let crossings = 0;
  for (const ring of COASTLINE.split("z").filter(Boolean)) {
    const numbers = [...ring.matchAll(/-?\d+/g)].map(Number);
    const points: [number, number][] = [];
    for (let index = 0; index < numbers.length; index += 2) {
      const [x, y] = points.at(-1) ?? [0, 0];
      points.push([x + (numbers[index] ?? 0), y + (numbers[index + 1] ?? 0)]);
    }
    points.forEach(([ax, ay], index) => {
      const [bx, by] = points[(index + 1) % points.length] ?? [0, 0];
      if (
        ay > py !== by > py &&
        px > ((bx - ax) * (py - ay)) / (by - ay) + ax
      ) {
        crossings += 1;
      }
    });
  }
  return crossings % 2 === 1;
}

it.each([
  ["Paris", 48.86, 2.35, true],
  ["Alice Springs", -23.7, 133.88, true],
  ["the South Pole", -89, 45, true],
  ["Chukotka, beyond the date line", 66.5, -176, true],
  ["the Atlantic", 30, -40, false],
  ["the Pacific", 0, -150, false],
  ["the Caspian Sea", 42, 50.5, false],
])(
  "has land and sea where they are: %s",
  (_, latitude, longitude, expected) => {
    expect(isLand(latitude, longitude)).toBe(expected);
  },
);
