import type { Locale } from "./hass";

/** Returns what makes each formatter once: that takes far longer than to write with it, and there are few ways to write. */
function kept<Options, Formatter>(
  make: (language: string | undefined, options: Options) => Formatter,
): typeof make {
  const made = new Map<string, Formatter>();
  return (language, options) => {
    const key = JSON.stringify([language, options]);
    let formatter = made.get(key);
    if (!formatter) {
      formatter = make(language, options);
      made.set(key, formatter);
    }
    return formatter;
  };
}

const numberFormat = kept(
  (language, options: Intl.NumberFormatOptions) =>
    new Intl.NumberFormat(language, options),
);
const timeFormat = kept(
  (language, options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(language, options),
);
const agoFormat = kept(
  (language, options: Intl.RelativeTimeFormatOptions) =>
    new Intl.RelativeTimeFormat(language, options),
);

/** The language whose way to write numbers the user has chosen; undefined is the browser's. */
function numberLanguage(locale: Locale): string | undefined {
  const chosen: Record<string, string | undefined> = {
    comma_decimal: "en-US",
    decimal_comma: "de",
    space_comma: "fr",
    system: undefined,
    quote_decimal: "de-CH",
    none: "en-US",
  };
  const format = locale.number_format ?? "language";
  return format in chosen ? chosen[format] : locale.language;
}

/** Writes a number as the user wants numbers, with so many decimals at most; by default fewer, the greater it is. */
export function formatNumber(
  value: number,
  locale: Locale,
  decimals = Math.abs(value) >= 100 ? 1 : Math.abs(value) >= 1 ? 2 : 3,
): string {
  return numberFormat(numberLanguage(locale), {
    maximumFractionDigits: decimals,
    useGrouping: locale.number_format !== "none",
  }).format(value);
}

/** Compares names as people sort them: "Camera 9" is before "Camera 10". */
export const NAMES = new Intl.Collator(undefined, { numeric: true });

const BYTES = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

/** Writes a number of bytes in the unit that fits. */
export function formatBytes(bytes: number, locale: Locale): string {
  const size = Math.min(
    BYTES.length - 1,
    Math.floor(Math.log10(Math.max(bytes, 1)) / 3),
  );
  return numberFormat(numberLanguage(locale), {
    style: "unit",
    unit: BYTES[size] ?? "byte",
    unitDisplay: "short",
    maximumSignificantDigits: 3,
  }).format(bytes / 1000 ** size);
}

/** How many decimals a step has: 0.25 has 2. */
export function decimalsOf(step: number): number {
  const [, fraction = ""] = String(step).split(".");
  return Math.min(fraction.length, 6);
}

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

/** Writes how long ago a time was: "5 minutes ago". */
export function formatAgo(time: string, now: number, locale: Locale): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(time)) / 1000));
  const [unit, size] = UNITS.find(([, size]) => seconds >= size) ?? [
    "second" as const,
    1,
  ];
  return agoFormat(locale.language, {
    numeric: "auto",
  }).format(-Math.floor(seconds / size), unit);
}

/** Writes what there is of some parts in one line. */
export function joined(...parts: (string | null | undefined)[]): string {
  return parts.filter(Boolean).join(" · ");
}

/** Writes a time as the user wants times; `parts` says which of it, as `Intl.DateTimeFormat` has them. */
export function formatTime(
  time: number,
  locale: Locale,
  parts: Intl.DateTimeFormatOptions,
): string {
  const format = locale.time_format;
  const hours =
    parts.hour && (format === "12" || format === "24")
      ? { hourCycle: format === "12" ? ("h12" as const) : ("h23" as const) }
      : {};
  return timeFormat(format === "system" ? undefined : locale.language, {
    ...parts,
    ...hours,
  }).format(time * 1000);
}

/** Writes a moment by day and minute. */
export function formatMoment(time: number, locale: Locale): string {
  return formatTime(time, locale, {
    day: "numeric",
    month: "short",
    hour: "numeric",
    minute: "2-digit",
  });
}

/** Writes how long something takes, in the largest unit that there is one of: "2 hr". */
export function formatSpan(seconds: number, locale: Locale): string {
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? [
    "second" as const,
    1,
  ];
  return numberFormat(numberLanguage(locale), {
    style: "unit",
    unit,
    unitDisplay: unit === "day" ? "long" : "short",
    maximumFractionDigits: Math.abs(seconds) < 10 ? 1 : 0,
  }).format(seconds / size);
}

/** Writes how long is left, so that it does not jump as it runs: "0:03.2", "1:02:03". */
export function formatCountdown(seconds: number, locale: Locale): string {
  // Rounded first: there is no "0:60.0".
  const tenths = Math.max(0, Math.ceil(seconds * 10));
  const whole = Math.floor(tenths / 10);
  const hours = Math.floor(whole / 3_600);
  const minutes = Math.floor(whole / 60) % 60;
  const two = (value: number, decimals = 0) =>
    numberFormat(numberLanguage(locale), {
      minimumIntegerDigits: 2,
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    }).format(value);
  return hours
    ? `${hours}:${two(minutes)}:${two(whole % 60)}`
    : `${minutes}:${two((tenths / 10) % 60, 1)}`;
}
