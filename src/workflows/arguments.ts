/**
 * Parses what is sent to handlers and workflows, since an operator's command line can send anything. Only the
 * functions named `expect…` throw: they refuse an update, or the input of a whole run, and say what was
 * expected.
 */
import { ApplicationFailure } from '@temporalio/common';
import type { Callback, Claim } from '../domain/callback.ts';
import type { OpenedPayment } from '../domain/opened-payment.ts';
import type { LookRequest, Poke } from '../domain/trigger.ts';
import {
  moneyWorkflowId,
  paymentWorkflowId,
  type CarriedState,
  type CancelRequest,
  type GiveBackRequest,
  type MoneyInput,
  type OpenOperation,
  type PaymentSessionInput,
  type ResolveRequest,
} from './messages.ts';
import type { CarriedOpening } from './opening-plan.ts';

/**
 * Longer than any id, reason or reference of ours or of a gateway. A longer text would be carried from run to
 * run.
 */
const LONGEST_TEXT = 500;
/** The most carried ids, and the most carried operations: more than either list ever holds. */
const MOST_CARRIED = 500;

type Fields = Readonly<Record<string, unknown>>;

/** An empty object where the value is no object. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

/** A text that the store accepts: not empty, not too long, no control characters, no lone surrogates. */
function isText(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value !== '' &&
    value.length <= LONGEST_TEXT &&
    /^[^\p{Cc}\p{Cs}]*$/u.test(value)
  );
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** An RFC 3339 time of this millennium. Any other value gives the time at which it was received. */
function timeOf(value: unknown, now: number): string {
  return new Date(isTime(value) ? Date.parse(value) : now).toISOString();
}

function isTime(value: unknown): value is string {
  const isWritten = isText(value) && /^2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value);
  return isWritten && !Number.isNaN(Date.parse(value));
}

/** Null where the value is no callback of ours. Fields of a claim that are no texts are left out. */
export function callbackOf(value: unknown, now: number): Callback | null {
  const { eventId, contentHash, claim, receivedAt } = fieldsOf(value);
  if (!isText(eventId) || !isText(contentHash)) return null;
  return { eventId, contentHash, claim: claimOf(claim), receivedAt: timeOf(receivedAt, now) };
}

function claimOf(value: unknown): Claim {
  const claim = fieldsOf(value);
  const names = ['sessionId', 'transactionId', 'event', 'error', 'eventRef'] as const;
  return Object.fromEntries(names.flatMap((name) => (isText(claim[name]) ? [[name, claim[name]]] : [])));
}

/** A poke of an unknown kind counts as the weakest one: the browser's. */
export function pokeOf(value: unknown, now: number): Poke {
  const { why, at } = fieldsOf(value);
  return { why: why === 'unproved_callback' ? why : 'return', at: timeOf(at, now) };
}

const LOOKS = ['sweep', 'reconciliation', 'unwatched', 'operator', 'refused_refund', 'in_review'] as const;

/** Any value asks for a look. Without a known reason, an operator is taken to have asked. */
export function lookOf(value: unknown, now: number): LookRequest {
  const { why, at, transactionId } = fieldsOf(value);
  const known = LOOKS.find((look) => look === why) ?? 'operator';
  return { why: known, at: timeOf(at, now), ...(isText(transactionId) && { transactionId }) };
}

/** Null where the value is no such text. */
export function textOf(value: unknown): string | null {
  return isText(value) ? value : null;
}

/** Null where the value is no request to give back. */
export function giveBackOf(value: unknown): GiveBackRequest | null {
  const { cause, noteKey } = fieldsOf(value);
  if (cause === 'late_money') return { cause };
  return cause === 'operator' && isText(noteKey) ? { cause, noteKey } : null;
}

/** @throws ApplicationFailure */
export function expectCancel(value: unknown): CancelRequest {
  const { noteKey } = fieldsOf(value);
  if (isText(noteKey)) return { noteKey };
  throw refusal('cancelSession expects {"noteKey":"…"}: use paidonce cancel');
}

/** @throws ApplicationFailure */
export function expectResolve(value: unknown): ResolveRequest {
  const { decision, noteKey } = fieldsOf(value);
  const isDecision = decision === 'accept' || decision === 'dismiss';
  if (isDecision && isText(noteKey)) return { decision, noteKey };
  throw refusal(
    'resolveReview expects {"decision":"accept" or "dismiss","noteKey":"…"}: use paidonce resolve',
  );
}

/** @throws ApplicationFailure */
export function expectOperationId(value: unknown): string {
  if (isText(value)) return value;
  throw refusal('carryOut expects the id of an operation, "op_…": use paidonce capture, refund or void');
}

