import type { Json } from "./entity";

/** While a slider moves, values are sent this often. */
const INTERVAL = 50;
/** So long what was set is shown, whatever comes in: the way there and back, and what others say meanwhile. */
const HOLD = 1000;

interface Pending {
  value: Json;
  isWaiting: boolean;
  isSending: boolean;
  held?: ReturnType<typeof setTimeout>;
}

/** Sends values one after the other, of each variable the newest, and shows them until they come back. */
export class Setter {
  readonly #pending = new Map<string, Pending>();

  constructor(
    readonly send: (name: string, value: Json) => Promise<void>,
    readonly changed: () => void,
  ) {}

  /** Returns what is to be shown of a variable that has this value. */
  shown(name: string, value: Json): Json {
    const pending = this.#pending.get(name);
    return pending ? pending.value : value;
  }

  set(name: string, value: Json): void {
    const known = this.#pending.get(name);
    clearTimeout(known?.held);
    const pending: Pending = known ?? {
      value,
      isWaiting: false,
      isSending: false,
    };
    pending.value = value;
    pending.isWaiting = true;
    this.#pending.set(name, pending);
    this.changed();
    if (!pending.isSending) {
      void this.#flush(name, pending);
    }
  }

  async #flush(name: string, pending: Pending): Promise<void> {
    pending.isSending = true;
    while (pending.isWaiting) {
      pending.isWaiting = false;
      await Promise.all([
        this.send(name, pending.value),
        new Promise((resolve) => setTimeout(resolve, INTERVAL)),
      ]);
    }
    pending.isSending = false;
    pending.held = setTimeout(() => {
      this.#pending.delete(name);
      this.changed();
    }, HOLD);
  }
}
