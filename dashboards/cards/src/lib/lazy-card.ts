import type {
  CardConfig,
  FeatureContext,
  Form,
  GridOptions,
  Hass,
  Suggestion,
} from "./hass";
import { pageLanguage } from "./page";
import { localizer } from "./strings";
import de from "../strings.de.json";
import en from "../strings.en.json";

/** A card, badge or feature as it is told of before it is loaded. `name` is a key of its texts. */
interface Description {
  type: string;
  name: keyof typeof en;
  load(): Promise<Module>;
}

export interface BadgeDescription extends Description {
  description: keyof typeof en;
  load(): Promise<CardModule>;
}

/** What a tile has below its entity. */
export interface FeatureDescription extends Description {
  isSupported: (hass: Hass, context: FeatureContext) => boolean;
}

export interface CardDescription extends BadgeDescription {
  suggest?: (hass: Hass, entityId: string) => Suggestion | null;
  /** Height in a masonry view, in units of 50 pixels. */
  size: number;
  grid: GridOptions;
}

/** What the file of a feature exports. */
export interface Module {
  tag: string;
  element: CustomElementConstructor;
}

/** What the file of a card or badge exports. */
export interface CardModule extends Module {
  form(language: string): Form;
  stub(hass: Hass): Record<string, unknown>;
}

interface CardElement extends HTMLElement {
  hass: Hass;
  preview: boolean;
  layout: string | undefined;
  context: FeatureContext | undefined;
  setConfig(config: CardConfig): void;
}

/** What Home Assistant sets on a card. */
type Given = Pick<CardElement, "hass" | "preview" | "layout" | "context">;

/** Returns the element of a card that Home Assistant sees. */
export function lazyCard(card: CardDescription): CustomElementConstructor {
  return class extends lazyBadge(card) {
    getCardSize(): number {
      return card.size;
    }

    getGridOptions(): GridOptions {
      return card.grid;
    }
  };
}

/** Returns the element of a badge that Home Assistant sees. */
export function lazyBadge(badge: BadgeDescription): CustomElementConstructor {
  return class extends lazyFeature(badge) {
    static async getConfigForm(): Promise<Form> {
      return (await badge.load()).form(pageLanguage());
    }

    static async getStubConfig(hass: Hass): Promise<Record<string, unknown>> {
      return (await badge.load()).stub(hass);
    }
  };
}

/** Returns the element of a feature that Home Assistant sees: it loads it, and hands on to it what it is given. */
export function lazyFeature(feature: Description): CustomElementConstructor {
  return class extends HTMLElement {
    #config: CardConfig | undefined;
    #given: Partial<Given> = {};
    #card: CardElement | undefined;

    setConfig(config: CardConfig): void {
      this.#config = config;
      if (this.#card) {
        this.#card.setConfig(config);
      } else {
        void this.#load();
      }
    }

    set hass(hass: Hass) {
      this.#give("hass", hass);
    }

    set preview(preview: boolean) {
      this.#give("preview", preview);
    }

    set layout(layout: string | undefined) {
      this.#give("layout", layout);
    }

    set context(context: FeatureContext | undefined) {
      this.#give("context", context);
    }

    #give<Name extends keyof Given>(name: Name, value: Given[Name]): void {
      this.#given[name] = value;
      if (this.#card) {
        Object.assign(this.#card, { [name]: value });
      }
    }

    async #load(): Promise<void> {
      this.style.display = "block";
      this.style.height = "100%";
      try {
        const { tag, element } = await feature.load();
        if (!customElements.get(tag)) {
          customElements.define(tag, element);
        }
        // It may have been asked for twice meanwhile.
        if (!this.#card && this.#config) {
          const loaded = document.createElement(tag) as CardElement;
          loaded.setConfig(this.#config);
          this.#card = Object.assign(loaded, this.#given);
          this.replaceChildren(loaded);
        }
      } catch {
        // The integration was updated since the page was loaded, or Home Assistant is away.
        const message = document.createElement("ha-card");
        message.style.padding = "16px";
        message.textContent = localizer(
          { en, de },
          pageLanguage(),
        )("card_not_loaded");
        this.replaceChildren(message);
      }
    }
  };
}
