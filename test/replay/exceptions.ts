/** Code that stored histories can't show, each with the reason. */

export interface Exception {
  readonly file: string;
  /** Part of the source line. */
  readonly line: string;
  /** `from → to`, where other faults of the line do show. */
  readonly fault?: string;
  readonly reason: string;
}

/** Blocks that no history runs. The test fails for a block that a history does run, or that is gone. */
export const NOT_REPLAYED: readonly Exception[] = [
  {
    file: 'src/workflows/payment-session.ts',
    line: 'setHandler(getState,',
    reason: 'a query leaves no event',
  },
  ...['throw refusal(', "refusal('carryOut expects"].map((line) => ({
    file: 'src/workflows/arguments.ts',
    line,
    reason: 'an update that is refused leaves no event',
  })),
  ...['payment-session.ts', 'money-operations.ts'].map((file) => ({
    file: `src/workflows/${file}`,
    line: 'validator: (sent: unknown',
    reason: 'a replay does not validate what was accepted then',
  })),
  {
    file: 'src/workflows/look.ts',
    line: "if (run.phase.kind !== 'watching') return null;",
    reason: 'looks are made of what is watched; the type does not know it',
  },
  ...[
    ['ended.ts', 'throw error;'],
    ['mutex.ts', 'done.catch(() => undefined)'],
    ['sweep-gateway.ts', '!(error instanceof ActivityFailure)) throw error;'],
  ].map(([file, line = '']) => ({
    file: `src/workflows/${file}`,
    line,
    reason: 'a fault in our own code fails the task, not the run, until it is repaired',
  })),
  {
    file: 'src/workflows/sweep-gateway.ts',
    line: 'return error.cause?.message ?? error.message;',
    reason: "Temporal always says the cause of an activity's failure; its type does not",
  },
  ...['reconcile-gateway.ts', 'backfill-gateway.ts'].map((file) => ({
    file: `src/workflows/${file}`,
    line: 'const failure = error.cause?.message ?? error.message;',
    reason: "Temporal always says the cause of an activity's failure; its type does not",
  })),
];

/** Faults whose effect no history could show. `exceptions.test.ts` fails for one that is gone. */
export const EQUIVALENT: readonly Exception[] = [
  {
    file: 'src/workflows/arguments.ts',
    line: 'if (isDecision && isText(noteKey))',
    reason: 'an update that is refused leaves no event',
  },
  {
    file: 'src/workflows/opening-plan.ts',
    line: 'at > opening.askedAt + RESTS_AFTER_MS',
    fault: '> → >=',
    reason: 'two minutes to the millisecond',
  },
  ...[
    ['run-loop.ts', 'Math.max(1, at - Date.now())'],
    ['payment-session.ts', 'condition(isClear, Math.max(1, left))'],
  ].map(([file, line = '']) => ({
    file: `src/workflows/${file}`,
    line,
    fault: '1 → 2',
    reason: 'a timer of one millisecond or of two',
  })),
  {
    file: 'src/workflows/money-run.ts',
    line: 'const counts = { giveBacksAsked: 0, steps: 0 };',
    fault: '0 → 1',
    reason: 'both counts only tell one request or step from another',
  },
  {
    file: 'src/workflows/money-run.ts',
    line: 'const HOUR_MS = 60 * 60_000;',
    fault: '60_000 → 60001',
    reason: 'an hour to the second',
  },
  {
    file: 'src/workflows/money-run.ts',
    line: 'open.since >= HOUR_MS',
    fault: '>= → >',
    reason: 'an hour to the millisecond',
  },
  ...[
    'read > 0 && workflowInfo().continueAsNewSuggested → workflowInfo().continueAsNewSuggested',
    '> → >=',
    '0 → 1',
  ].map((fault) => ({
    file: 'src/workflows/sweep-gateway.ts',
    line: 'read > 0 && workflowInfo().continueAsNewSuggested',
    fault,
    reason: 'no history is long after one page',
  })),
];

/** Functions whose results are shown to people by a query, and are in no history. */
export const SHOWN_ONLY: ReadonlySet<string> = new Set([
  'showDetails',
  'showDoing',
  'showLook',
  'becauseOf',
  'showMoney',
  'showMoving',
]);

/** The exception for a line of a file, or for one fault of it; undefined where there is none. */
export function exceptionFor(
  exceptions: readonly Exception[],
  file: string,
  line: string,
  fault?: string,
): Exception | undefined {
  const isMeant = (one: Exception) => one.fault === undefined || one.fault === fault;
  return exceptions.find((one) => one.file === file && line.includes(one.line) && isMeant(one));
}