/** @throws ApplicationFailure */
export function expectGiveBack(value: unknown): GiveBackRequest {
  const asked = giveBackOf(value);
  if (asked !== null) return asked;
  throw refusal(
    'giveBack expects {"cause":"late_money"} or {"cause":"operator","noteKey":"…"}: use paidonce resolve --decision give_back',
  );
}

/**
 * Checks that the input matches the workflow id. Otherwise the run would be taken for the run of the payment
 * that its id names.
 * @throws ApplicationFailure, which ends the run
 */
export function expectPaymentInput(value: unknown, workflowId: string): PaymentSessionInput {
  const { carried, opened } = fieldsOf(value);
  const address = expectAddress(value, 'paymentSession');
  if (workflowId !== paymentWorkflowId(address)) throw otherThan(workflowId, paymentWorkflowId(address));
  if (carried !== undefined) return { ...address, carried: carriedOf(carried) };
  const payment = openedOf(opened);
  return payment === null ? address : { ...address, opened: payment };
}

/** Null where the value is no session of ours: the run then finds the session by itself. */
function openedOf(value: unknown): OpenedPayment | null {
  const { money, sessionId, checkoutUrl, expiresAt, expiryDueAt, pollIntervalMs, capture } = fieldsOf(value);
  const { amountMinor, currency } = fieldsOf(money);
  const isMoney = isCount(amountMinor) && isText(currency);
  const isSession = isText(sessionId) && isText(checkoutUrl) && isText(capture);
  if (!isMoney || !isSession || !isTime(expiresAt) || !isTime(expiryDueAt) || !isCount(pollIntervalMs))
    return null;
  return {
    kind: 'opened',
    status: 'PENDING',
    reviewCode: null,
    dismissed: false,
    transactionId: null,
    knownEvents: [],
    money: { amountMinor, currency },
    sessionId,
    checkoutUrl,
    expiresAt,
    expiryDueAt,
    pollIntervalMs,
    capture,
    mayHaveSurplus: false,
  };
}

/** @throws ApplicationFailure, which ends the run */
export function expectMoneyInput(value: unknown, workflowId: string): MoneyInput {
  const { carried } = fieldsOf(value);
  const address = expectAddress(value, 'moneyOperations');
  const expected = moneyWorkflowId(address.paymentId);
  if (workflowId !== expected) throw otherThan(workflowId, expected);
  const { open, givesBack, nextGiveBack } = fieldsOf(carried);
  const give = { givesBack: giveBackOf(givesBack), nextGiveBack: giveBackOf(nextGiveBack) };
  return { ...address, carried: { open: openOf(open), ...give } };
}

function expectAddress(value: unknown, workflow: string): Omit<PaymentSessionInput, 'carried'> {
  const { paymentId, orderReference, n, gateway } = fieldsOf(value);
  if (isText(paymentId) && isText(orderReference) && isCount(n) && n > 0 && isText(gateway))
    return { paymentId, orderReference, n, gateway };
  throw refusal(`${workflow} expects {"paymentId","orderReference","n","gateway"}: only paidonce starts it`);
}

function otherThan(workflowId: string, expected: string): ApplicationFailure {
  return refusal(`the input belongs to ${expected}, not to ${workflowId}`);
}

function carriedOf(value: unknown): CarriedState {
  const { seen, unclearSince, followUps, closing, nextLook, opening } = fieldsOf(value);
  const begun = openingOf(opening);
  const look = nextLookOf(nextLook);
  return {
    seen: textsOf(seen),
    ...(isCount(unclearSince) && { unclearSince }),
    ...(isCount(followUps) && { followUps }),
    ...((closing === 'merchant' || closing === 'order_paid') && { closing }),
    ...(look !== null && { nextLook: look }),
    ...(begun !== null && { opening: begun }),
  };
}

function openingOf(value: unknown): CarriedOpening | null {
  const { since, tries, nextTry, isResting } = fieldsOf(value);
  if (!isCount(since) || !isCount(tries) || !isCount(nextTry)) return null;
  return { since, tries, nextTry, isResting: isResting === true };
}

function nextLookOf(value: unknown): NonNullable<CarriedState['nextLook']> | null {
  const { at, why } = fieldsOf(value);
  const known = (['follow-up', 'poll', 'review'] as const).find((look) => look === why);
  return isCount(at) && known !== undefined ? { at, why: known } : null;
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter(isText).slice(-MOST_CARRIED) : [];
}

function openOf(value: unknown): OpenOperation[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, MOST_CARRIED).flatMap((one: unknown) => {
    const { operationId, about, since, tries, due } = fieldsOf(one);
    const isOpen = isText(operationId) && isCount(since) && isCount(tries) && isCount(due);
    return isOpen ? [{ operationId, ...(isText(about) && { about }), since, tries, due }] : [];
  });
}

/** The message says what was expected. Not retryable: a retry can't help. */
export function refusal(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, 'NOT_UNDERSTOOD');
}
