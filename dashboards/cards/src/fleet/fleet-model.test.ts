import { describe, expect, it } from "vitest";
import { fleetOf, metricText, shownMetric, type Device } from "./fleet-model";

function device(name: string, about: Partial<Device> = {}): Device {
  return {
    id: name,
    device_id: null,
    name,
    type: "esp32",
    hardware_id: name,
    firmware_version: null,
    ip_address: null,
    status: "online",
    is_pending: false,
    is_online: true,
    place: null,
    last_seen: null,
    groups: [],
    metrics: [],
    ...about,
  };
}

const DEVICES = [
  device("b", { groups: ["stage"] }),
  device("a"),
  device("c", { is_online: false, ip_address: "10.0.0.7" }),
  device("w1", { is_pending: true, last_seen: "2026-01-01T00:00:00Z" }),
  device("w2", { is_pending: true, last_seen: "2026-01-02T00:00:00Z" }),
];
const names = (devices: readonly Device[]) => devices.map(({ name }) => name);

describe("the fleet", () => {
  it("has those away first, and who came last first of those that wait", () => {
    const fleet = fleetOf(DEVICES, { filter: "all", search: "" });
    expect(names(fleet.devices)).toEqual(["c", "a", "b"]);
    expect(names(fleet.waiting)).toEqual(["w2", "w1"]);
    expect(fleet.counts).toEqual({ all: 5, online: 2, offline: 1, waiting: 2 });
  });

  it("is of one group, and of those that may come into it", () => {
    const fleet = fleetOf(DEVICES, {
      group: "stage",
      filter: "all",
      search: "",
    });
    expect(names(fleet.devices)).toEqual(["b"]);
    expect(names(fleet.waiting)).toEqual(["w2", "w1"]);
  });

  it("is filtered, and counted as if it were not", () => {
    const fleet = fleetOf(DEVICES, { filter: "offline", search: "" });
    expect(names([...fleet.devices, ...fleet.waiting])).toEqual(["c"]);
    expect(fleet.counts.online).toBe(2);
  });

  it.each([
    ["10.0.0", ["c"]],
    [" STAGE ", ["b"]],
    ["nowhere", []],
  ])("is searched for %s", (search, found) => {
    expect(names(fleetOf(DEVICES, { filter: "all", search }).devices)).toEqual(
      found,
    );
  });

  it("leaves out what is gone", () => {
    expect(
      fleetOf([null, device("a")], { filter: "all", search: "" }).counts.all,
    ).toBe(1);
  });
});

it("shows the metric that is wanted, or the first", () => {
  const metrics = [
    {
      name: "rssi",
      label: "rssi",
      value: -60,
      unit: "dBm",
      decimals: 0,
      entity_id: null,
    },
    {
      name: "heap",
      label: "heap",
      value: 1,
      unit: null,
      decimals: 0,
      entity_id: null,
    },
  ];
  expect(shownMetric(device("a", { metrics }), undefined)?.name).toBe("rssi");
  expect(shownMetric(device("a", { metrics }), "heap")?.name).toBe("heap");
  expect(shownMetric(device("a", { metrics }), "other")).toBeUndefined();
});

describe("metricText", () => {
  it.each([
    [{ value: -55, unit: "dBm", decimals: 0 }, "-55 dBm"],
    [{ value: 3.25, unit: null, decimals: 2 }, "3.25"],
    [{ value: 59, unit: "s", decimals: 0 }, "59 s"],
    [{ value: 4418.6, unit: "s", decimals: 1 }, "1 hr"],
  ])("%o is %s", (metric, text) => {
    expect(metricText(metric, { language: "en" })).toBe(text);
  });
});
