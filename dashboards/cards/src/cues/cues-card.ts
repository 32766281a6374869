import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { guard } from "lit/directives/guard.js";
import { repeat } from "lit/directives/repeat.js";
import { act } from "../lib/actions";
import { LiveCard } from "../lib/base-card";
import { formatCountdown, formatSpan, joined } from "../lib/format";
import type { Hass, Message } from "../lib/hass";
import { head } from "../lib/head";
import type { CardModule } from "../lib/lazy-card";
import { message, messageStyles } from "../lib/message";
import { cardStyles, toolStyles } from "../lib/styles";
import { TickController } from "../lib/tick";
import { track, trackStyles } from "../lib/track";
import { cuesForm } from "./cues-form";
import {
  cueOf,
  elapsedOf,
  firstOf,
  moved,
  possibleOf,
  progressOf,
  sortedLists,
  standsOf,
  titleOf,
  type Cue,
  type CueList,
  type CuesCardConfig,
  type Possible,
  type Progress,
} from "./cues-model";
import { cuesStyles } from "./cues-styles";
import { texts, type Text } from "./texts";

const TICK = 100;
/** Rows of a sections view: so few have room for a line each and the buttons, these for a head too, and these for the list. */
const COMPACT_ROWS = 4;
const HEAD_ROWS = 7;
const LIST_ROWS = 8;
/** So many milliseconds a panic that was asked for waits to be asked for again. */
const SURE = 4_000;

const ICONS = {
  back: "mdi:skip-previous",
  pause: "mdi:pause",
  resume: "mdi:play",
  stop: "mdi:stop",
  panic: "mdi:alert-octagon",
} as const;
type Control = keyof typeof ICONS;

/** The action of each button. */
const ACTIONS: Readonly<Record<Control | "go", string>> = {
  go: "go",
  back: "back",
  pause: "pause_cues",
  resume: "resume_cues",
  stop: "stop_cues",
  panic: "panic",
};

const CONTINUES = {
  auto_continue: "mdi:arrow-down",
  auto_follow: "mdi:arrow-collapse-down",
} as const;

/** The mark of the cue that went last, by how it stands. */
const MARKS = {
  running: "mdi:play",
  paused: "mdi:pause",
  complete: "mdi:check",
} as const;

/** A cue list to run a show from: what is on, what is next, the buttons of a desk, and all cues. */
class CuesCard extends LiveCard<CuesCardConfig, CueList> {
  static override styles = [
    cardStyles,
    toolStyles,
    messageStyles,
    trackStyles,
    cuesStyles,
  ];

  @state() private listId: string | undefined;
  /** The number of the cue that keys have gone to; the one that stands by, where they have not. */
  @state() private chosen: string | undefined;
  /** Whether a panic was asked for, and has to be once more. */
  @state() private isArmed = false;
  /** Why something was refused. */
  @state() private reason: string | undefined;

  protected override readonly likely = 6;
  #disarming: ReturnType<typeof setTimeout> | undefined;
  /** Where the list stood when it was last scrolled to. */
  #scrolled = "";

  constructor() {
    super();
    new TickController(this, TICK, () => this.#list?.is_running ?? false);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#disarm();
  }

  protected override get followed(): Message {
    const { cue_list } = this.config ?? {};
    return {
      type: "maestra/cue_lists",
      ...(cue_list ? { cue_list } : {}),
    };
  }

  protected override refusal(language: string): string {
    return texts(language)("refused_detail");
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    // One that begins elsewhere does not take the place of the one that somebody runs.
    if (!this.#list) {
      this.#show(firstOf(this.#lists)?.id);
    }
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    const list = this.#list;
    const stands = JSON.stringify([list?.id, list?.current, list?.next]);
    if (list && stands !== this.#scrolled) {
      this.#scrolled = stands;
      this.#bring(list.current ?? list.next, 0.25);
    }
  }

  get #lists(): readonly CueList[] {
    return sortedLists(this.things?.values() ?? []);
  }

