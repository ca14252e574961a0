/** What a person has to act on. An order without findings needs no one. */
import { paidonce, temporal, type TemporalServer } from '../../health/shell-commands.ts';
import { isSettled } from '../../domain/payment.ts';
import { moneyWorkflowId } from '../../workflows/messages.ts';
import { plainLine } from '../../lib/terminal-text.ts';
import { differenceOf, reviewReason } from './review-reason.ts';
import type { Run, RunsAnswer } from './runs.ts';
import type { Order, Payment, Story } from './find-story.ts';

export interface Finding {
  readonly about: string;
  readonly text: string;
  readonly todo: string;
  /** Complete, and quoted for a shell. */
  readonly commands?: readonly string[];
}

/** A workflow deals with a callback within a second; an update is told within seconds, or the shop's endpoint is in trouble. */
const UNHANDLED_AFTER_MS = 60_000;
const UNTOLD_AFTER_MS = 5 * 60_000;
const UNFINISHED_AFTER_MS = 5 * 60_000;
const STUBBORN_ATTEMPTS = 4;
const LIVES: ReadonlySet<string> = new Set(['RUNNING', 'PAUSED']);

/** Everything that is wrong with an order, as far as store and Temporal could be asked. */
export function findingsOf(
  story: Story | null,
  runs: RunsAnswer,
  now: Date,
  server: TemporalServer,
): Finding[] {
  const known = runs.kind === 'found' ? runs.runs : [];
  const ofPayments = (story?.payments ?? []).flatMap((payment) => [
    ...(story === null ? [] : reviewOf(story.order, payment)),
    ...untold(payment, now),
    ...unopened(payment, now),
    ...unfinished(payment, now),
    ...unhandled(payment, now),
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

function reviewOf(order: Order, payment: Payment): Finding[] {
  const { id, status, reviewMark, updatedAt } = payment;
  const reason = reviewReason(payment) ?? 'no reason given';
  if (reviewMark !== null) {
    const text = `is ${status}, and the gateway can't say any more what it is (${reason}), since ${updatedAt}`;
    const todo =
      'ask the gateway; a clear answer ends it by itself. This takes it off our hands; give a reason of your own';
    return [{ about: id, text, todo, commands: [resolve(id, 'dismiss', reason)] }];
  }
  if (status !== 'REVIEW') return [];
  const difference = differenceOf(order, payment);
  const text = `is in REVIEW (${reason}), last changed ${updatedAt}${difference === null ? '' : `: ${difference}`}`;
  // Another payment has the order: this one can't pay it any more.
  const isPaidByAnother = order.transactionId !== null && order.transactionId !== payment.transactionId;
  const decisions = isPaidByAnother ? DECISIONS.slice(1) : DECISIONS;
  const words = decisions.map((decision) => `${decision} (${MEANS[decision]})`).join(', ');
  const todo = `look at the transaction at the gateway, then decide, with a reason of your own: ${words}`;
  return [
    { about: id, text, todo, commands: decisions.map((each) => resolve(id, each, difference ?? reason)) },
  ];
}

const DECISIONS = ['accept', 'give_back', 'dismiss'] as const;

const MEANS = {
  accept: 'the order is paid by it as it is',
  give_back: 'what is held of it goes back',
  dismiss: 'it is off our hands, and its money is for you to see to',
} as const satisfies Record<(typeof DECISIONS)[number], string>;

/** Words of a gateway may be in it: the service takes no controls. */
const LONGEST_REASON = 200;

function resolve(id: string, decision: string, reason: string): string {
  const taken = Array.from(plainLine(reason)).slice(0, LONGEST_REASON).join('');
  return paidonce('resolve', id, { decision, reason: taken });
}

/** A shop is waiting for a session, or has told its customer to come back later. */
function unopened({ id, status, sessionId, gateway, createdAt }: Payment, now: Date): Finding[] {
  if (status !== 'PENDING' || sessionId !== null) return [];
  if (now.getTime() - Date.parse(createdAt) < UNHANDLED_AFTER_MS) return [];
  return [
    {
      about: id,
      text: `has no session at ${gateway} yet, asked for at ${createdAt}: it can't be paid`,
      todo: 'either the gateway does not answer or no worker takes it; it is opened by itself after that. This says which of them',
      commands: [paidonce('doctor')],
    },
  ];
}

/** A capture, refund or void that has not ended, and should have. */
function unfinished({ id, timeline }: Payment, now: Date): Finding[] {
  const open = openOperations(timeline).filter(
    ({ at }) => now.getTime() - Date.parse(at) > UNFINISHED_AFTER_MS,
  );
  const todo =
    'look at the transaction at the gateway; docs/operations.md, "A capture, refund or void that does not end"';
  return open.map(({ at, text }) => ({ about: id, text: `${text} (since ${at})`, todo }));
}

/** What was asked for and has not ended, as the story shows it. */
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
}

function untold({ id, timeline }: Payment, now: Date): Finding[] {
  return timeline.flatMap(({ at, data, text }) => {
    const { effectId, type, state } = data as Partial<Told>;
    if (type === undefined || state === undefined) return [];
    if (state === 'gave_up' || state === 'gone') {
      const again = effectId
        ? [paidonce('redeliver', effectId, { reason: 'the endpoint answers again' })]
        : [];
      return [{ about: id, text, todo: `${REPAIR}, then`, commands: again }];
    }
    const since = queuedAt(timeline, type) ?? at;
    const isLate = state === 'pending' && now.getTime() - Date.parse(since) > UNTOLD_AFTER_MS;
    return isLate ? [{ about: id, text, todo: REPAIR }] : [];
  });
}

const REPAIR = "repair the shop's endpoint (ORDER_WEBHOOK_URL)";

function queuedAt(timeline: Payment['timeline'], type: string): string | undefined {
  return timeline.find(({ kind, text }) => kind === 'update' && text.startsWith(`${type} queued`))?.at;
}

function unhandled({ id, deliveries }: Story['payments'][number], now: Date): Finding[] {
  const waiting = deliveries.filter(
    ({ outcome, state, receivedAt }) =>
      outcome === 'accepted' &&
      state !== 'handled' &&
      now.getTime() - Date.parse(receivedAt) > UNHANDLED_AFTER_MS,
  );
  return waiting.map((delivery) => ({
    about: id,
    text: `callback ${delivery.id} of ${delivery.receivedAt} is verified, but no workflow has dealt with it (${delivery.state})`,
    todo: 'is a worker running, and does the gateway answer?',
    commands: [paidonce('doctor')],
  }));
}

/** An open payment lives in a run; without one no hold is polled, and no deadline is noticed. */
function lostRun({ id, status, createdAt, workflow }: Payment, runs: readonly Run[], now: Date): Finding[] {
  const isNew = now.getTime() - Date.parse(createdAt) < UNHANDLED_AFTER_MS;
  const isThere = runs.some((run) => run.workflowId === workflow.workflowId && LIVES.has(run.status));
  if (isSettled(status) || isNew || isThere) return [];
  const text = `is ${status}, but Temporal has no running workflow ${workflow.workflowId}`;
  return [{ about: id, text, todo: COMES_BACK[status] ?? COMES_BACK.PENDING }];
}

const COMES_BACK: Readonly<Record<string, string>> & { readonly PENDING: string } = {
  PENDING:
    'the sweep starts it again within minutes; asking for the payment again (POST /v1/payments) does so at once',
  ON_HOLD: 'it is started again by itself, after three times ON_HOLD_POLL_INTERVAL',
  REVIEW: 'it is started again by itself within three hours, and at once by a decision',
};

/** A sent operation has a run that reads what became of it. */
function lostMoneyRun(
  { id, timeline }: Payment,
  { order, runs, now }: { order: Order; runs: readonly Run[]; now: Date },
): Finding[] {
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
        todo: 'it is started again by itself within 90 minutes; asking for the same once more starts it at once and does nothing twice',
        commands: reference.startsWith('give-back-') ? [] : [paidonce(move, order.reference, { reference })],
      },
    ];
  });
}

