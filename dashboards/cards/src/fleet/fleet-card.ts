import { html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { LiveCard } from "../lib/base-card";
import {
  deviceList,
  deviceListStyles,
  inSight,
  type DeviceRow,
} from "../lib/device-list";
import { formatAgo, joined } from "../lib/format";
import type { Hass } from "../lib/hass";
import { head } from "../lib/head";
import { HistoryController } from "../lib/history";
import type { CardModule } from "../lib/lazy-card";
import { message, messageStyles } from "../lib/message";
import { spark, sparkStyles } from "../lib/spark";
import { cardStyles, toolStyles } from "../lib/styles";
import { choice, searchField } from "../lib/toolbar";
import { TickController } from "../lib/tick";
import { Applicants, applicantStyles } from "./applicants";
import { fleetForm } from "./fleet-form";
import {
  FILTERS,
  HISTORY_HOURS,
  fleetOf,
  metricText,
  shownMetric,
  statusOf,
  type Device,
  type Filter,
  type Fleet,
  type FleetCardConfig,
} from "./fleet-model";
import { fleetStyles } from "./fleet-styles";
import { texts, type Text } from "./texts";

/** From this many on there is something to search in. */
const MANY = 8;
const HISTORY_BUCKETS = 24;

/** All devices: those that wait to be let in, and the others by status, with search. */
class FleetCard extends LiveCard<FleetCardConfig, Device> {
  static override styles = [
    cardStyles,
    toolStyles,
    messageStyles,
    sparkStyles,
    deviceListStyles,
    applicantStyles,
    fleetStyles,
  ];

  @state() private filter: Filter = "all";
  @state() private search = "";
  @state() private scrolled = 0;

  protected override readonly followed = { type: "maestra/devices" };
  readonly #applicants = new Applicants(this);
  readonly #history = new HistoryController(
    this,
    HISTORY_HOURS,
    HISTORY_BUCKETS,
  );

  constructor() {
    super();
    new TickController(this, 10_000);
  }

  protected override refusal(language: string): string {
    return texts(language)("refused_detail");
  }

  protected override renderThings(
    hass: Hass,
    config: FleetCardConfig,
    things: ReadonlyMap<string, Device | null>,
  ): TemplateResult {
    const text = texts(hass.locale.language);
    const fleet = fleetOf(things.values(), {
      group: config.group,
      filter: this.filter,
      search: this.search,
    });
    return html`
      ${head(
        "mdi:devices",
        config.name ?? config.group ?? text("title"),
        summary(fleet, text),
      )}
      ${
        fleet.counts.all
          ? html`${this.#renderTools(fleet, text)}${
              fleet.waiting.length
                ? this.#applicants.render(hass, fleet.waiting)
                : nothing
            }${this.#renderList(hass, config, fleet, text)}`
          : message("mdi:chip", text("none"), text("none_detail"))
      }
    `;
  }

  #renderTools(fleet: Fleet, text: Text): TemplateResult | typeof nothing {
    const { counts } = fleet;
    return counts.all < MANY
      ? nothing
      : html`<div class="tools">
          ${searchField(text("search"), this.search, (value) => {
            this.search = value;
          })}
          <div class="filters">
            ${FILTERS.filter(
              (filter) => filter === this.filter || counts[filter],
            ).map((filter) =>
              choice(
                `${text(filter)} ${counts[filter]}`,
                filter === this.filter,
                () => {
                  this.filter = filter;
                },
              ),
            )}
          </div>
        </div>`;
  }

  #renderList(
    hass: Hass,
    config: FleetCardConfig,
    fleet: Fleet,
    text: Text,
  ): TemplateResult {
    const { devices } = fleet;
    if (!devices.length) {
      return fleet.waiting.length
        ? html``
        : message("mdi:magnify", text("no_match"));
    }
    const scroll = {
      at: this.scrolled,
      moved: (at: number) => {
        this.scrolled = at;
      },
    };
    const { first, shown } = inSight(this.renderRoot, devices, scroll);
    if (config.history !== false) {
      this.#history.follow(
        hass,
        shown.flatMap(
          (device) => shownMetric(device, config.metric)?.entity_id ?? [],
        ),
      );
    }
    return deviceList(
      devices.length,
      first,
      shown.map((device) => this.#row(hass, config, device, text)),
      scroll,
      this.isSized,
    );
  }

  #row(
    hass: Hass,
    config: FleetCardConfig,
    device: Device,
    text: Text,
  ): DeviceRow {
    const status = statusOf(device);
    const metric = shownMetric(device, config.metric);
    const registered = hass.devices[device.device_id ?? ""];
    const area = hass.areas[registered?.area_id ?? ""]?.name;
    const seen = device.last_seen
      ? formatAgo(device.last_seen, Date.now(), hass.locale)
      : text("never");
    return {
      key: device.hardware_id,
      status,
      statusName: text(status),
      title: registered?.name_by_user ?? device.name,
      subtitle: joined(
        status === "online" ? undefined : seen,
        area,
        device.type,
        device.firmware_version &&
          text("firmware", { version: device.firmware_version }),
      ),
      trend: metric && spark(this.#history.of(metric.entity_id), metric.value),
      value: metric && {
        text: metricText(metric, hass.locale),
        label: metric.label,
      },
      deviceId: hass.user?.is_admin ? device.device_id : undefined,
    };
  }
}

function summary({ counts }: Fleet, text: Text): string {
  return (["online", "offline", "waiting"] as const)
    .filter((status) => counts[status])
    .map((status) => `${counts[status]} ${text(status).toLocaleLowerCase()}`)
    .join(" · ");
}

const card: CardModule = {
  tag: "maestra-fleet-card",
  element: FleetCard,
  form: fleetForm,
  stub: () => ({ history: true }),
};
export default card;
