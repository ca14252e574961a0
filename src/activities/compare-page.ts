/** The reconciliation of one page of a gateway's listing of new transactions. */
import type { PaymentKey } from '../domain/payment.ts';
import { mayBeMoney, sideThere } from '../domain/reconcile.ts';
import { GatewayRejected } from '../gateways/gateway-errors.ts';
import type { Gateway, ListedTransaction } from '../gateways/gateway.ts';
import type { Db } from '../store/open.ts';
import { movingMoney, writeCompared, type ComparedRow } from '../store/reconciled.ts';
import { knownForeign, rememberForeign } from '../store/reconciliations.ts';
import { comparedRow } from './comparing.ts';
import { paymentsBehind } from './listed-payments.ts';
import type { Period } from './reconcile-activities.ts';

/** How far the gateway's clock may be from ours: callbacks are refused at a larger difference. */
const CLOCKS_APART_MS = 15 * 60_000;

export interface PageAt extends Period {
  readonly listing: string;
  readonly cursor: string | null;
}

/** Compares every transaction of the page that belongs to the period. Returns the next page's cursor. */
export async function comparePage(
  db: Db,
  gateway: Gateway,
  at: PageAt,
  signal: AbortSignal,
): Promise<string | null> {
  const { id, listing, cursor } = at;
  const period = { since: new Date(at.since), until: at.until === null ? null : new Date(at.until) };
  const wider = {
    since: new Date(period.since.getTime() - CLOCKS_APART_MS),
    ...(period.until !== null && { until: new Date(period.until.getTime() + CLOCKS_APART_MS) }),
  };
  const { rows, next } = await gateway.listPage({ listing, cursor, ...wider }, { signal });
  const behind = await paymentsBehind(db, gateway.id, rows);
  // Of ours the time of our own clock counts too, since the clocks differ.
  const isMeant = ({ createdAt }: { readonly createdAt: Date }): boolean =>
    createdAt >= period.since && (period.until === null || createdAt < period.until);
  const meant = behind.filter(
    ({ listed, payment }) => isMeant(listed) || (payment !== null && isMeant(payment)),
  );
  const moving = await movingMoney(
    db,
    meant.flatMap(({ payment }) => payment?.id ?? []),
  );
  const ours = meant.flatMap(({ listed, payment }) =>
    payment === null
      ? []
      : [comparedRow(payment, listed.transactionId, listed, { account: gateway.account, moving })],
  );
  const unknown = meant.flatMap(({ listed, payment }) => (payment === null ? [listed] : []));
  await writeCompared(db, id, [...ours, ...(await namedOrForeign(db, gateway, unknown, signal))]);
  return next;
}

async function namedOrForeign(
  db: Db,
  gateway: Gateway,
  unknown: readonly ListedTransaction[],
  signal: AbortSignal,
): Promise<ComparedRow[]> {
  const unnamed = unknown.filter(({ key }) => key === undefined).flatMap(({ sessionId }) => sessionId ?? []);
  const known = await knownForeign(db, gateway.id, unnamed);
  const foreign: string[] = [];
  const found: ComparedRow[] = [];
  for (const listed of unknown) {
    const { sessionId } = listed;
    let key = listed.key ?? null;
    if (listed.key === undefined && sessionId !== null && !known.has(sessionId)) {
      const named = await keyOfSession(gateway, sessionId, signal);
      if (named === 'foreign') foreign.push(sessionId);
      key = typeof named === 'string' ? null : named;
    }
    found.push(key === null ? foreignRow(listed) : missingHere(listed, key));
  }
  await rememberForeign(db, gateway.id, foreign);
  return found;
}

/** `absent`: not there yet, or not readable. It is asked for again the next time. */
async function keyOfSession(
  gateway: Gateway,
  sessionId: string,
  signal: AbortSignal,
): Promise<PaymentKey | 'foreign' | 'absent'> {
  const session = await gateway.readSession(sessionId, { signal }).catch((error: unknown) => {
    if (error instanceof GatewayRejected) return 'absent' as const;
    throw error;
  });
  return typeof session === 'string' ? session : session.key;
}

function foreignRow({ transactionId, sessionId }: ListedTransaction): ComparedRow {
  const nothing = { orderReference: null, paymentId: null, here: null, there: null, explanation: null };
  return { key: transactionId, class: 'foreign', sessionId, transactionId, ...nothing };
}

/** Its session names a payment of ours, and we have no such payment. */
function missingHere(listed: ListedTransaction, { paymentId, orderReference }: PaymentKey): ComparedRow {
  const { transactionId, sessionId, status } = listed;
  return {
    key: transactionId,
    class: 'missing_here',
    orderReference,
    paymentId,
    sessionId,
    transactionId,
    here: null,
    there: sideThere(listed),
    explanation: mayBeMoney(status) ? null : 'no_money',
  };
}
