/** What the Temporal Web UI shows about a run. */
import { upsertSearchAttributes, setCurrentDetails } from '@temporalio/workflow';
import type { PaymentStatus } from '../domain/payment.ts';
import type { LookRequest, Poke, Triggers } from '../domain/trigger.ts';
import { PaymentStatusKey, SessionIdKey, TransactionIdKey, type PaymentView } from './messages.ts';
import { statusOf, type RunState } from './run-state.ts';

/** The values of the search attributes. A run without any has no status. */
type Published = Pick<PaymentView, 'sessionId' | 'transactionId'> & { readonly status: PaymentStatus | null };

/** Updates the search attributes that have changed: one event, or none where nothing has changed. */
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

/** In plain words: what the run waits for. */
export function waitsFor({ phase, doing, opening, telling }: RunState): string {
  if (doing !== null) return `the gateway: ${doing}`;
  if (phase.kind === 'without_session') return phase.reason;
  if (phase.kind === 'opening')
    return opening.isResting ? 'a new request for the session' : 'the gateway to open a session';
  if (telling.size > 0) return `the merchant to acknowledge ${[...telling].join(', ')}`;
  const { status, expiryDueAt, reviewCode } = phase.payment;
  if (status === 'PENDING') return `a callback, the payer's browser or the sweep, until ${expiryDueAt}`;
  if (status === 'ON_HOLD') return 'the gateway to decide; read again by timer, with or without a callback';
  if (status === 'REVIEW') return 'a person: paidonce resolve; the gateway is read every hour';
  if (reviewCode !== null) return 'a clear answer of the gateway, which is read every hour, and a person';
  return 'nothing: settled';
}

/** A few lines of Markdown at the top of the run's page. */
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
      ...[...run.beside].map((what) => `- at the same time: ${what}`),
      run.doing !== null && `- ${WHERE_ATTEMPTS_ARE}`,
      `- looked ${run.looks} times, ${run.seen.size} callbacks`,
    ]
      .filter(Boolean)
      .join('\n'),
  );
}

/** A run can't see how often Temporal has tried one of its activities. */
export const WHERE_ATTEMPTS_ARE =
  'number of the attempt and last failure: Pending Activities of this page, or `paidonce why`';

/**
 * Shows at once what is being done; null when it is done. While an activity runs, nothing else would show it.
 */
export function showDoing(run: RunState, doing: string | null): void {
  run.doing = doing === null ? null : `${doing}, since ${new Date(Date.now()).toISOString()}`;
  showDetails(run);
}

/** Shows that a look has begun, and why. */
export function showLook(run: RunState, triggers: Triggers): void {
  const because = becauseOf(triggers).join(', ');
  showDoing(run, because === '' ? 'looking' : `looking because of ${because}`);
}

function becauseOf({ callbacks, pokes, requests, timer, expiry }: Triggers): string[] {
  const calls = callbacks.length === 1 ? '1 callback' : `${callbacks.length} callbacks`;
  return [
    ...(callbacks.length === 0 ? [] : [calls]),
    ...new Set([...pokes, ...requests].map(({ why }) => ASKED_BY[why])),
    ...(timer === null ? [] : [`a timer (${timer})`]),
    ...(expiry === null ? [] : ['the end of its lifetime']),
  ];
}

const ASKED_BY = {
  return: "the payer's return",
  unproved_callback: 'a callback that proves nothing',
  sweep: 'the sweep',
  reconciliation: 'the reconciliation',
  operator: 'an operator',
  refused_refund: 'a refund of more than we know to be captured',
  unwatched: 'no run watching it',
  in_review: 'its money run, which has put the payment in REVIEW',
} as const satisfies Record<(Poke | LookRequest)['why'], string>;

/** One line of a page. Temporal guarantees to keep 400 bytes of it. Some lines have foreign texts. */
export function summaryOf(text: string): string {
  const shown = inMarkdown(text);
  return shown.length <= LONGEST_SUMMARY ? shown : `${shown.slice(0, LONGEST_SUMMARY)} …`;
}

/** Escapes a foreign text, so that it makes no line break, code, link, image or HTML in the page. */
export function inMarkdown(text: string): string {
  // oxlint-disable-next-line no-control-regex -- controls are what it looks for
  const oneLine = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');
  return oneLine.replace(/[\\`*[\]<>&|~!]|(?<=:)\/(?=\/)|(?<=www)\./g, '\\$&');
}

/** In characters of at most three bytes each. */
const LONGEST_SUMMARY = 120;
