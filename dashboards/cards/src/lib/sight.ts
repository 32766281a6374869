import type { ReactiveControllerHost } from "lit";

/** Milliseconds that a card is out of sight before it rests: who scrolls past it comes back. */
export const REST = 2_000;
/** Pixels around what is seen in which a card does not rest, so that it is up to date when it is scrolled to. */
const AROUND = 300;

/** Whether somebody may be looking at an element: it is on the screen or near it, and so is the page. */
class Sight {
  isIn = true;
  #isNear = true;
  readonly #listeners = new Set<() => void>();
  #observer: IntersectionObserver | undefined;
  #resting: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly element: Element) {}

  /** Call `changed` when the element comes into sight, or was out of it for a while, until the returned function is called. */
  follow(changed: () => void): () => void {
    this.#listeners.add(changed);
    if (!this.#observer) {
      this.#observer = new IntersectionObserver(
        (entries) => {
          const last = entries.at(-1);
          if (last) {
            const { width, height } = last.boundingClientRect;
            // What hides itself as long as there is nothing to show has to learn of what there is.
            this.#isNear = last.isIntersecting || (!width && !height);
            this.#look();
          }
        },
        { rootMargin: `${AROUND}px` },
      );
      this.#observer.observe(this.element);
      document.addEventListener("visibilitychange", this.#look);
    }
    return () => {
      this.#listeners.delete(changed);
      if (!this.#listeners.size) {
        this.#end();
      }
    };
  }

  #end(): void {
    this.#observer?.disconnect();
    this.#observer = undefined;
    document.removeEventListener("visibilitychange", this.#look);
    this.#wake();
    this.isIn = this.#isNear = true;
  }

  readonly #look = (): void => {
    if (this.#isNear && !document.hidden) {
      this.#wake();
      this.#set(true);
    } else if (this.isIn) {
      this.#resting ??= setTimeout(() => {
        this.#wake();
        this.#set(false);
      }, REST);
    }
  };

  #wake(): void {
    clearTimeout(this.#resting);
    this.#resting = undefined;
  }

  #set(isIn: boolean): void {
    if (this.isIn !== isIn) {
      this.isIn = isIn;
      for (const changed of this.#listeners) {
        changed();
      }
    }
  }
}

const sights = new WeakMap<ReactiveControllerHost, Sight>();

/** Returns the one that all controllers of a card share. */
export function sightOf(host: ReactiveControllerHost & Element): Sight {
  let sight = sights.get(host);
  if (!sight) {
    sight = new Sight(host);
    sights.set(host, sight);
  }
  return sight;
}