function stuck({ workflowId, problems }: Run): Finding[] {
  if (problems === null) return [];
  const text = `its workflow task keeps failing (${problems}): it stands still until that is repaired`;
  return [{ about: workflowId, text, todo: 'docs/operations.md, "A run that is stuck"' }];
}

function paused({ workflowId, status, pending }: Run, server: TemporalServer): Finding[] {
  const finding = (what: string, ...command: string[]) => ({
    about: workflowId,
    text: `${what} is paused by an operator: nothing goes on`,
    todo: 'this lets it go on; docs/temporal-ui.md',
    commands: [temporal(server, ...command, '-w', workflowId)],
  });
  return [
    ...(status === 'PAUSED' ? [finding('the run', 'workflow', 'unpause')] : []),
    ...pending
      .filter(({ isPaused }) => isPaused)
      .map(({ activity, id }) => finding(activity, 'activity', 'unpause', '--activity-id', id)),
  ];
}

function stubborn({ workflowId, pending }: Run): Finding[] {
  return pending
    .filter(
      ({ attempt, lastFailure, isPaused }) =>
        attempt >= STUBBORN_ATTEMPTS && lastFailure !== null && !isPaused,
    )
    .map(({ activity, attempt, lastFailure, nextAt }) => ({
      about: workflowId,
      text: `${activity} is at attempt ${attempt}: ${lastFailure}${nextAt === null ? '' : `; next ${nextAt}`}`,
      todo: 'it is tried without end; this checks the other side',
      commands: [paidonce('doctor')],
    }));
}
