/** Variables that look like ours and are none: one that is misspelt is otherwise a default that nobody asked for. */

/** Nothing else on a machine begins so. */
const PREFIXES = /^(DINTERO|ORDER_WEBHOOK|WORKER|RETENTION|RETURN_URL|SWEEP|LATE_MONEY|ON_HOLD)_/;

export interface UnknownVariable {
  readonly name: string;
  /** The one that may have been meant. */
  readonly nearest?: string;
}

/** Those that begin as ours do and are not known, by NAME or by NAME_FILE. */
export function unknownVariables(
  env: Readonly<Record<string, string | undefined>>,
  known: readonly string[],
): UnknownVariable[] {
  const isKnown = (name: string) => known.includes(name) || known.includes(name.replace(/_FILE$/, ''));
  return Object.keys(env)
    .filter((name) => (PREFIXES.test(name) || nearestOf(name, known, 2) !== undefined) && !isKnown(name))
    .map((name) => {
      const nearest = nearestOf(name, known, Math.ceil(name.length / 4));
      return { name, ...(nearest !== undefined && { nearest }) };
    });
}

function nearestOf(name: string, known: readonly string[], within: number): string | undefined {
  // A short name has a neighbour everywhere: HOME is no HOST.
  if (name.length < SHORTEST) return undefined;
  const [nearest] = known
    .filter((other) => other.length >= SHORTEST)
    .map((other) => ({ other, away: distance(name, other) }))
    .filter(({ away }) => away <= within)
    .toSorted((left, right) => left.away - right.away);
  return nearest?.other;
}

const SHORTEST = 8;

/** Levenshtein's: how many letters are to be put in, taken out or changed. */
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
