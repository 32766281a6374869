import type { ReactiveController, ReactiveControllerHost } from "lit";

/** Knows how wide a card is, in pixels, and draws it anew when that changes; 0 before it is on the page. */
export class WidthController implements ReactiveController {
  width = 0;
  #observer: ResizeObserver | undefined;

  constructor(readonly host: ReactiveControllerHost & Element) {
    host.addController(this);
  }

  hostConnected(): void {
    this.#observer = new ResizeObserver(([entry]) => {
      const width = Math.round(entry?.contentRect.width ?? 0);
      if (width !== this.width) {
        this.width = width;
        this.host.requestUpdate();
      }
    });
    this.#observer.observe(this.host);
  }

  hostDisconnected(): void {
    this.#observer?.disconnect();
  }
}
