/** Changes the one field that can change after a payment was opened: at the gateway first, then here. */
import { GatewayRejected, GatewayUnavailable } from '../../gateways/gateway-errors.ts';
import type { Service } from '../../service.ts';
import { findPayment, type PaymentRow } from '../../store/payments.ts';
import { rememberReference } from '../../store/second-reference.ts';
import { Refusal } from '../refusal.ts';
import { refuseUnconfigured } from './find-payment.ts';

/** Each round completes one of several simultaneous changes. */
const MOST_AT_ONCE = 10;

/**
 * Returns the payment after the change. A repeated request writes the same value again. If several changes
 * run at once, each is written to the gateway again until no other came between, so that both sides end with
 * the same value.
 * @throws Refusal
 */
export async function updateReference(
  service: Service,
  payment: PaymentRow,
  merchantReference2: string,
): Promise<PaymentRow> {
  refuseUnconfigured(service, payment);
  if (service.gateways.named(payment.gateway).updateReference === undefined)
    throw new Refusal('not_supported', `${payment.gateway} has no reference that can be changed later`);
  const { id, transactionId, status } = payment;
  if (transactionId === null)
    throw new Refusal(
      'no_transaction',
      `payment ${id} is ${status} and has no transaction yet; try again once it is paid`,
    );
  let known = payment;
  for (let round = 0; round < MOST_AT_ONCE; round += 1) {
    await atGateway(service, payment.gateway, { transactionId, merchantReference2 });
    const change = { before: known.request.merchantReference2, after: merchantReference2 };
    const isKept = await rememberReference(service.store.db, id, change);
    known = (await findPayment(service.store.db, id)) ?? known;
    if (isKept) return { ...known, request: { ...known.request, merchantReference2 } };
  }
  throw new Refusal(
    'unavailable',
    'other requests change it at the same moment; send the request again: nothing is done twice',
  );
}

async function atGateway(
  { gateways }: Service,
  gateway: string,
  { transactionId, merchantReference2 }: { transactionId: string; merchantReference2: string },
): Promise<void> {
  try {
    await gateways.named(gateway).updateReference?.(transactionId, merchantReference2);
  } catch (error) {
    if (error instanceof GatewayRejected)
      throw new Refusal('gateway_rejected', `${gateway} refused the change: ${error.message}`);
    if (!(error instanceof GatewayUnavailable)) throw error;
    const wait = error.retryAfterMs === undefined ? {} : { retryAfterSeconds: seconds(error.retryAfterMs) };
    throw new Refusal(
      'unavailable',
      `${gateway} did not accept the change; send the request again: nothing is done twice`,
      {
        cause: error,
        ...wait,
      },
    );
  }
}

function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1_000));
}
