/** Opens a session: creates it at the gateway, then records it. */
import { crashable } from '../crash-points.ts';
import type { Gateway, SessionRequest } from '../gateways/gateway.ts';
import type { Db } from '../store/open.ts';
import { moneyOf } from '../store/payment-snapshot.ts';
import { recordOpened, type KeptSession, type OpenedSession, type PaymentRow } from '../store/payments.ts';

export interface OpeningTools extends Creating {
  readonly db: Db;
}

interface Creating {
  readonly gateway: Gateway;
  readonly signal: AbortSignal;
}

/**
 * Returns the session that counts. If it is not ours, ours came too late: no payer has its address, and it is
 * closed. `keyNumber`: counts the idempotency keys, from 1. @throws GatewayRejected | GatewayUnavailable
 */
export async function openAtGateway(
  tools: OpeningTools,
  row: PaymentRow,
  { keyNumber = 1, ...how }: Pick<OpenedSession, 'runId' | 'ifPending'> & { readonly keyNumber?: number },
): Promise<{ readonly kept: KeptSession; readonly isOurs: boolean }> {
  const { sessionId, checkoutUrl } = await createAtGateway(tools, row, keyNumber);
  const text = `session ${sessionId} opened at ${tools.gateway.id}`;
  const kept = await writeOpened(tools.db, row, { sessionId, checkoutUrl, text, ...how });
  const isOurs = kept.sessionId === sessionId;
  if (!isOurs) await tools.gateway.cancelSession(sessionId, { signal: tools.signal });
  return { kept, isOurs };
}

/** @throws GatewayRejected | GatewayUnavailable. After any other end the session may exist. */
export const createAtGateway = crashable(
  { after: 'open.create.after' },
  ({ gateway, signal }: Creating, row: PaymentRow, keyNumber: number = 1) =>
    gateway.createSession(requestOf(row, keyNumber), { signal }),
);

function requestOf(row: PaymentRow, keyNumber: number): SessionRequest {
  const { lines, customer, profileId, language, merchantReference2, options } = row.request;
  return {
    paymentId: row.id,
    orderReference: row.orderReference,
    n: row.n,
    money: moneyOf(row),
    lines,
    returnKey: row.returnKey,
    expiresAt: row.expiresAt,
    capture: row.capture,
    idempotencyKey: `${row.id}-open${keyNumber === 1 ? '' : `-${keyNumber}`}`,
    ...(customer && { customer }),
    ...(options && { options }),
    ...(profileId !== undefined && { profileId }),
    ...(language !== undefined && { language }),
    ...(merchantReference2 !== undefined && { merchantReference2 }),
  };
}

/** See `recordOpened`. */
export const writeOpened = crashable(
  { after: 'open.record.after' },
  (db: Db, { id }: PaymentRow, session: OpenedSession) => recordOpened(db, id, session),
);
