import { describe, expect, it } from "vitest";
import {
  cueOf,
  elapsedOf,
  firstOf,
  moved,
  possibleOf,
  progressOf,
  sortedLists,
  standsOf,
  titleOf,
  type Cue,
  type CueList,
} from "./cues-model";

function cue(number: string, about: Partial<Cue> = {}): Cue {
  return {
    number,
    name: "",
    pre_wait: 0,
    transition: 0,
    post_wait: 0,
    continue_mode: "none",
    at: null,
    notes: "",
    ...about,
  };
}

function list(name: string, about: Partial<CueList> = {}): CueList {
  return {
    id: name,
    device_id: null,
    name,
    cues: [cue("1"), cue("1.5"), cue("2")],
    current: null,
    next: "1",
    is_running: false,
    is_paused: false,
    started_at: null,
    ends_at: null,
    elapsed: null,
    can_control: true,
    ...about,
  };
}

describe("the lists", () => {
  const act = (number: number, about?: Partial<CueList>) =>
    list(`Act ${number}`, about);

  it("are sorted as people do, without those that are gone", () => {
    expect(
      sortedLists([act(10), null, act(9)]).map(({ name }) => name),
    ).toEqual(["Act 9", "Act 10"]);
  });

  it("are looked at where something happens, else at the first", () => {
    expect(firstOf([])).toBeUndefined();
    expect(firstOf([act(1), act(2)])?.name).toBe("Act 1");
    expect(firstOf([act(1), act(2, { is_running: true })])?.name).toBe("Act 2");
    expect(firstOf([act(1), act(2, { is_paused: true })])?.name).toBe("Act 2");
  });

  it("know their cues by number", () => {
    expect(cueOf(act(1), "1.5")?.number).toBe("1.5");
    expect(cueOf(act(1), "3")).toBeUndefined();
    expect(cueOf(act(1), null)).toBeUndefined();
    expect(titleOf(cue("2", { name: "Storm" }))).toBe("2 Storm");
    expect(titleOf(cue("2"))).toBe("2");
  });
});

it("stands still in a pause, and is complete where nothing is on its way", () => {
  expect(standsOf(list("Act"))).toBe("complete");
  expect(standsOf(list("Act", { is_running: true }))).toBe("running");
  expect(standsOf(list("Act", { is_paused: true }))).toBe("paused");
});

describe("what can be done", () => {
  it.each([
    [{}, ["go"]],
    [{ current: "1", next: "1.5" }, ["go"]],
    [{ current: "1.5", next: "2" }, ["go", "back"]],
    [{ current: "2", next: null }, ["back"]],
    [{ is_running: true }, ["go", "pause", "stop"]],
    [{ is_paused: true }, ["go", "resume", "stop"]],
    [{ cues: [], next: null }, []],
  ])("with %o is %o", (about, expected) => {
    const possible = possibleOf(list("Act", about));
    expect(
      Object.entries(possible).flatMap(([name, is]) => (is ? [name] : [])),
    ).toEqual(expected);
  });
});

describe("how far a cue is", () => {
  it("runs on from when it was pushed, by the clock of who looks", () => {
    const running = list("Act", { is_running: true, elapsed: 2 });
    expect(elapsedOf(running, 50_000)).toBe(2);
    expect(elapsedOf(running, 51_500)).toBe(3.5);
  });

  it("stands still in a pause, and is nothing where none is on its way", () => {
    const paused = list("Act", { is_paused: true, elapsed: 2 });
    elapsedOf(paused, 0);
    expect(elapsedOf(paused, 9_000)).toBe(2);
    expect(elapsedOf(list("Act"), 0)).toBeUndefined();
  });

  const timed = (continue_mode: Cue["continue_mode"]) =>
    cue("1", { pre_wait: 2, transition: 6, post_wait: 4, continue_mode });

  it.each([
    [0, "waits", 0, 8],
    [1, "waits", 0.125, 7],
    [2, "fades", 0.25, 6],
    [8, "follows", 1, 0],
    [99, "follows", 1, 0],
    [-1, "waits", 0, 8],
  ] as const)("after %d s: %s", (elapsed, phase, share, left) => {
    expect(progressOf(timed("none"), elapsed, true)).toEqual({
      phase,
      share,
      left,
    });
  });

  it("goes on until the next goes by itself, where there is one", () => {
    const left = (mode: Cue["continue_mode"], hasNext: boolean) =>
      progressOf(timed(mode), 0, hasNext).left;
    expect(left("auto_follow", true)).toBe(12);
    expect(left("auto_continue", true)).toBe(4);
    expect(left("auto_follow", false)).toBe(8);
    expect(left("auto_continue", false)).toBe(8);
  });

  it("is all of it for a cue that takes no time", () => {
    expect(progressOf(cue("1"), 0, false)).toMatchObject({ share: 1, left: 0 });
  });
});

describe("keys", () => {
  it.each([
    ["ArrowDown", 4, 5],
    ["ArrowUp", 4, 3],
    ["ArrowUp", 0, 0],
    ["ArrowDown", 29, 29],
    ["PageDown", 25, 29],
    ["PageUp", 12, 2],
    ["Home", 12, 0],
    ["End", 12, 29],
    ["ArrowDown", -1, 0],
  ])("%s leads from %d to %d", (key, from, to) => {
    expect(moved(from, key, 30)).toBe(to);
  });

  it("that lead nowhere are none", () => {
    expect(moved(1, "ArrowLeft", 30)).toBeUndefined();
    expect(moved(1, "constructor", 30)).toBeUndefined();
  });
});
