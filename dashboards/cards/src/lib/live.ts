import type { ReactiveController, ReactiveControllerHost } from "lit";
import type { Connection, Hass, Message } from "./hass";
import { sightOf } from "./sight";

/** What a card follows: not known yet, not there (no hub is loaded), not for this user, or things by their keys. */
export type Live<Thing> =
  | { status: "loading" }
  | { status: "absent" }
  | { status: "refused" }
  | { status: "ready"; things: ReadonlyMap<string, Thing | null> };

/** Returns what an error means to who looks: that no hub is loaded, that it is not for this user; undefined: anything else. */
export function statusOf(
  code: string | undefined,
): "absent" | "refused" | undefined {
  return code === "unauthorized"
    ? "refused"
    : code === "unknown_command"
      ? "absent"
      : undefined;
}

export interface Push<Thing> {
  things: Readonly<Record<string, Thing | null>> | null;
  is_all?: boolean;
}

/** Returns what is known after a push. */
export function pushed<Thing>(
  live: Live<Thing>,
  push: Push<Thing>,
): Live<Thing> {
  if (push.things === null) {
    return { status: "absent" };
  }
  const things = new Map(
    push.is_all || live.status !== "ready" ? [] : live.things,
  );
  for (const [key, thing] of Object.entries(push.things)) {
    things.set(key, thing);
  }
  return { status: "ready", things };
}

/** One subscription for all cards that follow the same. */
class Subscription {
  live: Live<unknown> = { status: "loading" };
  readonly #listeners = new Set<() => void>();
  /** Told apart from one that has ended, whose last pushes may still be on their way. */
  #current: object | undefined;
  #unsubscribe: Promise<(() => Promise<void>) | undefined> | undefined;

  constructor(
    readonly connection: Connection,
    readonly message: Message,
  ) {}

  follow(changed: () => void): () => void {
    this.#listeners.add(changed);
    this.#unsubscribe ??= this.#subscribe();
    return () => {
      this.#listeners.delete(changed);
      if (!this.#listeners.size) {
        void this.#end();
      }
    };
  }

  async #subscribe(): Promise<(() => Promise<void>) | undefined> {
    const current = {};
    this.#current = current;
    try {
      // The connection subscribes again by itself when it was lost. It writes its own id into what it is given.
      return await this.connection.subscribeMessage<Push<unknown>>(
        (push) => {
          if (this.#current === current) {
            this.#set(pushed(this.live, push));
          }
        },
        { ...this.message },
      );
    } catch (error) {
      const code = (error as { code?: string }).code;
      this.#set({ status: statusOf(code) ?? "absent" });
      return undefined;
    }
  }

  async #end(): Promise<void> {
    const unsubscribe = this.#unsubscribe;
    this.#unsubscribe = undefined;
    this.#current = undefined;
    this.live = { status: "loading" };
    try {
      await (
        await unsubscribe
      )?.();
    } catch {
      // The connection is gone, and the subscription with it.
    }
  }

  #set(live: Live<unknown>): void {
    this.live = live;
    for (const changed of this.#listeners) {
      changed();
    }
  }
}

const subscriptions = new WeakMap<Connection, Map<string, Subscription>>();

function subscription(connection: Connection, message: Message): Subscription {
  let known = subscriptions.get(connection);
  if (!known) {
    known = new Map();
    subscriptions.set(connection, known);
  }
  const key = JSON.stringify(message);
  let found = known.get(key);
  if (!found) {
    found = new Subscription(connection, message);
    known.set(key, found);
  }
  return found;
}

/** Lets a card follow a live command of ours as long as it is on the page, and may be seen. */
export class LiveController<Thing> implements ReactiveController {
  #hass: Hass | undefined;
  #message: Message | undefined;
  #subscription: Subscription | undefined;
  #stop: (() => void) | undefined;
  #unsee: (() => void) | undefined;
  /** What it knew before it rested, or was taken off the page. */
  #known: Live<Thing> = { status: "loading" };

  /** What `misses` something while it rests goes on to follow it, though nothing is drawn. */
  constructor(
    readonly host: ReactiveControllerHost & Element,
    readonly misses = false,
  ) {
    host.addController(this);
  }

  get live(): Live<Thing> {
    const live = this.#subscription?.live as Live<Thing> | undefined;
    return live && live.status !== "loading" ? live : this.#known;
  }

  /** Follow this from now on, or nothing. */
  follow(hass: Hass | undefined, message: Message | undefined): void {
    const isSame =
      this.#hass?.connection === hass?.connection &&
      JSON.stringify(this.#message) === JSON.stringify(message);
    this.#hass = hass;
    this.#message = message;
    if (!isSame) {
      this.#pause();
      this.#known = { status: "loading" };
      this.#resume();
    }
  }

  hostConnected(): void {
    this.#unsee ??= sightOf(this.host).follow(() => {
      this.#rest();
    });
    this.#resume();
  }

  hostDisconnected(): void {
    this.#unsee?.();
    this.#unsee = undefined;
    this.#pause();
  }

  #rest(): void {
    if (sightOf(this.host).isIn) {
      this.#resume();
      this.host.requestUpdate();
    } else if (!this.misses && this.live.status !== "loading") {
      this.#pause();
    }
  }

  #resume(): void {
    if (this.#hass && this.#message && this.#unsee && !this.#stop) {
      this.#subscription = subscription(this.#hass.connection, this.#message);
      this.#stop = this.#subscription.follow(() => {
        const { isIn } = sightOf(this.host);
        // What has never been drawn makes room for itself.
        if (isIn || this.#known.status === "loading") {
          this.host.requestUpdate();
        }
        this.#known = this.live;
        if (!isIn) {
          this.#rest();
        }
      });
    }
  }

  #pause(): void {
    this.#known = this.live;
    this.#stop?.();
    this.#stop = undefined;
    this.#subscription = undefined;
  }
}
