/** The backfill of one page of a gateway's events. */
import type { PaymentKey } from '../domain/payment.ts';
import { GatewayRejected } from '../gateways/gateway-errors.ts';
import type { AccountEvent, Gateway } from '../gateways/gateway.ts';
import type { Db } from '../store/open.ts';
import { writeBackfilled, type BackfilledEvent } from '../store/backfilled.ts';
import { countBackfilled } from '../store/backfills.ts';
import type { PaymentRow } from '../store/payments.ts';
import type { BackfillDependencies, BackfillPeriod, BackfillStep } from './backfill-activities.ts';
import { paymentsBehind } from './listed-payments.ts';

/** `counts`: of the pages before. */
export interface BackfillPageAt extends BackfillPeriod, BackfillStep {}

/**
 * Writes the events of the page that are about payments of ours. Nothing else follows from them: no signal, no note
 * and no look. @throws GatewayRejected where the gateway has no list of events
 */
export async function backfillPage(
  { db, onUnclear }: Pick<BackfillDependencies, 'db' | 'onUnclear'>,
  gateway: Gateway,
  { id, since, until, cursor, counts }: BackfillPageAt,
  signal: AbortSignal,
): Promise<BackfillStep> {
  if (gateway.listEvents === undefined)
    throw new GatewayRejected(`${gateway.id} has no list of events that could be read`);
  const place = { since: new Date(since), until: new Date(until), cursor };
  const { rows, next } = await gateway.listEvents(place, { signal });
  for (const { kind, eventId } of rows) if (kind === 'unclear') onUnclear?.(gateway.id, eventId);
  const ours = await aboutOurs(db, gateway.id, rows);
  const written = await writeBackfilled(db, { id, gateway: gateway.id }, ours);
  const sums = {
    read: counts.read + rows.length,
    written: counts.written + written,
    known: counts.known + ours.length - written,
    foreign: counts.foreign + rows.length - ours.length,
  };
  await countBackfilled(db, id, sums);
  return { cursor: next, counts: sums };
}

/**
 * The events whose own key, or else whose session or transaction, is of a payment of ours. An event that names a
 * transaction alone is not parked: its payment would have the transaction by now.
 */
async function aboutOurs(db: Db, gateway: string, rows: readonly AccountEvent[]): Promise<BackfilledEvent[]> {
  const about = rows.filter(({ kind }) => kind === 'payment');
  const keyless = about.filter(({ key, isKeyless }) => key === null && isKeyless === true);
  const named = keyless.map((row) => {
    const { sessionId = null, transactionId = '' } = row.claim;
    return { row, sessionId, transactionId };
  });
  const behind = await paymentsBehind(db, gateway, named);
  const found = new Map(behind.map(({ listed, payment }) => [listed.row, payment && keyOf(payment)]));
  return about.flatMap((row) => {
    const key = row.key ?? found.get(row) ?? null;
    return key === null ? [] : [{ ...row, key }];
  });
}

function keyOf({ id: paymentId, orderReference, n }: PaymentRow): PaymentKey {
  return { paymentId, orderReference, n };
}
