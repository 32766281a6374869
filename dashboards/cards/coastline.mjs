// Makes the coastline of src/iss/coastline.ts of Natural Earth's land, 1:110m (public domain), as the package
// world-atlas has it: `npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz && node coastline.mjs package/land-110m.json`
import { readFileSync, writeFileSync } from "node:fs";

const SCALE = 2; // units a degree
const TOLERANCE = 0.8; // units that a line may be off
const SMALLEST = 4; // square units of an island

const { arcs, objects, transform } = JSON.parse(
  readFileSync(process.argv[2], "utf8"),
);

/** Undoes the deltas of TopoJSON; returns longitudes and latitudes. */
function decoded(arc) {
  let x = 0;
  let y = 0;
  return arc.map(([dx, dy]) => {
    x += dx;
    y += dy;
    return [
      x * transform.scale[0] + transform.translate[0],
      y * transform.scale[1] + transform.translate[1],
    ];
  });
}

function ring(indices) {
  return indices.flatMap((index, at) => {
    const points = decoded(arcs[index < 0 ? ~index : index]);
    // The first point of an arc is the last one of that before.
    return (index < 0 ? points.reverse() : points).slice(at ? 1 : 0);
  });
}

/** Lets a ring go on beyond 180 degrees, and closes one that goes round the world at the South Pole. */
function unwrapped(points) {
  let shift = 0;
  const flat = points.map(([longitude, latitude], at) => {
    const before = points[at - 1]?.[0] ?? longitude;
    shift +=
      before - longitude > 180 ? 360 : longitude - before > 180 ? -360 : 0;
    return [longitude + shift, latitude];
  });
  const [[start], [end]] = [flat[0], flat.at(-1)];
  return Math.abs(end - start) > 180
    ? [...flat, [end, -90], [start, -90]]
    : flat;
}

function projected([longitude, latitude]) {
  return [(longitude + 180) * SCALE, (90 - latitude) * SCALE];
}

/** Leaves out points that are next to the line between others (Douglas and Peucker). */
function simplified(points) {
  const [[ax, ay], [bx, by]] = [points[0], points.at(-1)];
  const length = Math.hypot(bx - ax, by - ay);
  let farthest = 0;
  let at = 0;
  points.forEach(([x, y], index) => {
    const distance = length
      ? Math.abs((bx - ax) * (ay - y) - (ax - x) * (by - ay)) / length
      : Math.hypot(x - ax, y - ay);
    if (distance > farthest) {
      [farthest, at] = [distance, index];
    }
  });
  return farthest <= TOLERANCE
    ? [points[0], points.at(-1)]
    : [
        ...simplified(points.slice(0, at + 1)),
        ...simplified(points.slice(at)).slice(1),
      ];
}

function area(points) {
  return Math.abs(
    points.reduce((sum, [x, y], at) => {
      const [nextX, nextY] = points[(at + 1) % points.length];
      return sum + x * nextY - nextX * y;
    }, 0) / 2,
  );
}

/** Writes a path of whole numbers, each relative to the one before. */
function path(points) {
  let [x, y] = [0, 0];
  const steps = points.flatMap(([toX, toY], at) => {
    const [dx, dy] = [Math.round(toX) - x, Math.round(toY) - y];
    if (at && !dx && !dy) {
      return [];
    }
    [x, y] = [x + dx, y + dy];
    return [`${at === 0 ? "M" : at === 1 ? "l" : " "}${dx} ${dy}`];
  });
  return `${steps.join("").replaceAll(" -", "-")}z`;
}

const rings = objects.land.geometries
  .flatMap(({ arcs }) => arcs)
  // Lakes too: drawn with the land, every second edge begins a hole.
  .flatMap((polygon) => polygon.map((indices) => unwrapped(ring(indices))))
  // What goes on beyond one edge of the map is drawn at the other too.
  .flatMap((points) =>
    [-360, 0, 360].map((shift) =>
      points.map(([longitude, latitude]) => [longitude + shift, latitude]),
    ),
  )
  .filter((points) => points.some(([x]) => x > -180 && x < 180))
  .map((points) => points.map(projected))
  .filter((points) => area(points) >= SMALLEST)
  .map(simplified);
writeFileSync(
  new URL("src/iss/coastline.ts", import.meta.url),
  `/** The land on a map of ${360 * SCALE} by ${180 * SCALE}: Natural Earth, 1:110m, made by \`coastline.mjs\`. */
export const COASTLINE =
  "${rings.map(path).join("")}";
`,
);
