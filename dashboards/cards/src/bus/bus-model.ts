// What is pushed of gateways and messages, and how it is shown. Nothing here needs a browser.
import type { CardConfig } from "../lib/hass";

export interface BusCardConfig extends CardConfig {
  name?: string;
  /** The filter of messages at first. */
  subject?: string;
}

export interface Gateway {
  title: string;
  dialect: string | null;
  connected: boolean;
  clients: number | null;
  rates: Readonly<Record<string, number>> | null;
  unsent: number;
  refused: number;
  reasons: Readonly<Record<string, number>>;
  latency_p50: number | null;
  latency_p99: number | null;
}

export interface BusMessage {
  number: number;
  /** In seconds since 1970. */
  time: number;
  gateway: string;
  is_incoming: boolean;
  place: string;
  payload: string;
  size: number;
}

/** Returns the messages by number, the newest first. */
export function newestFirst(
  things: Iterable<BusMessage | null>,
): readonly BusMessage[] {
  return [...things]
    .filter((message) => message !== null)
    .sort((a, b) => b.number - a.number);
}

/** Returns how many between the newest and the oldest were passed over. */
export function missed(messages: readonly BusMessage[]): number {
  const [newest] = messages;
  const oldest = messages.at(-1);
  return newest && oldest
    ? newest.number - oldest.number + 1 - messages.length
    : 0;
}

/** Returns what a rate is of all gateways together. */
export function total(gateways: readonly Gateway[], rate: string): number {
  return gateways.reduce((sum, { rates }) => sum + (rates?.[rate] ?? 0), 0);
}

/** Returns a line for each message, the oldest first, to be copied. */
export function asText(messages: readonly BusMessage[]): string {
  return [...messages]
    .reverse()
    .map(
      ({ time, is_incoming, gateway, place, payload }) =>
        `${new Date(time * 1000).toISOString()} ${is_incoming ? "<" : ">"} ${gateway} ${place} ${payload}`,
    )
    .join("\n");
}