  get #list(): CueList | undefined {
    return this.#lists.find(({ id }) => id === this.listId);
  }

  #show(listId: string | undefined): void {
    this.listId = listId;
    this.chosen = this.reason = undefined;
    this.#disarm();
  }

  protected override renderThings(
    hass: Hass,
    config: CuesCardConfig,
  ): TemplateResult {
    const text = texts(hass.locale.language);
    const list = this.#list;
    const rows = config.grid_options?.rows;
    const given = typeof rows === "number" ? rows : Infinity;
    const isCompact = given <= COMPACT_ROWS;
    if (!list) {
      const kind = config.cue_list ? "gone" : "none";
      return html`${
        isCompact
          ? nothing
          : head("mdi:playlist-play", config.name ?? text("title"), nothing)
      }${message(
        "mdi:playlist-remove",
        text(kind),
        isCompact ? undefined : text(`${kind}_detail`),
      )}`;
    }
    const form = isCompact
      ? `compact ${given > 2 ? "tall" : ""}`
      : given < LIST_ROWS
        ? "short"
        : "";
    const hasList = config.list !== false && given >= LIST_ROWS;
    const current = cueOf(list, list.current);
    const next = cueOf(list, list.next);
    const elapsed = elapsedOf(list, performance.now());
    const progress =
      current && elapsed !== undefined
        ? progressOf(current, elapsed, next !== undefined)
        : undefined;
    return html`<div
      class="desk ${form}"
      role="group"
      aria-label=${list.name}
      tabindex="-1"
      @keydown=${(event: KeyboardEvent) => {
        this.#key(hass, list, event);
      }}
      @click=${(event: Event) => {
        const row = (event.target as Element).closest<HTMLElement>(".cue");
        const cue = list.cues[Number(row?.dataset["place"] ?? -1)];
        if (list.can_control && cue) {
          this.#standBy(hass, list, cue);
        }
      }}
    >
      ${given < HEAD_ROWS ? nothing : this.#renderHead(config, list, text)}
      <div class="sr-only" role="status">
        ${text(
          list.is_paused
            ? "says_paused"
            : list.is_running
              ? "says_running"
              : "says",
          {
            now: current ? titleOf(current) : text("nothing_now"),
            next: next ? titleOf(next) : text("nothing_next"),
          },
        )}
      </div>
      <div class="panels">
        ${renderNow(hass, list, current, progress, text)}
        ${renderNext(hass, next, text)}
      </div>
      ${list.can_control ? this.#renderControls(hass, list, next, text) : nothing}
      ${
        this.reason
          ? html`<div class="error" role="alert">${this.reason}</div>`
          : nothing
      }
      ${
        hasList
          ? guard([list, this.chosen, hass.locale], () =>
              this.#renderCues(hass, list, text),
            )
          : nothing
      }
    </div>`;
  }

  #renderHead(
    config: CuesCardConfig,
    list: CueList,
    text: Text,
  ): TemplateResult {
    const lists = this.#lists;
    const isOne = lists.length === 1;
    return head(
      "mdi:playlist-play",
      config.name ?? (isOne ? list.name : text("title")),
      joined(
        config.name && isOne ? list.name : undefined,
        text("count", { count: list.cues.length }),
      ),
      isOne
        ? nothing
        : html`<select
            aria-label=${text("choose")}
            @change=${(event: Event) => {
              this.#show((event.target as HTMLSelectElement).value);
            }}
          >
            ${repeat(
              lists,
              ({ id }) => id,
              ({ id, name }) =>
                html`<option value=${id} ?selected=${id === list.id}>
                  ${name}
                </option>`,
            )}
          </select>`,
    );
  }

  #renderControls(
    hass: Hass,
    list: CueList,
    next: Cue | undefined,
    text: Text,
  ): TemplateResult {
    const possible = possibleOf(list);
    const control = (
      name: Control,
      isPossible: boolean,
      label = text(name),
      key: string | typeof nothing = nothing,
    ) =>
      html`<button
        class="control ${name} ${name === "panic" && this.isArmed ? "armed" : ""}"
        aria-disabled=${isPossible ? "false" : "true"}
        aria-keyshortcuts=${key}
        @click=${(event: MouseEvent) => {
          this.#press(hass, list, name, isPossible, event);
        }}
      >
        <ha-icon .icon=${ICONS[name]}></ha-icon>
        <span class="word" aria-live=${name === "panic" ? "assertive" : nothing}
          >${label}</span
        >
      </button>`;
    return html`<div class="controls">
      <button
        class="go"
        aria-label=${next ? text("go_to", { cue: titleOf(next) }) : text("go")}
        aria-disabled=${possible.go ? "false" : "true"}
        aria-keyshortcuts="Space"
        @click=${(event: MouseEvent) => {
          this.#press(hass, list, "go", possible.go, event);
        }}
      >
        ${text("go")}
      </button>
      ${control("back", possible.back)}
      ${
        possible.resume
          ? control("resume", true, undefined, "P")
          : control("pause", possible.pause, undefined, "P")
      }
      ${control("stop", possible.stop)}
      ${control("panic", true, this.isArmed ? text("panic_sure") : undefined)}
    </div>`;
  }

  #renderCues(hass: Hass, list: CueList, text: Text): TemplateResult {
    if (!list.cues.length) {
      return message("mdi:playlist-remove", text("empty"));
    }
    const chosen = list.cues.findIndex(
      ({ number }) => number === this.#choice(list),
    );
    const mayChoose = list.can_control;
    return html`<div
        class="list ${this.isSized ? "fills" : ""}"
        tabindex="0"
        role=${mayChoose ? "listbox" : "list"}
        aria-label=${text("cues", { name: list.name })}
        aria-activedescendant=${mayChoose && chosen >= 0 ? `cue-${chosen}` : nothing}
      >
        ${repeat(
          list.cues,
          ({ number }) => number,
          (cue, place) =>
            renderCue(hass, list, cue, place, place === chosen, text),
        )}
      </div>
      ${mayChoose ? html`<div class="keys">${text("keys")}</div>` : nothing}`;
  }

  /** The number of the cue that Enter is for. */
  #choice(list: CueList): string | null {
    return cueOf(list, this.chosen) ? (this.chosen ?? null) : list.next;
  }

  #key(hass: Hass, list: CueList, event: KeyboardEvent): void {
    if (
      !list.can_control ||
      // There Escape closes the editor.
      this.preview ||
      event.altKey ||
      event.ctrlKey ||
      event.metaKey ||
      event.composedPath()[0] instanceof HTMLSelectElement
    ) {
      return;
    }
    const { key } = event;
    // A button that is focused is pressed by these.
    const isOnButton = event.composedPath()[0] instanceof HTMLButtonElement;
    if (isOnButton && (key === " " || key === "Enter")) {
      return;
    }
    const count = list.cues.length;
    const choice = this.#choice(list);
    const index = list.cues.findIndex(({ number }) => number === choice);
    const place = count ? moved(index, key, count) : undefined;
    const possible = possibleOf(list);
    if (place !== undefined) {
      this.chosen = list.cues[place]?.number;
      this.#bring(this.chosen);
    } else if (key === " ") {
      this.#once(hass, list, "go", possible, event);
    } else if (key === "p" || key === "P") {
      this.#once(
        hass,
        list,
        possible.resume ? "resume" : "pause",
        possible,
        event,
      );
    } else if (key === "Enter") {
      const cue = list.cues[index];
      if (cue && !event.repeat) {
        this.#standBy(hass, list, cue);
      }
    } else if (key === "Escape") {
      if (!event.repeat) {
        this.#panic(hass, list);
      }
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  /** Does what a key is for, but not again while it is held down. */
  #once(
    hass: Hass,
    list: CueList,
    name: "go" | "pause" | "resume",
    possible: Possible,
    event: KeyboardEvent,
  ): void {
    if (possible[name] && !event.repeat) {
      void this.#act(hass, list, ACTIONS[name]);
    }
  }

  #press(
    hass: Hass,
    list: CueList,
    name: Control | "go",
    isPossible: boolean,
    { detail }: MouseEvent,
  ): void {
    // By hand: keys are for the desk then, and not for the button that was pressed last.
    if (detail) {
      this.renderRoot
        .querySelector<HTMLElement>(".desk")
        ?.focus({ preventScroll: true });
    }
    if (name === "panic") {
      this.#panic(hass, list);
    } else if (isPossible) {
      void this.#act(hass, list, ACTIONS[name]);
    }
  }

  #standBy(hass: Hass, list: CueList, { number }: Cue): void {
    this.chosen = undefined;
    void this.#act(hass, list, "stand_by_cue", { cue: number });
  }

  /** Asks once more, and does it then. */
  #panic(hass: Hass, list: CueList): void {
    if (this.isArmed) {
      void this.#act(hass, list, ACTIONS.panic);
      return;
    }
    this.isArmed = true;
    this.#disarming = setTimeout(() => {
      this.#disarm();
    }, SURE);
  }

  #disarm(): void {
    clearTimeout(this.#disarming);
    this.isArmed = false;
  }

  async #act(
    hass: Hass,
    list: CueList,
    action: string,
    data: Record<string, unknown> = {},
  ): Promise<void> {
    this.#disarm();
    this.reason = undefined;
    const reason = await act(hass, action, { cue_list: [list.id], ...data });
    if (this.listId === list.id) {
      this.reason = reason;
    }
  }

  /** Scrolls the list, and nothing else, until a cue is in sight: with `share` of the list above it, else as little as can be. */
  #bring(number: string | null | undefined, share?: number): void {
    const shown = this.renderRoot.querySelector<HTMLElement>(".list");
    const place = this.#list?.cues.findIndex((cue) => cue.number === number);
    const row = shown?.querySelector<HTMLElement>(`#cue-${place}`);
    if (!shown || !row) {
      return;
    }
    const { offsetTop: top, offsetHeight: height } = row;
    const { clientHeight: room, scrollTop } = shown;
    shown.scrollTop =
      share === undefined
        ? Math.min(Math.max(scrollTop, top + height - room), top)
        : top - room * share;
  }
}

