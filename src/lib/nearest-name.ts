/** Short names are often similar by chance: HOME is not HOST. */
const SHORTEST = 8;

/** The known name that is nearest to a misspelt one, at most `within` letters away. */
export function nearestName(name: string, known: readonly string[], within: number): string | undefined {
  if (name.length < SHORTEST) return undefined;
  const [nearest] = known
    .filter((other) => other.length >= SHORTEST)
    .map((other) => ({ other, away: distance(name, other) }))
    .filter(({ away }) => away <= within)
    .toSorted((left, right) => left.away - right.away);
  return nearest?.other;
}

/** The Levenshtein distance: how many letters must be inserted, deleted or replaced. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [down, letter] of Array.from(from).entries()) {
    const next = [down + 1];
    for (const [across, other] of Array.from(to).entries()) {
      const changed = (row[across] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(changed, (row[across + 1] ?? 0) + 1, (next[across] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
