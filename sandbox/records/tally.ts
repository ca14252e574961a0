/** How often each value occurs, and how many there are. */
export function tally(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = { total: values.length };
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
