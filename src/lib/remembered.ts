/** Asks at most once in so many milliseconds: a call in between gets the same answer, also one that is still awaited, or has failed. */
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
