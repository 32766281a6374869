import type { Hass } from "./hass";

/** New devices and entities make another dashboard. */
const REGISTRIES = ["devices", "entities", "areas"];

/** Returns the element that Home Assistant asks for a dashboard, and for the form of its options. */
export function lazyStrategy(): CustomElementConstructor {
  return class extends HTMLElement {
    static async generate(options: object, hass: Hass): Promise<unknown> {
      const { generateDashboard } =
        await import("../strategy/dashboard-strategy");
      return generateDashboard(options, hass);
    }

    static async getConfigElement(): Promise<HTMLElement> {
      const { StrategyEditor, TAG } =
        await import("../strategy/strategy-editor");
      if (!customElements.get(TAG)) {
        customElements.define(TAG, StrategyEditor);
      }
      return document.createElement(TAG);
    }

    static registryDependencies = REGISTRIES;
  };
}

/** Returns the element that Home Assistant asks for a view. */
export function lazyViewStrategy(): CustomElementConstructor {
  return class extends HTMLElement {
    static async generate(options: object, hass: Hass): Promise<unknown> {
      const { generateView } = await import("../strategy/view-strategy");
      return generateView(options, hass);
    }

    static registryDependencies = REGISTRIES;
  };
}
