import { expect, it } from "vitest";
import { barsOf } from "./summary-model";

it("draws bars as long as there is much of something, and none of nothing", () => {
  expect(
    barsOf([
      { label: "a", count: 8 },
      { label: "b", count: 2 },
      { label: "c", count: 0 },
    ]),
  ).toEqual([
    { label: "a", count: 8, share: 1 },
    { label: "b", count: 2, share: 0.25 },
  ]);
  expect(barsOf([])).toEqual([]);
});