function renderNow(
  hass: Hass,
  list: CueList,
  current: Cue | undefined,
  progress: Progress | undefined,
  text: Text,
): TemplateResult {
  const { locale } = hass;
  const how = list.is_paused
    ? "paused"
    : progress
      ? progress.phase
      : current
        ? "complete"
        : undefined;
  const left = progress && formatCountdown(progress.left, locale);
  return html`<div class="panel now ${standsOf(list)}">
    <div class="line">
      <span class="which">${joined(text("now"), how && text(how))}</span>
      ${left ? html`<span class="left">${left}</span>` : nothing}
    </div>
    ${renderTitle(current, text("nothing_now"))}
    ${track(left && text("remaining"), progress?.share ?? 0, false, left)}
  </div>`;
}

function renderNext(
  hass: Hass,
  next: Cue | undefined,
  text: Text,
): TemplateResult {
  const takes = next && timeOf(hass, next);
  return html`<div class="panel next">
    <div class="line">
      <span class="which">${text("next")}</span>
      ${takes ? html`<span class="takes">${takes}</span>` : nothing}
    </div>
    ${renderTitle(next, text("nothing_next"))}
    ${next?.notes ? html`<div class="notes"><bdi>${next.notes}</bdi></div>` : nothing}
  </div>`;
}

