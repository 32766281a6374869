import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { act, actAndAnswer, navigate } from "../lib/actions";
import { LiveCard } from "../lib/base-card";
import {
  formatBytes,
  formatNumber,
  formatSpan,
  formatTime,
  joined,
} from "../lib/format";
import type { Hass } from "../lib/hass";
import { head } from "../lib/head";
import type { Points } from "../lib/history";
import type { CardModule } from "../lib/lazy-card";
import { LiveController } from "../lib/live";
import { message, messageStyles } from "../lib/message";
import { spark, sparkStyles } from "../lib/spark";
import { cardStyles, toolStyles } from "../lib/styles";
import { choice } from "../lib/toolbar";
import { track, trackStyles } from "../lib/track";
import { storeForm } from "./store-form";
import {
  compression,
  longer,
  oldestOf,
  progressOf,
  tablesOf,
  type Store,
  type StoreCardConfig,
  type Table,
  type TableRow,
} from "./store-model";
import { storeStyles } from "./store-styles";
import en from "./strings.en.json";
import { texts, type Text } from "./texts";

const DAY = 86_400;
/** So many tables are shown at first. */
const FEW = 5;
const SPANS = ["24", "168", "720", "8760", "all"] as const;
const INTEGRATION = "/config/integrations/integration/maestra";

type Form = "export" | "import";

/** The database: how rows get there, what is in it, and what can be done with it. */
class StoreCard extends LiveCard<StoreCardConfig, Store> {
  static override styles = [
    cardStyles,
    toolStyles,
    messageStyles,
    sparkStyles,
    trackStyles,
    storeStyles,
  ];

  /** The form that is open. */
  @state() private form: Form | undefined;
  @state() private isBusy = false;
  /** What came of what was done last. */
  @state() private done: string | undefined;
  @state() private failure: string | undefined;
  @state() private hasAllTables = false;

  protected override readonly followed = { type: "maestra/store" };
  readonly #tables = new LiveController<Table>(this);
  /** Rows a second of late, by database. */
  readonly #rates = new Map<string, Points>();
  #seen: unknown;

