/** The two effects of opening a session: it is created at the gateway, then recorded. */
import { crashable } from '../crash-points.ts';
import type { Gateway, SessionRequest } from '../gateways/gateway.ts';
import type { Db } from '../store/open.ts';
import { moneyOf } from '../store/payment-snapshot.ts';
import { recordOpened, type OpenedSession, type PaymentRow } from '../store/payments.ts';

export interface Creating {
  readonly gateway: Gateway;
  readonly signal: AbortSignal;
}

/** @throws GatewayRejected | GatewayUnavailable. After any other end the session may exist. */
export const createAtGateway = crashable(
  { after: 'open.create.after' },
  ({ gateway, signal }: Creating, row: PaymentRow) => gateway.createSession(requestOf(row), { signal }),
);

function requestOf(row: PaymentRow): SessionRequest {
  const { lines, customer, profileId, language, merchantReference2 } = row.request;
  return {
    paymentId: row.id,
    orderReference: row.orderReference,
    n: row.n,
    money: moneyOf(row),
    lines,
    returnKey: row.returnKey,
    expiresAt: row.expiresAt,
    ...(customer && { customer }),
    ...(profileId !== undefined && { profileId }),
    ...(language !== undefined && { language }),
    ...(merchantReference2 !== undefined && { merchantReference2 }),
  };
}

/** Returns the session that counts; null where the payment was closed meanwhile. */
export const writeOpened = crashable(
  { after: 'open.record.after' },
  (db: Db, { id }: PaymentRow, session: OpenedSession) => recordOpened(db, id, session),
);