function renderTitle(cue: Cue | undefined, otherwise: string): TemplateResult {
  return cue
    ? html`<div class="called">
        <span class="number">${cue.number}</span>
        ${cue.name ? html`<span class="name"><bdi>${cue.name}</bdi></span>` : nothing}
      </div>`
    : html`<div class="called none">${otherwise}</div>`;
}

function renderCue(
  hass: Hass,
  list: CueList,
  cue: Cue,
  place: number,
  isChosen: boolean,
  text: Text,
): TemplateResult {
  const isCurrent = cue.number === list.current;
  const isNext = cue.number === list.next;
  const { continue_mode: mode } = cue;
  return html`<div
    id="cue-${place}"
    class="cue ${isCurrent ? `current ${standsOf(list)}` : ""} ${isNext ? "standing" : ""} ${
      isChosen ? "chosen" : ""
    }"
    role=${list.can_control ? "option" : "listitem"}
    aria-selected=${list.can_control ? (isNext ? "true" : "false") : nothing}
    aria-current=${isCurrent ? "step" : nothing}
    data-place=${place}
  >
    <ha-icon
      class="mark"
      .icon=${isCurrent ? MARKS[standsOf(list)] : isNext ? "mdi:arrow-right-bold" : ""}
    ></ha-icon>
    <span class="place">${cue.number}</span>
    <div class="titles">
      <div class="title"><bdi>${cue.name}</bdi></div>
      ${cue.notes ? html`<div class="subtitle"><bdi>${cue.notes}</bdi></div>` : nothing}
    </div>
    <span class="takes">${timeOf(hass, cue)}</span>
    ${
      mode === "none"
        ? html`<span class="by-itself"></span>`
        : html`<ha-icon
              class="by-itself"
              .icon=${CONTINUES[mode]}
              title=${byItself(hass, cue, mode, text)}
            ></ha-icon
            ><span class="sr-only">${byItself(hass, cue, mode, text)}</span>`
    }
  </div>`;
}

function byItself(
  hass: Hass,
  { post_wait }: Cue,
  mode: keyof typeof CONTINUES,
  text: Text,
): string {
  return text(mode, { seconds: formatSpan(post_wait, hass.locale) });
}

/** Writes when a cue goes by itself, and how long it waits and fades; nothing where it does neither. */
function timeOf(hass: Hass, { at, pre_wait, transition }: Cue): string {
  const takes = [pre_wait, transition]
    .flatMap((seconds) => (seconds ? [formatSpan(seconds, hass.locale)] : []))
    .join(" + ");
  return joined(at ?? "", takes);
}

const card: CardModule = {
  tag: "maestra-cues-card",
  element: CuesCard,
  form: cuesForm,
  stub: () => ({ list: true }),
};
export default card;
