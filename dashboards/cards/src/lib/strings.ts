export type Strings<Key extends string> = Readonly<Record<Key, string>>;
export type Localize<Key extends string> = (
  key: Key,
  values?: Readonly<Record<string, string | number>>,
) => string;

/** Returns what finds a text in a language, else in English; `{name}` is replaced by the value of that name. */
export function localizer<Key extends string>(
  languages: { en: Strings<Key> } & Readonly<
    Record<string, Strings<Key> | undefined>
  >,
  language: string,
): Localize<Key> {
  const strings =
    languages[language] ?? languages[language.split("-")[0] ?? ""];
  return (key, values = {}) =>
    (strings ?? languages.en)[key].replace(/\{(\w+)\}/g, (_, name: string) =>
      String(values[name] ?? ""),
    );
}
