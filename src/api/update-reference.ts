/** `PATCH /v1/payments/{id}`: the one field that may be written after a payment was opened, at the gateway first and then here. */
import { GatewayRejected, GatewayUnavailable } from '../gateways/gateway.ts';
import type { Service } from '../service.ts';
import { findPayment, type PaymentRow } from '../store/payments.ts';
import { rememberReference } from '../store/second-reference.ts';
import { Problem } from './problem.ts';

/** Returns the payment as it is then. Asked again, it is written again, which changes nothing. @throws Problem */
export async function updateReference(
  service: Service,
  payment: PaymentRow,
  merchantReference2: string,
): Promise<PaymentRow> {
  const { id, transactionId, status } = payment;
  if (transactionId === null)
    throw new Problem('no_transaction', `payment ${id} is ${status}: there is no transaction to write it to`);
  await atGateway(service, payment.gateway, { transactionId, merchantReference2 });
  await rememberReference(service.store.db, id, merchantReference2);
  return (await findPayment(service.store.db, id)) ?? payment;
}

async function atGateway(
  { gateways }: Service,
  gateway: string,
  { transactionId, merchantReference2 }: { transactionId: string; merchantReference2: string },
): Promise<void> {
  try {
    await gateways.named(gateway).updateReference(transactionId, merchantReference2);
  } catch (error) {
    if (error instanceof GatewayRejected)
      throw new Problem('gateway_rejected', `${gateway} refused: ${error.message}`);
    if (!(error instanceof GatewayUnavailable)) throw error;
    const wait = error.retryAfterMs === undefined ? {} : { retryAfterSeconds: seconds(error.retryAfterMs) };
    throw new Problem('unavailable', `${gateway} did not take it; ask again, nothing is done twice`, {
      cause: error,
      ...wait,
    });
  }
}

function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1_000));
}
