import { html, nothing, svg, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { styleMap } from "lit/directives/style-map.js";
import { act, openDevice } from "../lib/actions";
import { LiveCard } from "../lib/base-card";
import { factStyles, facts } from "../lib/facts";
import { formatAgo, formatBytes, formatNumber, joined } from "../lib/format";
import type { Hass } from "../lib/hass";
import { head } from "../lib/head";
import type { CardModule } from "../lib/lazy-card";
import { message, messageStyles } from "../lib/message";
import { sparkPath, sparkStyles } from "../lib/spark";
import { cardStyles, toolStyles } from "../lib/styles";
import { TickController } from "../lib/tick";
import { iconButton, searchField } from "../lib/toolbar";
import { WidthController } from "../lib/width";
import { streamsForm } from "./streams-form";
import {
  COLUMNS,
  VIEWS,
  addressOf,
  bytesOf,
  graphOf,
  iconOf,
  matchingStreams,
  sortedStreams,
  type Consumer,
  type Graph,
  type Node,
  type Stream,
  type StreamsCardConfig,
  type View,
} from "./streams-model";
import { pictureOf, watch, type Preview } from "./streams-preview";
import { streamsStyles } from "./streams-styles";
import { texts, type Text } from "./texts";

/** From this many on there is something to search in. */
const MANY = 8;
/** More are not drawn at once. */
const MAX_ROWS = 100;
/** In pixels: narrower, three columns have no room for names. */
const GRAPH_WIDTH = 400;
const VIEW_ICONS: Readonly<Record<View, string>> = {
  graph: "mdi:graph-outline",
  list: "mdi:format-list-bulleted",
};
/** Rows of a sections view in which there is room for the list only. */
const COMPACT_ROWS = 4;

/** Who publishes which streams, and who receives them: as a graph and as a list. */
class StreamsCard extends LiveCard<StreamsCardConfig, Stream> {
  static override styles = [
    cardStyles,
    toolStyles,
    messageStyles,
    sparkStyles,
    factStyles,
    streamsStyles,
  ];

  /** What somebody has chosen; else it depends on how much there is. */
  @state() private view: View | undefined;
  @state() private search = "";
  /** The stream that is looked at. */
  @state() private openId: string | undefined;
  @state() private isRequesting = false;
  @state() private isBusy = false;
  /** The session that is about to be stopped. */
  @state() private stopping: string | undefined;
  /** Why something was refused of the stream that is looked at. */
  @state() private reason: string | undefined;
  @state() private seen: Preview | undefined;

  protected override readonly followed = { type: "maestra/streams" };
  readonly #width = new WidthController(this);
  #watching: AbortController | undefined;
  /** What was sorted last, and how: it is drawn each second, and changes seldom. */
  #last: { things?: unknown; type?: unknown; all: readonly Stream[] } = {
    all: [],
  };

  constructor() {
    super();
    new TickController(this, 1_000);
  }

  override setConfig(config: StreamsCardConfig): void {
    super.setConfig(config);
    this.view = config.view;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#endPreview();
  }

  protected override refusal(language: string): string {
    return texts(language)("refused_detail");
  }

  protected override renderThings(
    hass: Hass,
    config: StreamsCardConfig,
    things: ReadonlyMap<string, Stream | null>,
  ): TemplateResult {
    const text = texts(hass.locale.language);
    const all = this.#sorted(things, config.stream_type);
    const { rows } = config.grid_options ?? {};
    const isCompact = typeof rows === "number" && rows <= COMPACT_ROWS;
    const graph =
      isCompact || this.#width.width < GRAPH_WIDTH ? undefined : graphOf(all);
    const isGraph = graph && this.view !== "list";
    return html`
      ${this.#renderHead(config, all, graph && (isGraph ? "graph" : "list"), text)}
      ${
        !all.length
          ? message(
              "mdi:transit-connection-variant",
              text("none"),
              text("none_detail"),
            )
          : html`${
                !isGraph && !isCompact && all.length >= MANY
                  ? html`<div class="tools">
                      ${searchField(text("search"), this.search, (value) => {
                        this.search = value;
                      })}
                    </div>`
                  : nothing
              }
              <div class="list ${this.isSized ? "fills" : ""}" tabindex="-1">
                ${
                  isGraph
                    ? this.#renderGraph(hass, graph, text)
                    : this.#renderList(
                        hass,
                        matchingStreams(all, this.search),
                        text,
                      )
                }
              </div>`
      }
    `;
  }

  #sorted(
    things: ReadonlyMap<string, Stream | null>,
    type: string | undefined,
  ): readonly Stream[] {
    const last = this.#last;
    if (last.things !== things || last.type !== type) {
      this.#last = { things, type, all: sortedStreams(things.values(), type) };
    }
    return this.#last.all;
  }

  #renderHead(
    config: StreamsCardConfig,
    all: readonly Stream[],
    view: View | undefined,
    text: Text,
  ): TemplateResult {
    const consumers = all.reduce((sum, each) => sum + each.consumer_count, 0);
    return head(
      "mdi:transit-connection-variant",
      config.name ?? text("title"),
      text("summary", { streams: all.length, consumers }),
      view
        ? html`<div class="group">
            ${VIEWS.map((each) =>
              iconButton(
                VIEW_ICONS[each],
                text(`view_${each}`),
                () => {
                  this.view = each;
                },
                each === view,
              ),
            )}
          </div>`
        : nothing,
    );
  }

  #renderGraph(hass: Hass, graph: Graph, text: Text): TemplateResult {
    const open = graph.streams.find(({ key }) => key === this.openId)?.stream;
    const nodes = (
      column: 0 | 1 | 2,
      each: readonly Node[],
      draw: (node: Node, style: unknown) => TemplateResult,
    ) => {
      const [start, end] = COLUMNS[column];
      return repeat(
        each,
        ({ key }) => key,
        (node) =>
          draw(
            node,
            styleMap({
              "inset-inline-start": `${start}%`,
              width: `${end - start}%`,
              top: `${node.y}px`,
            }),
          ),
      );
    };
    return html`<div
        class="graph"
        style=${styleMap({ height: `${graph.height}px` })}
      >
        <svg
          class="curves"
          viewBox="0 0 100 ${graph.height}"
          preserveAspectRatio="none"
          aria-hidden="true"
        >
          ${graph.curves.map(
            ({ path, isLive, streamId }) =>
              svg`<path
                class="${isLive ? "live" : ""} ${open && open.id !== streamId ? "dim" : ""}"
                d=${path}
                vector-effect="non-scaling-stroke"
              />`,
          )}
        </svg>
        <div role="group" aria-label=${text("publishers")}>
          ${nodes(
            0,
            graph.publishers,
            ({ name }, style) =>
              html`<div class="node" style=${style} title=${name}>
                <ha-icon icon="mdi:broadcast"></ha-icon>
                <div class="titles"><div class="title">${name}</div></div>
              </div>`,
          )}
        </div>
        <div role="group" aria-label=${text("title")}>
          ${nodes(1, graph.streams, ({ stream }, style) =>
            stream
              ? html`<button
                  class="node ${stream.consumer_count ? "live" : ""}"
                  style=${style}
                  title=${stream.name}
                  aria-expanded=${stream === open ? "true" : "false"}
                  data-stream=${stream.name}
                  @click=${() => {
                    this.#open(stream);
                  }}
                >
                  <ha-icon .icon=${iconOf(stream)}></ha-icon>
                  <div class="titles">
                    <div class="title">${stream.name}</div>
                    <div class="subtitle">${stream.type_name}</div>
                  </div>
                </button>`
              : html``,
          )}
        </div>
        <div role="group" aria-label=${text("consumers")}>
          ${nodes(2, graph.consumers, ({ name, more }, style) => {
            const label = more ? text("more_consumers", { count: more }) : name;
            return html`<div class="node" style=${style} title=${label}>
              <ha-icon
                icon=${more ? "mdi:dots-horizontal" : "mdi:monitor"}
              ></ha-icon>
              <div class="titles"><div class="title">${label}</div></div>
            </div>`;
          })}
        </div>
      </div>
      ${open ? this.#renderDetail(hass, open, text) : nothing}`;
  }

  #renderList(
    hass: Hass,
    streams: readonly Stream[],
    text: Text,
  ): TemplateResult {
    if (!streams.length) {
      return message("mdi:magnify", text("no_match"));
    }
    const rows = streams.slice(0, MAX_ROWS);
    return html`<ul>
      ${repeat(
        rows,
        ({ id }) => id,
        (stream) => this.#renderRow(hass, stream, text),
      )}
      ${
        streams.length > rows.length
          ? html`<li class="more">
              ${text("more", { count: streams.length - rows.length })}
            </li>`
          : nothing
      }
    </ul>`;
  }

  #renderRow(hass: Hass, stream: Stream, text: Text): TemplateResult {
    const isOpen = stream.id === this.openId;
    const { consumer_count: count } = stream;
    return html`<li>
      <button
        class="row ${count ? "live" : ""}"
        aria-expanded=${isOpen ? "true" : "false"}
        data-stream=${stream.name}
        @click=${() => {
          this.#open(stream);
        }}
      >
        <ha-icon .icon=${iconOf(stream)}></ha-icon>
        <div class="titles">
          <div class="title">${stream.name}</div>
          <div class="subtitle">
            ${joined(stream.type_name, stream.publisher, addressOf(stream))}
          </div>
        </div>
        <div class="figures">
          <div class="title">
            ${count ? text("receiving", { count }) : text("idle")}
          </div>
          <div class="subtitle">
            ${formatAgo(stream.heard_at, Date.now(), hass.locale)}
          </div>
        </div>
      </button>
      ${isOpen ? this.#renderDetail(hass, stream, text) : nothing}
    </li>`;
  }

  #renderDetail(hass: Hass, stream: Stream, text: Text): TemplateResult {
    const ago = (time: string) => formatAgo(time, Date.now(), hass.locale);
    const bytes = bytesOf(stream);
    const isGroup = stream.multicast_group !== null;
    const known = facts([
      [text("publisher"), stream.publisher],
      [text("way"), stream.protocol],
      [text(isGroup ? "group" : "address"), addressOf(stream)],
      [text("advertised"), ago(stream.advertised_at)],
      [text("heard"), ago(stream.heard_at)],
      ...(bytes === undefined
        ? []
        : [[text("bytes"), formatBytes(bytes, hass.locale)] as const]),
    ]);
    const more = stream.consumer_count - stream.consumers.length;
    return html`<div class="detail">
      ${known}
      ${
        stream.consumers.length
          ? html`<ul aria-label=${text("consumers")}>
              ${repeat(
                stream.consumers,
                ({ id }) => id,
                (each) => this.#renderConsumer(hass, stream, each, text),
              )}
              ${
                more > 0
                  ? html`<li class="empty">
                      ${text("more_consumers", { count: more })}
                    </li>`
                  : nothing
              }
            </ul>`
          : nothing
      }
      ${this.#renderActions(hass, stream, text)}
      ${this.isRequesting ? this.#renderForm(hass, stream, text) : nothing}
      ${
        this.reason
          ? html`<div class="error" role="alert">${this.reason}</div>`
          : nothing
      }
      ${this.seen ? renderPreview(hass, this.seen, text) : nothing}
    </div>`;
  }

  #renderConsumer(
    hass: Hass,
    stream: Stream,
    { id, name, address, since, bytes }: Consumer,
    text: Text,
  ): TemplateResult {
    const about = {
      address,
      since: formatAgo(since, Date.now(), hass.locale),
    };
    const stop = (label: string, run: () => void) =>
      html`<button
        class="pill danger"
        aria-label=${text("stop_name", { name })}
        ?disabled=${this.isBusy}
        @click=${run}
      >
        ${label}
      </button>`;
    return html`<li class="consumer">
      <div class="titles">
        <div class="title">${name}</div>
        <div class="subtitle">
          ${
            bytes
              ? text("session_bytes", {
                  ...about,
                  bytes: formatBytes(bytes, hass.locale),
                })
              : text("session", about)
          }
        </div>
      </div>
      ${
        // Who listens to a group has no session.
        !stream.can_control || bytes === null
          ? nothing
          : this.stopping === id
            ? html`${stop(text("stop_sure"), () => {
                  void this.#act(hass, "stop_session", { session: id });
                })}<button
                  class="pill"
                  @click=${() => {
                    this.stopping = undefined;
                  }}
                >
                  ${text("cancel")}
                </button>`
            : stop(text("stop"), () => {
                this.stopping = id;
              })
      }
    </li>`;
  }

  #renderActions(
    hass: Hass,
    stream: Stream,
    text: Text,
  ): TemplateResult | typeof nothing {
    const deviceId = stream.device_id;
    const buttons = [
      stream.can_control && stream.multicast_group === null
        ? html`<button
            class="pill"
            aria-expanded=${this.isRequesting ? "true" : "false"}
            @click=${() => {
              this.isRequesting = !this.isRequesting;
              this.reason = undefined;
            }}
          >
            ${text("request")}
          </button>`
        : undefined,
      stream.can_preview
        ? html`<button
            class="pill"
            aria-expanded=${this.seen ? "true" : "false"}
            @click=${() => {
              if (this.seen) {
                this.#endPreview();
              } else {
                this.#startPreview(hass, stream);
              }
            }}
          >
            ${text(this.seen ? "preview_end" : "preview")}
          </button>`
        : undefined,
      hass.user?.is_admin && deviceId
        ? html`<button
            class="pill"
            @click=${() => {
              openDevice(deviceId);
            }}
          >
            ${text("device")}
          </button>`
        : undefined,
    ].filter((button) => button !== undefined);
    return buttons.length
      ? html`<div class="actions">${buttons}</div>`
      : nothing;
  }

  #renderForm(hass: Hass, stream: Stream, text: Text): TemplateResult {
    const label = (key: "consumer" | "address") => text(`request_${key}`);
    return html`<form
      @submit=${(event: Event) => {
        event.preventDefault();
        const form = new FormData(event.target as HTMLFormElement);
        const filled = [...form].filter(([, value]) => value !== "");
        void this.#act(hass, "request_stream", {
          stream: stream.id,
          ...Object.fromEntries(filled),
        });
      }}
    >
      <input
        class="field"
        name="consumer"
        maxlength="255"
        aria-label=${label("consumer")}
        placeholder=${label("consumer")}
      />
      <input
        class="field"
        name="address"
        required
        maxlength="255"
        aria-label=${label("address")}
        placeholder=${label("address")}
      />
      <input
        class="field"
        name="port"
        type="number"
        min="0"
        max="65535"
        aria-label=${text("request_port")}
        placeholder=${text("request_port")}
      />
      <button class="pill primary" type="submit" ?disabled=${this.isBusy}>
        ${text("request_send")}
      </button>
    </form>`;
  }

  #open(stream: Stream): void {
    this.openId = stream.id === this.openId ? undefined : stream.id;
    this.isRequesting = false;
    this.stopping = undefined;
    this.reason = undefined;
    this.#endPreview();
  }

  async #act(
    hass: Hass,
    action: string,
    data: Record<string, unknown>,
  ): Promise<void> {
    const { openId } = this;
    this.isBusy = true;
    const reason = await act(hass, action, data);
    this.isBusy = false;
    if (this.openId === openId) {
      this.reason = reason;
      this.stopping = undefined;
      this.isRequesting &&= reason !== undefined;
    }
  }

  #startPreview(hass: Hass, stream: Stream): void {
    const watching = new AbortController();
    this.#watching = watching;
    this.seen = { count: 0 };
    void watch(hass, stream.id, watching.signal, (preview) => {
      if (this.#watching === watching) {
        this.seen = preview;
      }
    });
  }

  #endPreview(): void {
    this.#watching?.abort();
    this.#watching = undefined;
    this.seen = undefined;
  }
}

