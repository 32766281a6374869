import type { ReactiveController, ReactiveControllerHost } from "lit";
import { sightOf } from "./sight";

/** Draws a card anew every few seconds as long as it may be seen, and `moves`: for "5 seconds ago". */
export class TickController implements ReactiveController {
  #timer: ReturnType<typeof setInterval> | undefined;
  #unsee: (() => void) | undefined;

  constructor(
    readonly host: ReactiveControllerHost & Element,
    readonly milliseconds: number,
    readonly moves: () => boolean = () => true,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    const tick = () => {
      if (sightOf(this.host).isIn && this.moves()) {
        this.host.requestUpdate();
      }
    };
    this.#timer = setInterval(tick, this.milliseconds);
    this.#unsee = sightOf(this.host).follow(tick);
  }

  hostDisconnected(): void {
    clearInterval(this.#timer);
    this.#unsee?.();
  }
}
