// A look into a stream: server-sent events of the Fleet API, read as they come.
import type { Hass } from "../lib/hass";

export interface StreamEvent {
  name: string;
  data: Readonly<Record<string, unknown>>;
}

/** Reads server-sent events of pieces of text, which may begin and end anywhere. */
export class EventReader {
  #rest = "";

  /** Returns the events that are complete with one more piece. */
  read(piece: string): StreamEvent[] {
    const parts = (this.#rest + piece).split("\n\n");
    this.#rest = parts.pop() ?? "";
    return parts.flatMap((part) => {
      const fields = new Map(
        part.split("\n").map((line) => {
          const [field = "", ...value] = line.split(": ");
          return [field, value.join(": ")] as const;
        }),
      );
      const data: unknown = JSON.parse(fields.get("data") ?? "null");
      return typeof data === "object" && data
        ? [
            {
              name: fields.get("event") ?? "message",
              data: data as StreamEvent["data"],
            },
          ]
        : [];
    });
  }
}

/** What is known of a preview. */
export interface Preview {
  /** Where Maestra waits for the publisher's data. */
  place?: string;
  /** Why there is no more. */
  failure?: string;
  /** The latest that came, and how many that were. */
  data?: StreamEvent["data"];
  count: number;
}

/** Returns what is known after an event. */
export function previewed(preview: Preview, event: StreamEvent): Preview {
  const { name, data } = event;
  switch (name) {
    case "info":
      return {
        ...preview,
        place: `${String(data["local_address"])}:${String(data["local_port"])}`,
      };
    case "preview":
      return { ...preview, data, count: preview.count + 1 };
    case "error":
      return { ...preview, failure: String(data["message"]) };
    default:
      return preview;
  }
}

/** Follows a stream until `signal` ends it; `changed` is called with what is known by then. */
export async function watch(
  hass: Hass,
  streamId: string,
  signal: AbortSignal,
  changed: (preview: Preview) => void,
): Promise<void> {
  let preview: Preview = { count: 0 };
  const fail = (failure: string) => {
    changed({ ...preview, failure });
  };
  try {
    const path = `/api/maestra/streams/${encodeURIComponent(streamId)}/preview`;
    const response = await hass.fetchWithAuth(path, { signal });
    if (!response.ok || !response.body) {
      const { detail } = (await response.json()) as { detail?: unknown };
      fail(typeof detail === "string" ? detail : String(response.status));
      return;
    }
    const events = new EventReader();
    const reader = response.body
      .pipeThrough(new TextDecoderStream())
      .getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        break;
      }
      preview = events.read(value).reduce(previewed, preview);
      changed(preview);
    }
    if (preview.failure === undefined) {
      fail("");
    }
  } catch (error) {
    if (!signal.aborted) {
      fail(String(error));
    }
  }
}

/** How a preview's data is drawn. */
export type Picture =
  | { kind: "spectrum"; values: readonly number[] }
  | { kind: "level"; rms: number; peak: number; decibels: number }
  | { kind: "text"; text: string };

/** Characters of a text that are shown. */
const LONGEST = 2_000;

/** Returns how the data of a preview is shown: a spectrum, a level of sound, else as it is. */
export function pictureOf(data: StreamEvent["data"]): Picture {
  const { power_db: power, rms_level: rms, peak_level: peak } = data;
  if (
    Array.isArray(power) &&
    power.length > 1 &&
    power.every(Number.isFinite)
  ) {
    return { kind: "spectrum", values: power as number[] };
  }
  if (typeof rms === "number" && typeof peak === "number") {
    return { kind: "level", rms, peak, decibels: Number(data["rms_db"]) };
  }
  const shown = { ...data, _seq: undefined };
  return {
    kind: "text",
    text: JSON.stringify(shown, null, 1).slice(0, LONGEST),
  };
}