function renderPreview(
  hass: Hass,
  { data, failure, place, count }: Preview,
  text: Text,
): TemplateResult {
  const about =
    failure === undefined
      ? count
        ? text("preview_count", { count: formatNumber(count, hass.locale, 0) })
        : place
          ? text("preview_waits", { place })
          : text("preview_asks")
      : failure || text("preview_ended");
  return html`<div class="preview">
    ${data ? renderPicture(hass, data, text) : nothing}
    <div class="${failure ? "error" : "subtitle"}" role="status">${about}</div>
  </div>`;
}

function renderPicture(
  hass: Hass,
  data: NonNullable<Preview["data"]>,
  text: Text,
): TemplateResult {
  const picture = pictureOf(data);
  switch (picture.kind) {
    case "spectrum":
      return html`<svg
        class="spark"
        viewBox="0 0 100 28"
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        ${svg`<path
          d=${sparkPath(picture.values.map((value, index) => [index, value]))}
          vector-effect="non-scaling-stroke"
        />`}
      </svg>`;
    case "level": {
      const bar = (name: string, share: number) =>
        html`<span
          class=${name}
          style=${styleMap({ width: `${Math.min(1, share) * 100}%` })}
        ></span>`;
      return html`<div class="level">
          ${bar("peak", picture.peak)}${bar("rms", picture.rms)}
        </div>
        <div class="title">
          ${text("preview_level", {
            level: formatNumber(picture.decibels, hass.locale, 1),
          })}
        </div>`;
    }
    case "text":
      return html`<pre tabindex="0">${picture.text}</pre>`;
  }
}

const card: CardModule = {
  tag: "maestra-streams-card",
  element: StreamsCard,
  form: streamsForm,
  stub: () => ({}),
};
export default card;
