// The map: from places on the globe to places on it, the station's way, and where the Sun shines. Nothing here needs a browser.

/** Seconds since 1970, and degrees north and east. */
export type TrackPoint = readonly [
  time: number,
  latitude: number,
  longitude: number,
];

export interface Place {
  latitude: number;
  longitude: number;
}

/** Units of the map: two for a degree. */
export const WIDTH = 720;
export const HEIGHT = 360;
const SCALE = 2;
/** In km. */
const EARTH = 6371;
/** Seconds since 1970 at noon of 1 January 2000. */
const J2000 = 946_728_000;
const DAY = 86_400;
const DEGREE = Math.PI / 180;

/** Returns where a place is on the map. */
export function onMap({
  latitude,
  longitude,
}: Place): readonly [number, number] {
  return [(longitude + 180) * SCALE, (90 - latitude) * SCALE];
}

/** Returns the longitude between -180 and 180. */
function wrapped(longitude: number): number {
  return ((((longitude + 180) % 360) + 360) % 360) - 180;
}

/** Returns where the station is at a time between points of its way; undefined before and after. */
export function placeAt(
  points: readonly TrackPoint[],
  time: number,
): Place | undefined {
  const after = points.findIndex(([at]) => at >= time);
  const end = points[after];
  const start = points[after - 1] ?? end;
  if (!start || !end || time < start[0]) {
    return undefined;
  }
  const share = end[0] > start[0] ? (time - start[0]) / (end[0] - start[0]) : 0;
  return {
    latitude: start[1] + share * (end[1] - start[1]),
    longitude: wrapped(start[2] + share * wrapped(end[2] - start[2])),
  };
}

/** Returns the way between two times as a path on the map, which goes on at the other edge. */
export function trackPath(
  points: readonly TrackPoint[],
  from: number,
  until: number,
): string {
  const ends = [from, until].flatMap((time): TrackPoint[] => {
    const place = placeAt(points, time);
    return place ? [[time, place.latitude, place.longitude]] : [];
  });
  const way = [
    ...points.filter(([time]) => time > from && time < until),
    ...ends,
  ].sort(([a], [b]) => a - b);
  let path = "";
  let before: TrackPoint | undefined;
  for (const point of way) {
    const [, latitude, longitude] = point;
    if (!before) {
      path += step("M", latitude, longitude);
    } else if (Math.abs(longitude - before[2]) > 180) {
      // Beyond the edge there, and from beyond the edge here.
      const shift = longitude > before[2] ? 360 : -360;
      path += step("L", latitude, longitude - shift);
      path += step("M", before[1], before[2] + shift);
      path += step("L", latitude, longitude);
    } else {
      path += step("L", latitude, longitude);
    }
    before = point;
  }
  return path;
}

function step(letter: string, latitude: number, longitude: number): string {
  const [x, y] = onMap({ latitude, longitude });
  return `${letter}${x.toFixed(1)} ${y.toFixed(1)}`;
}

/** Returns the place above which the Sun stands, a hundredth of a degree off at most in this century (Astronomical Almanac). */
export function sunAt(time: number): Place {
  const days = (time - J2000) / DAY;
  const mean = (280.46 + 0.9856474 * days) * DEGREE;
  const anomaly = (357.528 + 0.9856003 * days) * DEGREE;
  const along =
    mean + (1.915 * Math.sin(anomaly) + 0.02 * Math.sin(2 * anomaly)) * DEGREE;
  const tilt = (23.439 - 0.0000004 * days) * DEGREE;
  const right = Math.atan2(Math.cos(tilt) * Math.sin(along), Math.cos(along));
  const turned = 280.46061837 + 360.98564736629 * days;
  return {
    latitude: Math.asin(Math.sin(tilt) * Math.sin(along)) / DEGREE,
    longitude: wrapped(right / DEGREE - turned),
  };
}

/** Returns the part of the map where it is night, as a path. */
export function nightPath(sun: Place): string {
  // At an equinox the line would be two meridians: a hair beside them is the same picture.
  const slope = Math.tan(
    (Math.abs(sun.latitude) < 0.01 ? 0.01 : sun.latitude) * DEGREE,
  );
  const pole = slope > 0 ? HEIGHT : 0;
  let path = `M0 ${pole}`;
  for (let longitude = -180; longitude <= 180; longitude += 2) {
    const hour = (longitude - sun.longitude) * DEGREE;
    path += step("L", Math.atan(-Math.cos(hour) / slope) / DEGREE, longitude);
  }
  return `${path}L${WIDTH} ${pole}Z`;
}

/** Whether the Sun shines on what is so many km above a place; the edge of the shadow is sharp here. */
export function isSunlit(place: Place, altitude: number, sun: Place): boolean {
  const height =
    Math.sin(place.latitude * DEGREE) * Math.sin(sun.latitude * DEGREE) +
    Math.cos(place.latitude * DEGREE) *
      Math.cos(sun.latitude * DEGREE) *
      Math.cos((place.longitude - sun.longitude) * DEGREE);
  // From up there the horizon is lower.
  return Math.asin(height) > -Math.acos(EARTH / (EARTH + altitude));
}
