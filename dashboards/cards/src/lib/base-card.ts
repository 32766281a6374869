import {
  LitElement,
  html,
  nothing,
  type PropertyValues,
  type TemplateResult,
} from "lit";
import { property, state } from "lit/decorators.js";
import type { CardConfig, Hass, Message } from "./hass";
import { LiveController } from "./live";
import { unready } from "./message";

/** What another `hass` must differ in for a card to be drawn anew; states come by live commands. */
const WATCHED = [
  "connection",
  "locale",
  "themes",
  "user",
  "entities",
  "devices",
  "areas",
] as const satisfies readonly (keyof Hass)[];

const SMALL_ROWS = 3;

export function isOther(hass?: Hass, before?: Hass): boolean {
  return (
    !hass || !before || WATCHED.some((name) => hass[name] !== before[name])
  );
}

/** What all cards share: what Home Assistant gives them, and their frame. */
export abstract class MaestraCard<
  Config extends CardConfig,
> extends LitElement {
  @property({ attribute: false, hasChanged: isOther }) hass?: Hass;
  /** Whether it is shown in the picker or an editor. */
  @property({ attribute: false }) preview = false;
  /** `grid` in a sections view, where its height may be given. */
  @property({ attribute: false }) layout: string | undefined;
  @state() protected config?: Config;

  setConfig(config: Config): void {
    this.config = config;
  }

  /** Home Assistant keeps views that are left, and puts them back as they were. */
  override connectedCallback(): void {
    super.connectedCallback();
    this.requestUpdate();
  }

  /** Whether the user has given it a height, which its content has to fill. */
  protected get isSized(): boolean {
    return typeof this.config?.grid_options?.rows === "number";
  }

  /** Whether it is so low that there is only room for how things are. */
  protected get isSmall(): boolean {
    const rows = this.config?.grid_options?.rows;
    return typeof rows === "number" && rows <= SMALL_ROWS;
  }

  protected override render(): TemplateResult | typeof nothing {
    const { hass, config } = this;
    return hass && config
      ? html`<ha-card>${this.renderCard(hass, config)}</ha-card>`
      : nothing;
  }

  protected abstract renderCard(
    hass: Hass,
    config: Config,
  ): TemplateResult | typeof nothing;
}

/** A card of what a live command tells: things by their keys. */
export abstract class LiveCard<
  Config extends CardConfig,
  Thing,
> extends MaestraCard<Config> {
  readonly #live = new LiveController<Thing>(this);
  /** How many rows of it are likely, while it loads. */
  protected readonly likely: number = 4;

  /** The live command; undefined where there is nothing to follow yet. */
  protected abstract readonly followed: Message | undefined;

  /** What there is; undefined while it is not known, or not for this user. */
  protected get things(): ReadonlyMap<string, Thing | null> | undefined {
    const { live } = this.#live;
    return live.status === "ready" ? live.things : undefined;
  }

  protected override willUpdate(changed: PropertyValues): void {
    this.#live.follow(this.hass, this.followed);
    super.willUpdate(changed);
  }

  protected override renderCard(
    hass: Hass,
    config: Config,
  ): TemplateResult | typeof nothing {
    const { live } = this.#live;
    const { language } = hass.locale;
    return live.status === "ready"
      ? this.renderThings(hass, config, live.things)
      : unready(language, live.status, this.refusal(language), this.likely);
  }

  /** Says who may see it, to who may not. */
  protected abstract refusal(language: string): string;

  protected abstract renderThings(
    hass: Hass,
    config: Config,
    things: ReadonlyMap<string, Thing | null>,
  ): TemplateResult | typeof nothing;
}
