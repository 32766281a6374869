/** Returns which rows of equal height are in sight, with some beyond on both sides. */
export function rowsInSight(
  count: number,
  rowHeight: number,
  scrolled: number,
  height: number,
): { first: number; end: number } {
  const beyond = 6;
  const first = Math.max(0, Math.floor(scrolled / rowHeight) - beyond);
  return {
    first: Math.min(first, count),
    end: Math.min(count, Math.ceil((scrolled + height) / rowHeight) + beyond),
  };
}

/** Names what draws each row of a list in which others stand all the time: a new one takes over the elements of one that went. */
export class Recycler<Row> {
  #keys: ReadonlyMap<Row, number> = new Map<Row, number>();
  #made = 0;

  /** Returns a key for each of these rows: its own as long as it is shown. */
  keysOf(rows: readonly Row[]): ReadonlyMap<Row, number> {
    const shown = new Set(rows);
    const free = [...this.#keys]
      .filter(([row]) => !shown.has(row))
      .map(([, key]) => key);
    this.#keys = new Map(
      rows.map((row) => [
        row,
        this.#keys.get(row) ?? free.shift() ?? this.#made++,
      ]),
    );
    return this.#keys;
  }
}
