/** The problems of an order that a person has to act on. */
import { paidonce, temporal, type TemporalServer } from '../../health/shell-commands.ts';
import { formatMoney } from '../../domain/money.ts';
import { isSettled } from '../../domain/payment.ts';
import { isProof } from '../../domain/refusal-clue.ts';
import { moneyWorkflowId } from '../../workflows/messages.ts';
import { plainLine } from '../../lib/terminal-text.ts';
import { differenceOf, reviewReason } from './review-reason.ts';
import type { Run, RunsAnswer } from './runs.ts';
import type { Order, Payment, Story } from './find-story.ts';

export interface Advice {
  readonly about: string;
  readonly text: string;
  readonly todo: string;
  /** Complete commands, quoted for a shell. */
  readonly commands?: readonly string[];
}

/**
 * Normally a workflow handles a callback within a second, and the shop acknowledges an update within seconds.
 */
const UNHANDLED_AFTER_MS = 60_000;
const UNTOLD_AFTER_MS = 5 * 60_000;
const UNFINISHED_AFTER_MS = 5 * 60_000;
const STUBBORN_ATTEMPTS = 4;
const LIVES: ReadonlySet<string> = new Set(['RUNNING', 'PAUSED']);

/** Everything that is wrong with an order, as far as the store and Temporal answered. */
export function adviceOn(story: Story | null, runs: RunsAnswer, now: Date, server: TemporalServer): Advice[] {
  const known = runs.kind === 'found' ? runs.runs : [];
  const ofPayments = (story?.payments ?? []).flatMap((payment) => [
    ...(story === null ? [] : reviewOf(story.order, payment)),
    ...disputed(payment),
    ...untold(payment, now),
    ...unopened(payment, now),
    ...unfinished(payment, now),
    ...unhandled(payment, now),
    ...wronglyRefused(payment),
    ...(runs.kind === 'found' ? lostRun(payment, known, now) : []),
    ...(runs.kind === 'found' && story !== null
      ? lostMoneyRun(payment, { order: story.order, runs: known, now })
      : []),
  ]);
  return [
    ...ofPayments,
    ...known.flatMap(stuck),
    ...known.flatMap((run) => paused(run, server)),
    ...known.flatMap(stubborn),
  ];
}

function reviewOf(order: Order, payment: Payment): Advice[] {
  const { id, status, reviewMark, updatedAt } = payment;
  const reason = reviewReason(payment) ?? 'no reason given';
  if (reviewMark !== null && isOfSurplus(reviewMark)) {
    const text = `is ${status}, and a further transaction of its session holds money (${reason}) since ${updatedAt}`;
    const words = SURPLUS_DECISIONS.map((decision) => `${decision} (${SURPLUS_MEANS[decision]})`).join(', ');
    const todo = `check that transaction at the gateway, then decide, with your own reason: ${words}`;
    return [{ about: id, text, todo, commands: SURPLUS_DECISIONS.map((each) => resolve(id, each, reason)) }];
  }
  if (reviewMark !== null) {
    const text = `is ${status}, and the gateway gives no clear answer about it (${reason}) since ${updatedAt}`;
    const todo =
      'ask the gateway; a clear answer ends the review automatically. This command ends it by hand; replace the reason by your own';
    return [{ about: id, text, todo, commands: [resolve(id, 'dismiss', reason)] }];
  }
  if (status !== 'REVIEW') return [];
  const difference = differenceOf(order, payment);
  const text = `is in REVIEW (${reason}), last changed ${updatedAt}${difference === null ? '' : `: ${difference}`}`;
  // Another payment has paid the order, so this one can't pay it.
  const isPaidByAnother = order.transactionId !== null && order.transactionId !== payment.transactionId;
  const decisions = isPaidByAnother ? DECISIONS.slice(1) : DECISIONS;
  const words = decisions.map((decision) => `${decision} (${MEANS[decision]})`).join(', ');
  const todo = `check the transaction at the gateway, then decide, with your own reason: ${words}`;
  return [
    { about: id, text, todo, commands: decisions.map((each) => resolve(id, each, difference ?? reason)) },
  ];
}

/** Only the merchant can answer a dispute, at the gateway. */
function disputed({ id, dispute, currency }: Payment): Advice[] {
  if (dispute?.state !== 'open') return [];
  const { amount, reason, dueBy } = dispute;
  const because = reason === null ? '' : ` (${reason})`;
  const text = `has an open dispute about ${formatMoney({ amountMinor: amount, currency })}${because}`;
  const until = dueBy === null ? '' : ` until ${dueBy}`;
  return [{ about: id, text, todo: `answer it at the gateway${until}: without an answer it is lost` }];
}

