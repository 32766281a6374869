import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { styleMap } from "lit/directives/style-map.js";
import { act, ask, openDevice } from "../lib/actions";
import { LiveCard } from "../lib/base-card";
import { controlStyles } from "../lib/control-styles";
import { renderInput } from "../lib/controls";
import { iconOf, written, type Json, type MaestraEntity } from "../lib/entity";
import type { Hass, Locale } from "../lib/hass";
import { head } from "../lib/head";
import type { CardModule } from "../lib/lazy-card";
import { LiveController } from "../lib/live";
import { message, messageStyles } from "../lib/message";
import { rowsInSight } from "../lib/rows";
import { Setter } from "../lib/setter";
import { cardStyles, toolStyles } from "../lib/styles";
import { sharedTexts } from "../lib/texts";
import { searchField } from "../lib/toolbar";
import { texts, type Text } from "./texts";
import { treeForm } from "./tree-form";
import {
  commonInputs,
  hasSameStructure,
  isPattern,
  isSettable,
  moved,
  rowAbove,
  rowsOf,
  structureOf,
  withWord,
  type Node,
  type Row,
  type Structure,
  type TreeCardConfig,
  type Value,
} from "./tree-model";
import { ROW_HEIGHT, treeStyles } from "./tree-styles";

/** Up to so many entities, all of the tree is open at first. */
const FEW = 60;
const FIRST_HEIGHT = 480;
/** Milliseconds that somebody types before the integration is asked. */
const PAUSE = 250;
/** So many values fit into a row at most. */
const VALUES = 4;

/** The whole hierarchy with its values: searched by words and paths, and several set together. */
class TreeCard extends LiveCard<TreeCardConfig, Node> {
  static override styles = [
    cardStyles,
    toolStyles,
    messageStyles,
    controlStyles,
    treeStyles,
  ];

  @state() private search = "";
  @state() private scrolled = 0;
  /** Those that are open where they would not be at first, and the other way round. */
  @state() private toggled: ReadonlySet<string> = new Set();
  @state() private selected: ReadonlySet<string> = new Set();
  /** The row that keys are for. */
  @state() private current: string | undefined;
  /** What a path pattern means by now, or why it is none. */
  @state() private found: { slugs: ReadonlySet<string>; reason?: string } = {
    slugs: new Set(),
  };
  /** Why a variable was not set, by its name. */
  @state() private errors: Readonly<Record<string, string | undefined>> = {};

