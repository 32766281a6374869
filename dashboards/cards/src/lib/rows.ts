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
