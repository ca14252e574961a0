/**
 * Calls `ask` at most once in `ms` milliseconds. Calls in between get the same answer, even if it is still
 * pending or has failed.
 */
export function remembered<Answer>(
  ms: number,
  ask: () => Promise<Answer>,
  now: () => number = Date.now,
): () => Promise<Answer> {
  let last: { readonly at: number; readonly answer: Promise<Answer> } | undefined;
  return () => {
    const at = now();
    if (last === undefined || at - last.at >= ms) last = { at, answer: ask() };
    return last.answer;
  };
}