  protected override willUpdate(changed: PropertyValues): void {
    this.#tables.follow(this.hass, { type: "maestra/store_tables" });
    super.willUpdate(changed);
    const { things } = this;
    if (things !== this.#seen) {
      this.#seen = things;
      for (const [id, store] of things ?? []) {
        const points = this.#rates.get(id) ?? [];
        this.#rates.set(
          id,
          store
            ? longer(points, Date.now() / 1000, store.rows_per_second)
            : points,
        );
      }
    }
  }

  protected override refusal(language: string): string {
    return texts(language)("refused_detail");
  }

  protected override renderThings(
    hass: Hass,
    config: StoreCardConfig,
    things: ReadonlyMap<string, Store | null>,
  ): TemplateResult {
    const text = texts(hass.locale.language);
    const stores = [...things].flatMap(([id, store]) =>
      store ? [{ id, store }] : [],
    );
    return stores.length
      ? html`${stores.map(({ id, store }) =>
          this.#renderStore(hass, config, id, store, text),
        )}`
      : this.#renderNone(hass, config, text);
  }

  #renderNone(hass: Hass, config: StoreCardConfig, text: Text): TemplateResult {
    return html`${
      this.isSmall
        ? head("mdi:database-off", config.name ?? text("none"), nothing)
        : message("mdi:database-off", text("none"), text("none_detail"))
    }
    ${
      hass.user?.is_admin
        ? html`<div class="tools centred">
            <button
              class="pill primary"
              @click=${() => {
                navigate(INTEGRATION);
              }}
            >
              ${text("none_add")}
            </button>
          </div>`
        : nothing
    }`;
  }

  #renderStore(
    hass: Hass,
    config: StoreCardConfig,
    id: string,
    store: Store,
    text: Text,
  ): TemplateResult {
    const { live } = this.#tables;
    const tables =
      live.status === "ready" ? tablesOf(live.things.values(), id) : [];
    return html`
      ${head(
        store.state === "spooling" ? "mdi:database-alert" : "mdi:database",
        config.name ?? store.title,
        joined(text(`state_${store.state}`), store.version),
      )}
      ${this.#renderFigures(hass, store, tables, text)}
      ${
        this.isSmall
          ? nothing
          : html`<div class="trend">
                ${spark(this.#rates.get(id), store.rows_per_second)}
              </div>
              ${this.#renderWork(hass, store, text)}
              ${this.#renderActions(hass, store, text)}
              ${
                config.tables === false || !tables.length
                  ? nothing
                  : this.#renderTables(hass, tables, text)
              }`
      }
    `;
  }

  #renderFigures(
    hass: Hass,
    store: Store,
    tables: readonly TableRow[],
    text: Text,
  ): TemplateResult {
    const { locale } = hass;
    const number = (value: number) => formatNumber(value, locale, 1);
    const figure = (name: string, value: string, isBad = false) =>
      html`<div class="figure ${isBad ? "bad" : ""}">
        <div class="title">${value}</div>
        <div class="subtitle">${name}</div>
      </div>`;
    const oldest = oldestOf(tables);
    const ratio = compression(tables);
    return html`<div class="figures ${this.isSmall ? "small" : ""}">
      ${figure(text("rate"), number(store.rows_per_second))}
      ${figure(text("lag"), formatSpan(store.lag, locale), store.lag > 60)}
      ${figure(text("waiting"), number(store.waiting))}
      ${figure(
        text("spool"),
        formatBytes(store.spool_bytes, locale),
        store.spool_rows > 0,
      )}
      ${
        store.size === null
          ? nothing
          : figure(text("size"), formatBytes(store.size, locale))
      }
      ${oldest ? figure(text("oldest"), written(oldest, hass)) : nothing}
      ${
        ratio
          ? figure(text("compression"), text("times", { ratio: number(ratio) }))
          : nothing
      }
      ${
        store.rows_rejected
          ? figure(text("rejected"), number(store.rows_rejected), true)
          : nothing
      }
      ${
        store.rows_dropped
          ? figure(text("dropped"), number(store.rows_dropped), true)
          : nothing
      }
    </div>`;
  }

  /** What is under way, and what is wrong. */
  #renderWork(hass: Hass, store: Store, text: Text): TemplateResult {
    const { locale } = hass;
    const count = (value: number) => formatNumber(value, locale, 0);
    const run = store.import;
    const source = run ? sourceName(run.source, text) : "";
    return html`<div class="work">
      ${
        store.reason
          ? html`<div class="error" role="alert">${store.reason}</div>`
          : nothing
      }
      ${
        store.spool_rows
          ? html`<div class="note">
                ${joined(
                  text("rows", { count: count(store.spool_rows) }),
                  text("spool_fill", {
                    percent: percent(store.spool_fill, hass),
                  }),
                )}
              </div>
              ${track(text("spool"), store.spool_fill, true)}`
          : nothing
      }
      ${
        run
          ? html`<div class="note" role="status">
                ${
                  run.total && run.position
                    ? text("importing_of", {
                        source,
                        read: count(run.read),
                        total: count(run.total),
                        written: count(run.written),
                        date: written(run.position, hass),
                      })
                    : text("importing", {
                        source,
                        read: count(run.read),
                        written: count(run.written),
                      })
                }
              </div>
              ${track(text("import"), progressOf(run) ?? 0)}`
          : nothing
      }
      ${
        store.exported === null
          ? nothing
          : html`<div class="note" role="status">
              ${text("exporting", {
                size: formatBytes(store.exported, locale),
              })}
            </div>`
      }
      ${
        this.done
          ? html`<div class="note" role="status">${this.done}</div>`
          : nothing
      }
      ${
        this.failure
          ? html`<div class="error" role="alert">${this.failure}</div>`
          : nothing
      }
    </div>`;
  }

  #renderActions(
    hass: Hass,
    store: Store,
    text: Text,
  ): TemplateResult | typeof nothing {
    const mayMove = hass.user?.is_admin;
    if (!store.can_flush && !mayMove) {
      return nothing;
    }
    const open = (form: Form) =>
      choice(text(form), this.form === form, () => {
        this.form = this.form === form ? undefined : form;
        this.done = this.failure = undefined;
      });
    return html`<div class="tools">
        ${
          store.can_flush
            ? html`<button
                class="pill"
                ?disabled=${this.isBusy}
                @click=${() => {
                  void this.#do(async () => {
                    const reason = await act(hass, "flush", {});
                    return reason ? { reason } : { answer: text("flushed") };
                  });
                }}
              >
                ${text("flush")}
              </button>`
            : nothing
        }
        ${mayMove ? html`${open("export")}${open("import")}` : nothing}
      </div>
      ${
        mayMove && this.form === "export"
          ? this.#renderExport(hass, store, text)
          : nothing
      }
      ${
        mayMove && this.form === "import"
          ? this.#renderImport(hass, store, text)
          : nothing
      }`;
  }

  #renderExport(hass: Hass, store: Store, text: Text): TemplateResult {
    return this.#renderForm(
      html`${select(
        "kind",
        text("export_kind"),
        store.exports.map((kind) => [kind, tableName(kind, text)]),
      )}
      ${select(
        "span",
        text("export_span"),
        SPANS.map((span) => [span, text(`span_${span}`)]),
      )}
      ${select(
        "format",
        text("export_format"),
        store.formats.map((format) => [format, format.toLocaleUpperCase()]),
      )}`,
      text("export_start"),
      text,
      async (data) => {
        const hours = Number(data.get("span"));
        const done = await actAndAnswer(hass, "export_history", {
          kind: data.get("kind"),
          format: data.get("format"),
          ...(hours
            ? { start: new Date(Date.now() - hours * 3_600_000).toISOString() }
            : {}),
        });
        if ("reason" in done) {
          return done;
        }
        const file = done.answer as Exported;
        return {
          answer: text("export_done", {
            path: file.path,
            rows: formatNumber(file.rows, hass.locale, 0),
            size: formatBytes(file.bytes, hass.locale),
          }),
        };
      },
    );
  }

  #renderImport(hass: Hass, store: Store, text: Text): TemplateResult {
    return this.#renderForm(
      html`${select(
          "source",
          text("import_source"),
          store.sources.map((source) => [source, sourceName(source, text)]),
        )}<input
          class="field"
          name="entities"
          aria-label=${text("import_entities")}
          placeholder=${text("import_entities")}
        />`,
      text("import_start"),
      text,
      async (data) => {
        const typed = data.get("entities");
        const entities =
          typeof typed === "string" ? typed.match(/[^\s,]+/g) : null;
        const reason = await act(hass, "import_history", {
          source: data.get("source"),
          ...(entities ? { entities } : {}),
        });
        return reason ? { reason } : { answer: undefined };
      },
    );
  }

  #renderForm(
    fields: TemplateResult,
    name: string,
    text: Text,
    run: (data: FormData) => Promise<Outcome>,
  ): TemplateResult {
    return html`<form
      class="tools"
      @submit=${(event: Event) => {
        event.preventDefault();
        const data = new FormData(event.target as HTMLFormElement);
        void this.#do(() => run(data));
      }}
    >
      ${fields}
      <button class="pill primary" type="submit" ?disabled=${this.isBusy}>
        ${name}
      </button>
      <button
        class="pill"
        type="button"
        @click=${() => {
          this.form = undefined;
        }}
      >
        ${text("cancel")}
      </button>
    </form>`;
  }

  #renderTables(
    hass: Hass,
    tables: readonly TableRow[],
    text: Text,
  ): TemplateResult {
    const shown = this.hasAllTables ? tables : tables.slice(0, FEW);
    return html`<ul class="tables" aria-label=${text("tables")}>
        ${shown.map((table) => this.#renderTable(hass, table, text))}
      </ul>
      ${
        tables.length > FEW
          ? html`<div class="tools">
              <button
                class="pill"
                aria-expanded=${this.hasAllTables ? "true" : "false"}
                @click=${() => {
                  this.hasAllTables = !this.hasAllTables;
                }}
              >
                ${
                  this.hasAllTables
                    ? text("table_few")
                    : text("table_all", { count: tables.length })
                }
              </button>
            </div>`
          : nothing
      }`;
  }

  #renderTable(hass: Hass, table: TableRow, text: Text): TemplateResult {
    const { locale } = hass;
    const name = tableName(table.base, text);
    const ratio = compression([table]);
    return html`<li class="table" data-table=${table.name}>
      <div class="row">
        <div class="title">
          ${
            table.level
              ? text("table_title", { name, level: text(table.level) })
              : name
          }
        </div>
        <div class="title bytes">${formatBytes(table.bytes, locale)}</div>
      </div>
      ${track(undefined, table.share)}
      <div class="subtitle">
        ${joined(
          table.oldest &&
            text("table_since", { date: written(table.oldest, hass) }),
          table.kept_days === null
            ? text("table_for_ever")
            : text("table_kept", {
                days: formatSpan(table.kept_days * DAY, locale),
              }),
          ratio
            ? text("table_compressed", {
                ratio: formatNumber(ratio, locale, 1),
              })
            : undefined,
        )}
      </div>
    </li>`;
  }

  async #do(work: () => Promise<Outcome>): Promise<void> {
    this.isBusy = true;
    this.done = this.failure = undefined;
    const outcome = await work();
    this.isBusy = false;
    if ("reason" in outcome) {
      this.failure = outcome.reason;
    } else {
      this.form = undefined;
      this.done = outcome.answer;
    }
  }
}

/** What `maestra.export_history` answers. */
interface Exported {
  path: string;
  rows: number;
  bytes: number;
}

type Outcome = { answer: string | undefined } | { reason: string };

function select(
  name: string,
  label: string,
  options: readonly (readonly [value: string, text: string])[],
): TemplateResult {
  return html`<select name=${name} aria-label=${label}>
    ${options.map(
      ([value, text]) => html`<option value=${value}>${text}</option>`,
    )}
  </select>`;
}

function tableName(name: string, text: Text): string {
  const key = `name_${name}`;
  return key in en ? text(key as keyof typeof en) : name;
}

function sourceName(source: string, text: Text): string {
  const key = `source_${source}`;
  return key in en ? text(key as keyof typeof en) : source;
}

function written(time: string, { locale }: Hass): string {
  return formatTime(Date.parse(time) / 1000, locale, {
    day: "numeric",
    month: "short",
    year: "numeric",
  });
}

function percent(share: number, { locale }: Hass): string {
  return `${formatNumber(share * 100, locale, 1)} %`;
}

const card: CardModule = {
  tag: "maestra-store-card",
  element: StoreCard,
  form: storeForm,
  stub: () => ({ tables: true }),
};
export default card;
