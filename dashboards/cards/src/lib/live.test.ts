import type { ReactiveController, ReactiveControllerHost } from "lit";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Hass, Message } from "./hass";
import { LiveController, type Push } from "./live";
import { REST } from "./sight";

/** A connection as Home Assistant's: it writes ids into messages, and answers later. */
class Connection {
  sent: Message[] = [];
  open = new Map<number, (push: Push<number>) => void>();
  refusal: unknown;

  async subscribeMessage(
    callback: (push: Push<number>) => void,
    message: Message,
  ): Promise<() => Promise<void>> {
    const id = this.sent.push(message);
    message["id"] = id;
    this.open.set(id, callback);
    await Promise.resolve();
    if (this.refusal) {
      throw this.refusal as Error;
    }
    return () => {
      this.open.delete(id);
      callback({ things: null });
      return Promise.resolve();
    };
  }

  push(push: Push<number>): void {
    for (const callback of this.open.values()) {
      callback(push);
    }
  }

  get hass(): Hass {
    return { connection: this } as unknown as Hass;
  }
}

/** What a browser tells of where things are on the screen. */
class Screen {
  static all: Screen[] = [];

  constructor(readonly tell: (entries: unknown[]) => void) {
    Screen.all.push(this);
  }

  observe(): void {
    // Told later.
  }

  disconnect(): void {
    Screen.all = Screen.all.filter((each) => each !== this);
  }

  static show(isIntersecting: boolean, width = 300): void {
    for (const { tell } of Screen.all) {
      tell([{ isIntersecting, boundingClientRect: { width, height: width } }]);
    }
  }
}

let page: EventTarget & { hidden: boolean };