/** The mark begins with its code. */
function isOfSurplus(reviewMark: string): boolean {
  return /^(?:surplus_money|give_back_failed):/.test(reviewMark);
}

const SURPLUS_DECISIONS = ['give_back', 'dismiss'] as const;

const SURPLUS_MEANS = {
  give_back: "that money is given back, and the payment's own stays",
  dismiss: 'you handle that money yourself',
} as const satisfies Record<(typeof SURPLUS_DECISIONS)[number], string>;

const DECISIONS = ['accept', 'give_back', 'dismiss'] as const;

const MEANS = {
  accept: 'the payment pays the order as it is',
  give_back: 'its money is given back',
  dismiss: 'the review ends, and you handle its money yourself',
} as const satisfies Record<(typeof DECISIONS)[number], string>;

/**
 * The reason may contain a gateway's text: control characters are escaped, since the service refuses them.
 */
const LONGEST_REASON = 200;

function resolve(id: string, decision: string, reason: string): string {
  const taken = Array.from(plainLine(reason)).slice(0, LONGEST_REASON).join('');
  return paidonce('resolve', id, { decision, reason: taken });
}

/**
 * A session was requested and is not open yet: the shop still waits, or its customer has to come back later.
 */
function unopened({ id, status, sessionId, gateway, createdAt }: Payment, now: Date): Advice[] {
  if (status !== 'PENDING' || sessionId !== null) return [];
  if (now.getTime() - Date.parse(createdAt) < UNHANDLED_AFTER_MS) return [];
  return [
    {
      about: id,
      text: `has no session at ${gateway} yet, requested at ${createdAt}: it can't be paid`,
      todo: 'either the gateway does not answer or no worker runs, which this command says. Requesting the payment again (POST /v1/payments) opens the session at once, or finds the one that was opened',
      commands: [paidonce('doctor')],
    },
  ];
}

/** A capture, refund or void that should have ended by now. */
function unfinished({ id, timeline }: Payment, now: Date): Advice[] {
  const open = openOperations(timeline).filter(
    ({ at }) => now.getTime() - Date.parse(at) > UNFINISHED_AFTER_MS,
  );
  const todo =
    'check the transaction at the gateway; docs/operations.md, "A capture, refund or void that does not end"';
  return open.map(({ at, text }) => ({ about: id, text: `${text} (since ${at})`, todo }));
}

/** The requested operations that have not ended. */
function openOperations(timeline: Payment['timeline']): Payment['timeline'] {
  return timeline.filter(({ kind, data: { state } }) => {
    return kind === 'operation' && (state === 'pending' || state === 'unknown');
  });
}

interface Told {
  readonly effectId: string;
  readonly type: string;
  readonly state: string;
  readonly attempts: number;
  readonly lastAnswer: string | null;
  /** Where another attempt is planned. A service of an older version does not show it. */
  readonly nextAttemptAt?: string;
}

function untold({ id, timeline }: Payment, now: Date): Advice[] {
  return timeline.flatMap(({ at, data, text }) => {
    const { effectId, type, state, attempts, lastAnswer, nextAttemptAt: next } = data as Partial<Told>;
    if (type === undefined || state === undefined) return [];
    const isOver = state === 'gave_up' || state === 'gone';
    const since = queuedAt(timeline, type) ?? at;
    const isLate = state === 'pending' && now.getTime() - Date.parse(since) > UNTOLD_AFTER_MS;
    if (!isOver && !isLate) return [];
    const commands = effectId
      ? [paidonce('redeliver', effectId, { reason: 'the endpoint answers again' })]
      : [];
    if (attempts === 0 && lastAnswer === null)
      return [{ about: id, text, todo: START, commands: [paidonce('doctor')] }];
    return [{ about: id, text: `${text}${nextAttempt(next, now)}`, todo: `${REPAIR}, then`, commands }];
  });
}

function nextAttempt(at: string | undefined, now: Date): string {
  if (at === undefined) return '';
  return Date.parse(at) > now.getTime() ? `; the next attempt is at ${at}` : '; the next attempt is due';
}

const START = 'start the service, or find out from its log why it sends nothing:';
const REPAIR = "repair the shop's endpoint (ORDER_WEBHOOK_URL)";

function queuedAt(timeline: Payment['timeline'], type: string): string | undefined {
  return timeline.find(({ kind, text }) => kind === 'update' && text.startsWith(`${type} queued`))?.at;
}

function unhandled({ id, deliveries }: Story['payments'][number], now: Date): Advice[] {
  const waiting = deliveries.filter(
    ({ outcome, state, receivedAt }) =>
      outcome === 'accepted' &&
      state !== 'handled' &&
      now.getTime() - Date.parse(receivedAt) > UNHANDLED_AFTER_MS,
  );
  return waiting.map((delivery) => ({
    about: id,
    text: `callback ${delivery.id} of ${delivery.receivedAt} is verified, but no workflow has handled it (${delivery.state})`,
    todo: 'check that a worker runs and that the gateway answers',
    commands: [paidonce('doctor')],
  }));
}