  protected override readonly followed = { type: "maestra/tree" };
  protected override readonly likely = 6;
  /** The first of those that are selected, with all that its controls have to know. */
  readonly #first = new LiveController<MaestraEntity>(this);
  readonly #setter = new Setter(
    (name, value) => this.#send(name, value),
    () => {
      this.requestUpdate();
    },
  );
  #nodes: ReadonlyMap<string, Node | null> = new Map();
  #structure: Structure = structureOf(this.#nodes);
  #rows: readonly Row[] = [];
  #asking: ReturnType<typeof setTimeout> | undefined;

  override setConfig(config: TreeCardConfig): void {
    if (config.path !== this.config?.path) {
      this.search = config.path ?? "";
      this.#ask(0);
    }
    super.setConfig(config);
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    const { things } = this;
    if (things && things !== this.#nodes) {
      if (!hasSameStructure(this.#nodes, things)) {
        this.#structure = structureOf(things);
        this.selected = new Set(
          [...this.selected].filter((slug) => things.get(slug)),
        );
        this.#ask(PAUSE);
      }
      this.#nodes = things;
    }
    const [first] = this.selected;
    this.#first.follow(
      this.hass,
      first ? { type: "maestra/entity", entity: first } : undefined,
    );
  }

  protected override refusal(language: string): string {
    return texts(language)("refused_detail");
  }

  protected override renderThings(
    hass: Hass,
    config: TreeCardConfig,
  ): TemplateResult {
    const text = texts(hass.locale.language);
    const { count } = this.#structure;
    const found = this.#found();
    this.#rows = rowsOf(
      this.#structure,
      this.#nodes,
      (slug) => this.#isOpen(slug, Boolean(found)),
      found,
    );
    return html`
      ${head(
        "mdi:file-tree",
        config.name ?? text("title"),
        html`<span role="status"
          >${
            found
              ? text("found", { count: found.size, total: count })
              : text("total", { count })
          }</span
        >`,
      )}
      ${
        count
          ? html`${this.#renderTools(text, found)}${
              this.#rows.length
                ? this.#renderList(hass, config, text)
                : message("mdi:magnify", text("no_match"))
            }${this.#renderTogether(hass, text)}`
          : message("mdi:cube-outline", text("none"), text("none_detail"))
      }
    `;
  }

  #renderTools(
    text: Text,
    found: ReadonlySet<string> | undefined,
  ): TemplateResult {
    const selectable = [...(found ?? [])].filter((slug) =>
      isSettable(this.#nodes.get(slug)),
    );
    return html`<div class="tools">
      ${searchField(
        text("search"),
        this.search,
        (value) => {
          this.search = value;
          this.#ask(PAUSE);
        },
        Boolean(this.found.reason),
      )}
      ${
        selectable.length && selectable.some((slug) => !this.selected.has(slug))
          ? html`<button
              class="pill"
              @click=${() => {
                this.#select(new Set([...this.selected, ...selectable]));
              }}
            >
              ${text("select_found", { count: selectable.length })}
            </button>`
          : nothing
      }
      ${
        this.found.reason
          ? html`<div class="error" role="alert">${this.found.reason}</div>`
          : nothing
      }
    </div>`;
  }

  #renderList(hass: Hass, config: TreeCardConfig, text: Text): TemplateResult {
    const rows = this.#rows;
    const { first, end } = rowsInSight(
      rows.length,
      ROW_HEIGHT,
      this.scrolled,
      this.#list?.clientHeight ?? FIRST_HEIGHT,
    );
    const current = this.#currentIndex;
    const isThere = current >= first && current < end;
    return html`<div
      class="list ${this.isSized ? "fills" : ""}"
      tabindex="-1"
      @scroll=${(event: Event) => {
        this.scrolled = (event.target as Element).scrollTop;
      }}
    >
      <div
        class="space"
        role="tree"
        tabindex="0"
        aria-label=${config.name ?? text("title")}
        aria-multiselectable="true"
        aria-activedescendant=${isThere ? `row-${current}` : nothing}
        style=${styleMap({ height: `${rows.length * ROW_HEIGHT}px` })}
        @keydown=${(event: KeyboardEvent) => {
          this.#key(event);
        }}
        @click=${(event: Event) => {
          this.#click(event.target as Element);
        }}
      >
        ${repeat(
          rows.slice(first, end),
          ({ slug }) => slug,
          (row, index) => this.#renderRow(hass, row, text, first + index),
        )}
      </div>
    </div>`;
  }

  #renderRow(
    hass: Hass,
    row: Row,
    text: Text,
    index: number,
  ): TemplateResult | typeof nothing {
    const { slug, level, isOpen } = row;
    const node = this.#nodes.get(slug);
    if (!node) {
      return nothing;
    }
    const name = hass.devices[node.device_id ?? ""]?.name_by_user ?? node.name;
    const isCurrent = index === this.#currentIndex;
    const settable = isSettable(node);
    const values = shownValues(node.values).map((value) => ({
      label: value.label,
      value: shown(value, hass.locale),
    }));
    return html`<div
      id="row-${index}"
      class="item ${isCurrent ? "current" : ""} ${row.isFound ? "" : "above"} ${
        node.is_online ? "" : "away"
      }"
      role="treeitem"
      aria-labelledby="row-${index}"
      data-slug=${slug}
      aria-level=${level}
      aria-posinset=${row.position}
      aria-setsize=${row.beside}
      aria-expanded=${isOpen === undefined ? nothing : isOpen ? "true" : "false"}
      aria-selected=${
        settable ? (this.selected.has(slug) ? "true" : "false") : nothing
      }
      style=${styleMap({
        top: `${index * ROW_HEIGHT}px`,
        "--depth": String(level - 1),
      })}
    >
      <span
        class="twisty ${isOpen ? "open" : ""}"
        title=${isOpen === false ? text("open", { name }) : nothing}
        >${
          isOpen === undefined
            ? nothing
            : html`<ha-icon icon="mdi:chevron-right"></ha-icon>`
        }</span
      >
      <ha-icon class="kind" .icon=${iconOf(node.type)}></ha-icon>
      <span class="title">${name}</span>
      ${
        node.is_online
          ? nothing
          : html`<ha-icon
                class="away-mark"
                icon="mdi:lan-disconnect"
                title=${text("offline")}
              ></ha-icon
              ><span class="sr-only">${text("offline")}</span>`
      }
      <span class="shown"
        >${values.map(
          ({ label, value }, at) =>
            html`${at ? " · " : ""}<span class="what">${label} </span
              ><b>${value}</b>`,
        )}</span
      >
      <span
        class=${settable ? "tick" : "no-tick"}
        title=${settable ? text("select", { name }) : nothing}
        >${
          settable ? html`<ha-icon icon="mdi:check-bold"></ha-icon>` : nothing
        }</span
      >
    </div>`;
  }

  /** Below the tree: what sets all that is selected. */
  #renderTogether(hass: Hass, text: Text): TemplateResult | typeof nothing {
    const slugs = [...this.selected];
    const [first] = slugs;
    if (!first) {
      return nothing;
    }
    const { live } = this.#first;
    const entity = live.status === "ready" ? live.things.get(first) : undefined;
    const nodes = slugs.flatMap((slug) => this.#nodes.get(slug) ?? []);
    const inputs = commonInputs(entity?.variables ?? [], nodes);
    const deviceId = entity?.device_id;
    return html`<div class="together">
      <div class="head">
        <div class="titles">
          <h3 class="title">
            ${
              slugs.length === 1 && entity
                ? hass.user?.is_admin && deviceId
                  ? html`<button
                      @click=${() => {
                        openDevice(deviceId);
                      }}
                    >
                      ${entity.name}
                    </button>`
                  : entity.name
                : text("selected", { count: slugs.length })
            }
          </h3>
          ${
            entity && !inputs.length
              ? html`<div class="subtitle">${text("nothing_common")}</div>`
              : nothing
          }
        </div>
        <button
          class="pill"
          @click=${() => {
            this.#select(new Set());
          }}
        >
          ${text("clear")}
        </button>
      </div>
      <div class="variables">
        ${repeat(
          inputs,
          ({ variable }) => variable.name,
          ({ variable, differs }) => {
            const { label: name } = variable;
            return renderInput({
              variable,
              value: this.#setter.shown(variable.name, variable.value),
              label: differs ? text("differs", { name }) : name,
              locale: hass.locale,
              disabled: false,
              error: this.errors[variable.name],
              points: undefined,
              set: (value) => {
                this.#setter.set(variable.name, value);
              },
              refuse: (reason) => {
                this.#setError(variable.name, reason);
              },
            });
          },
        )}
      </div>
    </div>`;
  }

  /** Returns what was searched for, undefined where nothing was. */
  #found(): ReadonlySet<string> | undefined {
    const search = this.search.trim();
    if (!search) {
      return undefined;
    }
    return isPattern(search) ? this.found.slugs : withWord(this.#nodes, search);
  }

  /** Lets the integration say what a path means, as only it knows the rules. */
  #ask(pause: number): void {
    clearTimeout(this.#asking);
    const path = this.search.trim();
    if (!isPattern(path)) {
      this.found = { slugs: new Set() };
      return;
    }
    this.#asking = setTimeout(() => {
      void this.#find(path);
    }, pause);
  }

  async #find(path: string): Promise<void> {
    if (!this.hass) {
      return;
    }
    const told = await ask(this.hass, {
      type: "maestra/find",
      path,
    });
    // Something else may be searched for by now.
    if (path === this.search.trim()) {
      this.found =
        "answer" in told
          ? { slugs: new Set((told.answer as { slugs: string[] }).slugs) }
          : { slugs: new Set(), reason: told.reason };
    }
  }

  #isOpen(slug: string, isSearched: boolean): boolean {
    const isOpenAtFirst = isSearched || this.#structure.count <= FEW;
    return isOpenAtFirst !== this.toggled.has(slug);
  }

  #toggle(slug: string): void {
    const toggled = new Set(this.toggled);
    if (!toggled.delete(slug)) {
      toggled.add(slug);
    }
    this.toggled = toggled;
  }

  #pick(slug: string): void {
    const selected = new Set(this.selected);
    if (!selected.delete(slug)) {
      selected.add(slug);
    }
    this.#select(selected);
  }

  #select(selected: ReadonlySet<string>): void {
    this.selected = selected;
    this.errors = {};
  }

  get #list(): Element | null {
    return this.renderRoot.querySelector(".list");
  }

  get #currentIndex(): number {
    return Math.max(
      0,
      this.#rows.findIndex(({ slug }) => slug === this.current),
    );
  }

  #click(target: Element): void {
    const slug = target.closest<HTMLElement>(".item")?.dataset["slug"];
    if (slug === undefined) {
      return;
    }
    this.current = slug;
    if (target.closest(".twisty") || !isSettable(this.#nodes.get(slug))) {
      this.#toggle(slug);
    } else {
      this.#pick(slug);
    }
  }

  #key(event: KeyboardEvent): void {
    const index = this.#currentIndex;
    const row = this.#rows[index];
    if (!row || event.altKey || event.metaKey || event.ctrlKey) {
      return;
    }
    const page = Math.floor(
      (this.#list?.clientHeight ?? FIRST_HEIGHT) / ROW_HEIGHT,
    );
    const isBackwards = getComputedStyle(this).direction === "rtl";
    const [open, close] = isBackwards
      ? ["ArrowLeft", "ArrowRight"]
      : ["ArrowRight", "ArrowLeft"];
    const to = moved(this.#rows, index, event.key, page);
    if (to !== undefined) {
      this.#go(to);
    } else if (event.key === open) {
      if (row.isOpen === false) {
        this.#toggle(row.slug);
      } else if (row.isOpen) {
        this.#go(index + 1);
      }
    } else if (event.key === close) {
      if (row.isOpen) {
        this.#toggle(row.slug);
      } else {
        this.#go(rowAbove(this.#rows, index));
      }
    } else if (event.key === " " || event.key === "Enter") {
      if (isSettable(this.#nodes.get(row.slug))) {
        this.#pick(row.slug);
      } else {
        this.#toggle(row.slug);
      }
    } else {
      return;
    }
    event.preventDefault();
  }

  /** Makes a row the current one, and brings it into sight. */
  #go(index: number): void {
    this.current = this.#rows[index]?.slug;
    const list = this.#list;
    if (list) {
      const top = index * ROW_HEIGHT;
      if (top < list.scrollTop) {
        list.scrollTop = top;
      } else if (top + ROW_HEIGHT > list.scrollTop + list.clientHeight) {
        list.scrollTop = top + ROW_HEIGHT - list.clientHeight;
      }
      this.scrolled = list.scrollTop;
    }
  }

  async #send(name: string, value: Json): Promise<void> {
    const slug = [...this.selected];
    if (this.hass && slug.length) {
      const reason = await act(this.hass, "set_state", {
        slug,
        state: { [name]: value },
      });
      this.#setError(name, reason);
    }
  }

  #setError(name: string, reason: string | undefined): void {
    if (this.errors[name] !== reason) {
      this.errors = { ...this.errors, [name]: reason };
    }
  }
}

/** Returns those values of a row that say something. */
function shownValues(values: readonly Value[]): readonly Value[] {
  return values
    .filter(({ value, size }) => value !== null || size !== undefined)
    .slice(0, VALUES);
}

function shown(value: Value, locale: Locale): string {
  const { value: json, size, unit, decimals } = value;
  return size === undefined
    ? written(json, locale, {
        unit,
        decimals,
        // Of other objects only the size is pushed.
        ...(json !== null && typeof json === "object"
          ? { axes: Object.keys(json) }
          : {}),
      })
    : sharedTexts(locale.language)("items", { count: size });
}

const card: CardModule = {
  tag: "maestra-tree-card",
  element: TreeCard,
  form: treeForm,
  stub: () => ({}),
};
export default card;
