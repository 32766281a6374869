// The one module that Home Assistant loads. It tells of the cards, badges and features; each is loaded when a dashboard has it.
import { BADGES, CARDS, FEATURES } from "./catalogue";
import {
  lazyBadge,
  lazyCard,
  lazyFeature,
  type BadgeDescription,
} from "./lib/lazy-card";
import { pageLanguage } from "./lib/page";
import { localizer } from "./lib/strings";
import { lazyStrategy, lazyViewStrategy } from "./lib/lazy-strategy";
import de from "./strings.de.json";
import en from "./strings.en.json";

const DOCUMENTATION =
  "https://github.com/maestra-home/maestra/blob/main/docs/dashboards.md";
const text = (key: keyof typeof en) =>
  localizer({ en, de }, pageLanguage())(key);

// Texts are asked for when a list is shown: by then the user's language is known.
const told = ({ type, name, description }: BadgeDescription) => ({
  type,
  get name() {
    return text(name);
  },
  get description() {
    return text(description);
  },
  preview: true,
  documentationURL: DOCUMENTATION,
});

window.customCards ??= [];
for (const card of CARDS) {
  window.customCards.push(
    Object.assign(told(card), { getEntitySuggestion: card.suggest }),
  );
}

window.customBadges ??= [];
window.customBadges.push(...BADGES.map(told));

window.customCardFeatures ??= [];
for (const { type, name, isSupported } of FEATURES) {
  window.customCardFeatures.push({
    type,
    get name() {
      return text(name);
    },
    isSupported,
  });
}

window.customStrategies ??= [];
window.customStrategies.push({
  type: "maestra",
  strategyType: "dashboard",
  name: "Maestra",
  get description() {
    return text("strategy_description");
  },
  documentationURL: DOCUMENTATION,
});

// Home Assistant replaces `customElements` and `HTMLElement` while it starts: what is made before, it never sees.
void customElements.whenDefined("home-assistant").then(() => {
  for (const card of CARDS) {
    define(card.type, () => lazyCard(card));
  }
  for (const badge of BADGES) {
    define(badge.type, () => lazyBadge(badge));
  }
  for (const feature of FEATURES) {
    define(feature.type, () => lazyFeature(feature));
  }
  define("ll-strategy-dashboard-maestra", lazyStrategy);
  define("ll-strategy-view-maestra", lazyViewStrategy);
});

function define(tag: string, make: () => CustomElementConstructor): void {
  if (!customElements.get(tag)) {
    customElements.define(tag, make());
  }
}
