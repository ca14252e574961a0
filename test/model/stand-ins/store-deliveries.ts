/** `src/store/deliveries.ts` and the log of `src/store/log-delivery.ts` in memory. */
import { tellsNews, type Callback } from '../../../src/domain/callback.ts';
import { isOpen } from '../../../src/domain/payment.ts';
import type { DeliveryRow } from '../../../src/store/deliveries.ts';
import type { LogAnswer, ReceivedDelivery } from '../../../src/store/log-delivery.ts';
import type { Db } from '../../../src/store/open.ts';
import { isUnfinished, tablesOf, type Tables } from '../world/tables.ts';
import { newId } from './store-new-ids.ts';

export type * from '../../../src/store/deliveries.ts';

const MINUTE_MS = 60_000;

export function logDelivery(db: Db, received: ReceivedDelivery): Promise<LogAnswer> {
  const tables = tablesOf(db);
  return tables.call('log a delivery', () => log(tables, received));
}

function log(tables: Tables, received: ReceivedDelivery): LogAnswer {
  const known = tables.deliveries.get(received.eventId);
  if (known !== undefined) {
    const { id, state } = known;
    const toSignal = state === 'received';
    return { id, result: 'duplicate', toSignal, mayBeEcho: toSignal && mayBeEcho(tables, received) };
  }
  const row = deliveryRow(received, outcomeOf(tables, received));
  const isNews = row.outcome === 'accepted' && tells(tables, row);
  const state = received.isParked === true ? 'parked' : isNews ? 'received' : 'handled';
  tables.deliveries.set(received.eventId, { ...row, state });
  const toSignal = state === 'received';
  const result = row.outcome as LogAnswer['result'];
  return { id: row.id, result, toSignal, mayBeEcho: toSignal && mayBeEcho(tables, received) };
}

function outcomeOf(tables: Tables, received: ReceivedDelivery): LogAnswer['result'] {
  if (received.isParked === true) return 'accepted';
  if (received.ignoredBecause !== undefined) return 'ignored';
  return isDuplicate(tables, received) ? 'duplicate' : 'accepted';
}

function mayBeEcho(tables: Tables, { key, claim }: ReceivedDelivery): boolean {
  const sent = tables.operationsOf(key?.paymentId ?? '').filter(isUnfinished);
  return claim.eventRef !== undefined && sent.some(({ sentAt }) => Number(sentAt) > Date.now() - 5_000);
}

export function asksForLook(db: Db, id: string, paymentId: string): Promise<boolean> {
  const tables = tablesOf(db);
  return tables.call('look whether a delivery is answered', () => {
    markAnswered(tables, paymentId);
    return [...tables.deliveries.values()].some((row) => row.id === id && row.state === 'received');
  });
}

/** Whether an equal delivery was handled and the payment is settled. */
function isDuplicate(tables: Tables, { key, contentHash }: ReceivedDelivery): boolean {
  const payment = key === null ? undefined : tables.payments.get(key.paymentId);
  if (payment === undefined || isOpen(payment.status) || payment.status === 'REVIEW') return false;
  return [...tables.deliveries.values()].some(
    (row) =>
      row.paymentId === payment.id &&
      row.contentHash === contentHash &&
      row.state === 'handled' &&
      row.outcome === 'accepted',
  );
}

function tells(tables: Tables, { paymentId, claim }: DeliveryRow): boolean {
  const payment = paymentId === null ? undefined : tables.payments.get(paymentId);
  return payment === undefined || payment.transactionId === null || tellsNews(claim, payment);
}

function deliveryRow(received: ReceivedDelivery, outcome: string): DeliveryRow {
  const { gateway, eventId, contentHash, key, claim, ignoredBecause: reason = null } = received;
  const now = new Date();
  return {
    id: newId('dlv'),
    gateway,
    eventId,
    backfilledEventId: null,
    backfillId: null,
    contentHash,
    paymentId: key?.paymentId ?? null,
    orderReference: key?.orderReference ?? null,
    n: key?.n ?? null,
    outcome,
    state: 'received',
    reason,
    claim: { ...claim },
    method: 'GET',
    target: '',
    headers: {},
    body: NOTHING,
    secret: null,
    clues: null,
    receipts: 1,
    receivedAt: now,
    lastReceivedAt: now,
    claimedAt: null,
    handledAt: null,
  };
}

const NOTHING = Buffer.alloc(0);

function mark(tables: Tables, row: DeliveryRow, changes: Partial<DeliveryRow>): void {
  tables.deliveries.set(row.eventId ?? '', { ...row, ...changes });
}

export function markAnswered(tables: Tables, paymentId: string): void {
  for (const row of tables.deliveries.values()) {
    const isWaiting = row.paymentId === paymentId && row.state !== 'handled' && row.outcome === 'accepted';
    if (isWaiting && !tells(tables, row)) mark(tables, row, { state: 'handled' });
  }
}

export function markHandled(
  tables: Tables,
  payment: { id: string; gateway: string; orderReference: string; n: number },
  handled: readonly Callback[],
): void {
  const { id: paymentId, orderReference, n, gateway } = payment;
  for (const { eventId, contentHash, claim } of handled) {
    const received = { eventId, contentHash, claim, gateway, key: { paymentId, orderReference, n } };
    const row = tables.deliveries.get(eventId) ?? deliveryRow(received as ReceivedDelivery, 'accepted');
    mark(tables, row, { state: 'handled' });
  }
}

export function markSignalled(db: Db, ids: readonly string[]): Promise<void> {
  const tables = tablesOf(db);
  return tables.call('mark as signalled', () => {
    for (const row of tables.deliveries.values())
      if (ids.includes(row.id) && row.state === 'received') mark(tables, row, { state: 'signalled' });
  });
}

export function markForeign(db: Db, _: string, eventIds: readonly string[]): Promise<void> {
  const tables = tablesOf(db);
  return tables.call('mark as foreign', () => {
    for (const row of tables.deliveries.values())
      if (eventIds.includes(row.eventId ?? '')) mark(tables, row, { state: 'handled', outcome: 'ignored' });
  });
}

export function claimUnsignalled(db: Db): Promise<DeliveryRow[]> {
  const tables = tablesOf(db);
  return tables.call('claim what was not signalled', () => {
    const now = Date.now();
    const claimed = [...tables.deliveries.values()].filter((row) => isDue(row, now));
    for (const row of claimed) mark(tables, row, { claimedAt: new Date() });
    return claimed;
  });
}

function isDue({ state, receivedAt, claimedAt }: DeliveryRow, now: number): boolean {
  const age = now - receivedAt.getTime();
  const free = (ms: number) => claimedAt === null || now - claimedAt.getTime() > ms;
  if (state === 'received') return age > 2_000 && free(10_000);
  return state === 'signalled' && age > 15 * MINUTE_MS && free(60 * MINUTE_MS);
}
