/** What a person sees that opens the run in the Temporal Web UI. */
import { upsertSearchAttributes, setCurrentDetails } from '@temporalio/workflow';
import type { PaymentStatus } from '../domain/payment.ts';
import type { Poke, Triggers } from '../domain/trigger.ts';
import { PaymentStatusKey, SessionIdKey, TransactionIdKey, type PaymentView } from './messages.ts';
import { statusOf, type RunState } from './run-state.ts';

/** What the search attributes say; a run without any has no status. */
type Published = Pick<PaymentView, 'sessionId' | 'transactionId'> & { readonly status: PaymentStatus | null };

/** Makes the run findable by what has changed; one event, and none when nothing has. */
export function publishSearchAttributes(run: RunState, before: Published): void {
  const now = viewOf(run);
  const changed = [
    ...(now.status === before.status ? [] : [{ key: PaymentStatusKey, value: now.status }]),
    ...(now.sessionId === before.sessionId ? [] : [{ key: SessionIdKey, value: now.sessionId }]),
    ...(now.transactionId === before.transactionId
      ? []
      : [{ key: TransactionIdKey, value: now.transactionId }]),
  ];
  if (changed.length > 0) upsertSearchAttributes(changed);
}

export function viewOf(run: RunState): PaymentView {
  const payment = run.phase.kind === 'watching' ? run.phase.payment : null;
  return {
    status: statusOf(run),
    sessionId: payment?.sessionId ?? null,
    transactionId: payment?.transactionId ?? null,
    waitsFor: waitsFor(run),
  };
}

/** In plain words, what happens next. */
export function waitsFor({ phase, doing, opening, telling }: RunState): string {
  if (doing !== null) return `the gateway: ${doing}`;
  if (phase.kind === 'without_session') return phase.reason;
  if (phase.kind === 'opening')
    return opening.isResting ? 'somebody to ask for the session again' : 'the gateway to open a session';
  if (telling.size > 0) return `the merchant to hear ${[...telling].join(', ')}`;
  const { status, expiryDueAt, reviewCode } = phase.payment;
  if (status === 'PENDING') return `a callback, the payer's browser or the sweep, until ${expiryDueAt}`;
  if (status === 'ON_HOLD') return 'the gateway to decide; asked again by timer, callback or not';
  if (status === 'REVIEW') return 'a person: paidonce resolve; the gateway is asked every hour';
  if (reviewCode !== null) return 'the gateway to say clearly what it is; asked every hour, and a person';
  return 'nothing: settled';
}

/** A few lines of Markdown at the head of the run's page. */
export function showDetails(run: RunState): void {
  const { status, sessionId, transactionId, waitsFor: waits } = viewOf(run);
  const { orderReference, paymentId, gateway } = run.input;
  const money = run.phase.kind === 'watching' ? run.phase.payment.money : null;
  setCurrentDetails(
    [
      `**${status}** order \`${orderReference}\`, payment \`${paymentId}\``,
      money && `- ${money.amountMinor} minor units of ${money.currency} by ${gateway}`,
      sessionId && `- session ${inMarkdown(sessionId)}`,
      transactionId && `- transaction ${inMarkdown(transactionId)}`,
      `- waits for ${inMarkdown(waits)}`,
      ...[...run.beside].map((what) => `- beside that, sees to it ${what}`),
      run.doing !== null && `- ${WHERE_ATTEMPTS_ARE}`,
      `- looked ${run.looks} times, ${run.seen.size} callbacks`,
    ]
      .filter(Boolean)
      .join('\n'),
  );
}

/** A run can't see how often Temporal has tried an activity of its own. */
export const WHERE_ATTEMPTS_ARE =
  'which attempt it is, and what the last one met: Pending Activities of this page, or `paidonce why`';

/** Says at once what is being done, null when it is done: while an activity is out, nothing else would. */
export function showDoing(run: RunState, doing: string | null): void {
  run.doing = doing === null ? null : `${doing}, since ${new Date(Date.now()).toISOString()}`;
  showDetails(run);
}

/** Says that a look has begun, and why. */
export function showLook(run: RunState, triggers: Triggers): void {
  const because = becauseOf(triggers).join(', ');
  showDoing(run, because === '' ? 'looking' : `looking because of ${because}`);
}

function becauseOf({ callbacks, pokes, timer, expiry }: Triggers): string[] {
  const calls = callbacks.length === 1 ? '1 callback' : `${callbacks.length} callbacks`;
  return [
    ...(callbacks.length === 0 ? [] : [calls]),
    ...new Set(pokes.map(({ why }) => POKED[why])),
    ...(timer === null ? [] : [`a timer (${timer})`]),
    ...(expiry === null ? [] : ['the end of its time']),
  ];
}

const POKED = {
  return: "the payer's return",
  unproved_callback: 'a callback that proves nothing',
  sweep: 'the sweep',
  operator: 'an operator',
  refused_refund: 'a refund of more than we know to be captured',
  unwatched: 'nobody watching it',
  in_review: 'its money run, which has put it in REVIEW',
} as const satisfies Record<Poke['why'], string>;

/** One line of a page, of which Temporal promises to keep 400 bytes; some of them hold words of others. */
export function summaryOf(text: string): string {
  const shown = inMarkdown(text);
  return shown.length <= LONGEST_SUMMARY ? shown : `${shown.slice(0, LONGEST_SUMMARY)} …`;
}

/** Words of others as words: they make no line, no code, no link, no image and no HTML of the page. */
export function inMarkdown(text: string): string {
  // oxlint-disable-next-line no-control-regex -- controls are what it looks for
  const oneLine = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');
  return oneLine.replace(/[\\`*[\]<>&|~!]|(?<=:)\/(?=\/)|(?<=www)\./g, '\\$&');
}

/** Of at most three bytes each. */
const LONGEST_SUMMARY = 120;
