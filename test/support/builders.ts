/** Test data: complete, ordinary, and different only where a test says so. */
import { randomBytes } from 'node:crypto';
import type { PaymentAddress, PaymentStatus } from '../../src/domain/payment.ts';
import type { Callback } from '../../src/domain/callback.ts';
import type { Finding } from '../../src/domain/finding.ts';
import type { Note } from '../../src/domain/note.ts';
import type { Transaction } from '../../src/domain/transaction.ts';
import type { ReceivedDelivery } from '../../src/store/log-delivery.ts';
import type { RecordRequest, RecordSettings } from '../../src/store/record-finding/record-request.ts';
import { claimPayment, type NewPayment } from '../../src/store/claim-payment.ts';
import { writeDecision, type Decided } from '../../src/store/decisions.ts';
import { supersede, type OutboxState } from '../../src/store/outbox.ts';
import type { PaymentRow } from '../../src/store/payments.ts';
import { claimAttempt, finishAttempt } from '../../src/store/update-attempts.ts';
import type { Db } from '../../src/store/open.ts';

export const ACCOUNT = 'T12345678';

/** An order number that no other test uses. */
export function aReference(): string {
  return `order-${randomBytes(6).toString('hex')}`;
}

export function aNewPayment(changes: Partial<NewPayment> = {}): NewPayment {
  return {
    gateway: 'dintero',
    orderReference: aReference(),
    money: { amountMinor: 72200, currency: 'NOK' },
    expiresAt: new Date(Date.now() + 4 * 3_600_000),
    capture: 'manual',
    request: { lines: [] },
    metadata: {},
    ...changes,
  };
}

/** A payment that was just claimed. */
export async function aPayment(db: Db, changes: Partial<NewPayment> = {}): Promise<PaymentRow> {
  const claim = await claimPayment(db, aNewPayment(changes));
  if (claim.kind !== 'created') throw new Error(`a new payment was expected, not ${claim.kind}`);
  return claim.payment;
}

export function keyOf(payment: PaymentRow): { paymentId: string; orderReference: string; n: number } {
  return { paymentId: payment.id, orderReference: payment.orderReference, n: payment.n };
}

/** The address of a payment's run. */
export function addressOf(payment: PaymentRow): PaymentAddress {
  return { ...keyOf(payment), gateway: payment.gateway };
}

export function aSessionId(): string {
  return `${ACCOUNT}.${randomBytes(11).toString('hex')}`;
}

export const TELLS: RecordSettings = { policy: 'give_back', livemode: () => false, tells: true };

/** The finding of a look, without the transaction that shows it. */
export function aFinding(status: PaymentStatus, changes: Partial<Finding> = {}): Finding {
  return { status, pays: false, cause: 'look-1', ...changes };
}

/** Writes the note of a person's decision like the API; returns its key. */
export function aDecision(db: Db, { id }: Pick<PaymentRow, 'id'>, decision: Decided): Promise<string> {
  return writeDecision(db, id, { text: `ada asked to ${decision}: a test`, data: { decision } });
}

let looks = 0;

export interface RecordChanges extends Partial<Omit<RecordRequest, 'notes'>> {
  /** Null where there is no finding. */
  readonly finding?: Finding | null;
  readonly notes?: readonly Note[];
}

/**
 * Each is a separate look; the same one again is a retry. The transaction is that of the finding, where there
 * is one.
 */
export function aRecord(payment: PaymentRow, changes: RecordChanges = {}): RecordRequest {
  const { finding = aFinding('AUTHORIZED', { pays: true }), notes = [], transaction, ...more } = changes;
  const shown = transaction && { transaction };
  return {
    paymentId: payment.id,
    orderReference: payment.orderReference,
    account: ACCOUNT,
    decide: () => (finding === null ? { kind: 'keep' } : { kind: 'find', finding: { ...finding, ...shown } }),
    deliveries: [],
    notes: () => notes,
    key: `run-1-look-${(looks += 1)}`,
    ...shown,
    ...more,
  };
}

export function aTransaction(payment: PaymentRow, changes: Partial<Transaction> = {}): Transaction {
  return {
    transactionId: `${ACCOUNT}.tx-${payment.id}`,
    sessionId: payment.sessionId ?? aSessionId(),
    account: ACCOUNT,
    reference: payment.orderReference,
    money: { amountMinor: payment.amount, currency: payment.currency },
    status: 'AUTHORIZED',
    gatewayStatus: 'AUTHORIZED',
    authorized: true,
    authorizedMinor: payment.amount,
    capturedMinor: 0,
    refundedMinor: 0,
    capturableMinor: payment.amount - (changes.capturedMinor ?? 0),
    operations: [],
    updatedAt: '2026-11-21T12:00:00.000Z',
    ...changes,
  };
}

/**
 * One attempt to notify the merchant, recorded like the activity does; the next one is due at once. Returns
 * whether it could be made.
 */
export async function attempted(
  db: Db,
  effectId: string,
  { state, answer }: { state: OutboxState; answer: string },
): Promise<boolean> {
  if (state === 'superseded') await supersede(db, effectId);
  const claimed = await claimAttempt(db, effectId, 60_000);
  if (claimed === null) return false;
  const sent = { status: Number(answer) || null, error: null, ms: 5, answer: null };
  await finishAttempt(db, claimed, sent, { state, lastAnswer: answer, retryAfterMs: 0 });
  return true;
}

/** A verified delivery about a payment, or about none. */
export function aDelivery(
  payment: PaymentRow | null,
  changes: Partial<ReceivedDelivery> = {},
): ReceivedDelivery {
  return {
    gateway: 'dintero',
    eventId: `event-${randomBytes(8).toString('hex')}`,
    contentHash: 'what-it-says',
    key: payment === null ? null : keyOf(payment),
    claim: {},
    method: 'GET',
    target: '/callbacks/dintero?payment=1',
    headers: { host: 'pay.example' },
    body: Buffer.alloc(0),
    ...changes,
  };
}

/** A verified callback, as its run gets it. */
export function aCallback(eventId: string, claim: Callback['claim'] = {}): Callback {
  return { eventId, contentHash: eventId, claim, receivedAt: new Date().toISOString() };
}

export function handled({ eventId, contentHash, claim }: ReceivedDelivery): Callback {
  return { eventId, contentHash, claim, receivedAt: '2026-11-21T12:00:00.000Z' };
}
