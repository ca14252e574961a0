/** Histograms in steps of the tenth part of a decade: step 10 ends at ten times the unit, step 20 at a hundred. */
export interface Step {
  readonly step: number;
  readonly count: number;
}

/** The end of a step. */
export function endOf(step: number): number {
  return Number((10 ** (step / 10)).toPrecision(2));
}

/** Of steps in their order. Null where nothing was counted. Within a step, values are taken as evenly spread. */
export function percentile(steps: readonly Step[], share: number): number | null {
  const rank = share * steps.reduce((all, { count }) => all + count, 0);
  let before = 0;
  for (const { step, count } of steps) {
    if (before + count >= rank) return endOf(step - 1 + (rank - before) / count);
    before += count;
  }
  return null;
}
