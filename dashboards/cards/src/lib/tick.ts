import type { ReactiveController, ReactiveControllerHost } from "lit";

/** Draws a card anew every few seconds as long as it is on the page, and `moves`: for "5 seconds ago". */
export class TickController implements ReactiveController {
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    readonly host: ReactiveControllerHost,
    readonly milliseconds: number,
    readonly moves: () => boolean = () => true,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    this.#timer = setInterval(() => {
      if (!document.hidden && this.moves()) {
        this.host.requestUpdate();
      }
    }, this.milliseconds);
  }

  hostDisconnected(): void {
    clearInterval(this.#timer);
  }
}