/** Refused callbacks whose signature would match with one change: one line for each kind of change. */
function wronglyRefused({ id, deliveries }: Story['payments'][number]): Advice[] {
  const proved = deliveries
    .filter(({ outcome }) => outcome === 'refused')
    .flatMap(({ id: delivery, clues }) => clues.filter(isProof).map((clue) => ({ ...clue, delivery })));
  const byKind = new Map(proved.map((clue) => [`${clue.code} ${clue.what ?? ''}`, clue]));
  return [...byKind.values()].map(({ delivery, text, todo }) => ({
    about: id,
    text: `callback ${delivery} was refused, though ${text}`,
    todo,
  }));
}

/** An open payment needs a run; without one no hold is polled and no deadline is noticed. */
function lostRun({ id, status, createdAt, workflow }: Payment, runs: readonly Run[], now: Date): Advice[] {
  const isNew = now.getTime() - Date.parse(createdAt) < UNHANDLED_AFTER_MS;
  const isThere = runs.some((run) => run.workflowId === workflow.workflowId && LIVES.has(run.status));
  if (isSettled(status) || isNew || isThere) return [];
  const text = `is ${status}, but Temporal has no running workflow ${workflow.workflowId}`;
  return [{ about: id, text, todo: COMES_BACK[status] ?? COMES_BACK.PENDING }];
}

const COMES_BACK: Readonly<Record<string, string>> & { readonly PENDING: string } = {
  PENDING:
    'the sweep starts it again within minutes if the gateway lists a transaction of it, else it is started again within about half an hour after it expires; requesting the payment again (POST /v1/payments) starts it at once',
  ON_HOLD: 'it is started again automatically after three times ON_HOLD_POLL_INTERVAL',
  REVIEW: 'it is started again automatically within three hours; a decision starts it at once',
};

/** An unfinished operation needs a run that reads its result. */
function lostMoneyRun(
  { id, timeline }: Payment,
  { order, runs, now }: { order: Order; runs: readonly Run[]; now: Date },
): Advice[] {
  const workflowId = moneyWorkflowId(id);
  if (runs.some((run) => run.workflowId === workflowId && LIVES.has(run.status))) return [];
  return openOperations(timeline).flatMap(({ data, at, text }) => {
    const { kind: move, reference } = data as { kind?: string; reference?: string };
    if (move === undefined || reference === undefined) return [];
    if (now.getTime() - Date.parse(at) < UNHANDLED_AFTER_MS) return [];
    return [
      {
        about: id,
        text: `${text}, but Temporal has no running workflow ${workflowId}`,
        todo: 'it is started again automatically within 90 minutes; the same request again starts it at once, and nothing is done twice',
        commands: reference.startsWith('give-back-') ? [] : [paidonce(move, order.reference, { reference })],
      },
    ];
  });
}

function stuck({ workflowId, problems }: Run): Advice[] {
  if (problems === null) return [];
  const text = `its workflow task keeps failing (${problems}): the run makes no progress until that is repaired`;
  return [{ about: workflowId, text, todo: 'docs/operations.md, "A run that is stuck"' }];
}

function paused({ workflowId, status, pending }: Run, server: TemporalServer): Advice[] {
  const advice = (what: string, ...command: string[]) => ({
    about: workflowId,
    text: `${what} was paused by an operator and makes no progress`,
    todo: 'this command resumes it; docs/temporal-ui.md',
    commands: [temporal(server, ...command, '-w', workflowId)],
  });
  return [
    ...(status === 'PAUSED' ? [advice('the run', 'workflow', 'unpause')] : []),
    ...pending
      .filter(({ isPaused }) => isPaused)
      .map(({ activity, id }) => advice(activity, 'activity', 'unpause', '--activity-id', id)),
  ];
}

/** The only activity whose retries end: contract §6. */
const NOTIFIES = 'notifyMerchant';

function stubborn({ workflowId, pending }: Run): Advice[] {
  return pending
    .filter(
      ({ attempt, lastFailure, isPaused }) =>
        attempt >= STUBBORN_ATTEMPTS && lastFailure !== null && !isPaused,
    )
    .map(({ activity, attempt, lastFailure, nextAt }) => ({
      about: workflowId,
      text: `${activity} is at attempt ${attempt}: ${lastFailure}${nextAt === null ? '' : `; next ${nextAt}`}`,
      todo: `it is retried ${activity === NOTIFIES ? 'for three days' : 'without limit'}; this command checks the other side`,
      commands: [paidonce('doctor')],
    }));
}
