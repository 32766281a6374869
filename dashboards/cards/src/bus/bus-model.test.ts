import { expect, it } from "vitest";
import {
  asText,
  missed,
  newestFirst,
  total,
  type BusMessage,
  type Gateway,
} from "./bus-model";

function said(number: number, about: Partial<BusMessage> = {}): BusMessage {
  return {
    number,
    time: number,
    gateway: "Broker",
    is_incoming: true,
    place: "maestra/a",
    payload: "{}",
    size: 2,
    ...about,
  };
}

it("shows the newest first, and says how many are missing", () => {
  const messages = newestFirst([said(5), null, said(9), said(6)]);
  expect(messages.map(({ number }) => number)).toEqual([9, 6, 5]);
  expect(missed(messages)).toBe(2);
  expect(missed([])).toBe(0);
});

it("adds up what is known of rates", () => {
  const gateways = [
    { rates: null },
    { rates: { messages_in: 3 } },
  ] as Gateway[];
  expect(total(gateways, "messages_in")).toBe(3);
});

it("is copied as text, the oldest first", () => {
  expect(asText([said(2, { is_incoming: false }), said(1)])).toBe(
    "1970-01-01T00:00:01.000Z < Broker maestra/a {}\n1970-01-01T00:00:02.000Z > Broker maestra/a {}",
  );
});