beforeEach(() => {
  Screen.all = [];
  page = Object.assign(new EventTarget(), { hidden: false });
  vi.stubGlobal("IntersectionObserver", Screen);
  vi.stubGlobal("document", page);
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

class FakeHost implements ReactiveControllerHost {
  controllers: ReactiveController[] = [];
  updates = 0;
  updateComplete = Promise.resolve(true);

  addController(controller: ReactiveController): void {
    this.controllers.push(controller);
    controller.hostConnected?.();
  }

  removeController(): void {
    this.controllers = [];
  }

  requestUpdate(): void {
    this.updates += 1;
  }
}

/** An element, as far as a controller needs one. */
const Host = FakeHost as unknown as new () => FakeHost & Element;

const turns = () => new Promise((resolve) => setTimeout(resolve));
const MESSAGE = { type: "maestra/things" };

it("subscribes once, however often it is asked, and for all cards", async () => {
  const connection = new Connection();
  const hosts = [new Host(), new Host()];
  const followers = hosts.map((host) => new LiveController<number>(host));
  for (let round = 0; round < 3; round++) {
    for (const follower of followers) {
      follower.follow(connection.hass, { ...MESSAGE });
    }
    await turns();
  }
  expect(connection.sent).toHaveLength(1);

  connection.push({ things: { a: 1 }, is_all: true });
  expect(followers.map(({ live }) => live)).toEqual(
    Array(2).fill({ status: "ready", things: new Map([["a", 1]]) }),
  );
  expect(hosts.map(({ updates }) => updates)).toEqual([1, 1]);
});

it("follows on when it is drawn again", async () => {
  const connection = new Connection();
  const follower = new LiveController<number>(new Host());
  for (let round = 0; round < 3; round++) {
    follower.follow(connection.hass, { ...MESSAGE });
    await turns();
  }
  expect(connection.sent).toHaveLength(1);
});

it("ends with the last card, and begins anew with the next", async () => {
  const connection = new Connection();
  const followers = [new Host(), new Host()].map(
    (host) => new LiveController<number>(host),
  );
  for (const follower of followers) {
    follower.follow(connection.hass, MESSAGE);
  }
  connection.push({ things: { a: 1 }, is_all: true });

  followers[0]?.hostDisconnected();
  await turns();
  expect(connection.open.size).toBe(1);

  // An element that is moved on the page leaves it and comes back at once.
  followers[1]?.hostDisconnected();
  followers[1]?.hostConnected();
  connection.push({ things: { a: 2 }, is_all: true });
  await turns();
  expect(connection.open.size).toBe(1);
  expect(followers[1]?.live).toEqual({
    status: "ready",
    things: new Map([["a", 2]]),
  });

  followers[1]?.hostDisconnected();
  await turns();
  expect(connection.open.size).toBe(0);
});

it.each([
  [{ code: "unauthorized" }, "refused"],
  [{ code: "unknown_command" }, "absent"],
  [new Error("connection lost"), "absent"],
])("when it is refused with %o it is %s", async (refusal, status) => {
  const connection = new Connection();
  connection.refusal = refusal;
  const follower = new LiveController<number>(new Host());
  follower.follow(connection.hass, MESSAGE);
  await turns();
  expect(follower.live).toEqual({ status });
});

it("follows something else when asked for it", async () => {
  const connection = new Connection();
  const follower = new LiveController<number>(new Host());
  follower.follow(connection.hass, MESSAGE);
  await turns();
  follower.follow(connection.hass, { type: "maestra/others" });
  await turns();
  expect(connection.sent.map(({ type }) => type)).toEqual([
    "maestra/things",
    "maestra/others",
  ]);
  expect(connection.open.size).toBe(1);
  follower.follow(connection.hass, undefined);
  await turns();
  expect(connection.open.size).toBe(0);
});

it("rests while it is out of sight, and knows what it knew", async () => {
  vi.useFakeTimers();
  const connection = new Connection();
  const host = new Host();
  const follower = new LiveController<number>(host);
  follower.follow(connection.hass, MESSAGE);
  await vi.advanceTimersByTimeAsync(0);
  Screen.show(false);
  await vi.advanceTimersByTimeAsync(REST);
  // It has to know how high it will be.
  expect(connection.open.size).toBe(1);

  connection.push({ things: { a: 1 }, is_all: true });
  expect(host.updates).toBe(1);
  await vi.advanceTimersByTimeAsync(0);
  expect(connection.open.size).toBe(0);
  const known = { status: "ready", things: new Map([["a", 1]]) };
  expect(follower.live).toEqual(known);

  Screen.show(true);
  expect(host.updates).toBe(2);
  await vi.advanceTimersByTimeAsync(0);
  expect(connection.open.size).toBe(1);
  expect(follower.live).toEqual(known);
  connection.push({ things: { b: 2 }, is_all: true });
  expect(host.updates).toBe(3);
  expect(follower.live).toEqual({
    status: "ready",
    things: new Map([["b", 2]]),
  });
});

it("does not rest where it is out of sight for a moment, or shows nothing yet", async () => {
  vi.useFakeTimers();
  const connection = new Connection();
  const follower = new LiveController<number>(new Host());
  follower.follow(connection.hass, MESSAGE);
  await vi.advanceTimersByTimeAsync(0);
  connection.push({ things: { a: 1 }, is_all: true });
  Screen.show(false);
  await vi.advanceTimersByTimeAsync(REST - 1);
  Screen.show(true);
  await vi.advanceTimersByTimeAsync(REST);
  // What is not displayed has no size, and may wait for something to display.
  Screen.show(false, 0);
  await vi.advanceTimersByTimeAsync(REST);
  expect(connection.sent).toHaveLength(1);
  expect(connection.open.size).toBe(1);
});

it("rests while the page is hidden, all that nobody would miss", async () => {
  vi.useFakeTimers();
  const connection = new Connection();
  const hosts = [new Host(), new Host()];
  hosts.forEach((host, index) => {
    new LiveController<number>(host, index === 1).follow(connection.hass, {
      type: `maestra/things_${index}`,
    });
  });
  await vi.advanceTimersByTimeAsync(0);
  connection.push({ things: { a: 1 }, is_all: true });
  page.hidden = true;
  page.dispatchEvent(new Event("visibilitychange"));
  await vi.advanceTimersByTimeAsync(REST);
  expect(connection.open.size).toBe(1);
  connection.push({ things: { a: 2 } });
  // Nothing is drawn of what it does not miss.
  expect(hosts.map(({ updates }) => updates)).toEqual([1, 1]);

  page.hidden = false;
  page.dispatchEvent(new Event("visibilitychange"));
  await vi.advanceTimersByTimeAsync(0);
  expect(connection.open.size).toBe(2);
  expect(hosts.map(({ updates }) => updates)).toEqual([2, 2]);
});

it("leaves nothing behind when it is taken off the page while it rests", async () => {
  vi.useFakeTimers();
  const connection = new Connection();
  const follower = new LiveController<number>(new Host());
  follower.follow(connection.hass, MESSAGE);
  await vi.advanceTimersByTimeAsync(0);
  connection.push({ things: { a: 1 }, is_all: true });
  Screen.show(false);
  await vi.advanceTimersByTimeAsync(REST);
  follower.hostDisconnected();
  expect(Screen.all).toEqual([]);
  follower.hostConnected();
  await vi.advanceTimersByTimeAsync(0);
  expect(connection.open.size).toBe(1);
  follower.hostDisconnected();
  await vi.advanceTimersByTimeAsync(0);
  expect(connection.open.size).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});
