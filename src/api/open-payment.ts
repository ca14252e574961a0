/** `POST /v1/payments`: claims the order's payment in the store, then has its run open the session. */
import type { z } from 'zod';
import { crashPoint } from '../crash-points.ts';
import type { Service } from '../service.ts';
import { claimPayment, type NewPayment } from '../store/claim-payment.ts';
import { writeDecision } from '../store/decisions.ts';
import { findPayment, type PaymentRow } from '../store/payments.ts';
import { isMoney } from '../domain/payment.ts';
import { RunEnded } from '../temporal/calls.ts';
import type { PaymentAddress } from '../temporal/payment-runs.ts';
import type { CancelResult } from '../workflows/messages.ts';
import { refuseUnconfigured } from './configured.ts';
import { Problem } from './problem.ts';
import type { createPaymentRequest } from './schemas.ts';

export interface OpenedAnswer {
  readonly isNew: boolean;
  readonly payment: PaymentRow;
}

/** When a shopper may ask again for a session that the gateway has not opened yet. */
const STILL_OPENING_RETRY_S = 5;

/** A run may have settled, or ended, just when we asked it: begun again from the order's row, this often. */
const ATTEMPTS = 4;

/** One session is ever handed out for an order, however many ask at once. @throws Problem */
export async function openPayment(
  service: Service,
  request: z.infer<typeof createPaymentRequest>,
): Promise<OpenedAnswer> {
  const wanted = wantedOf(service, request);
  let replaced: string | null = null;
  let created: string | null = null;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    crashPoint('open.claim.before', wanted.orderReference);
    const claim = await claimPayment(service.store.db, wanted);
    crashPoint('open.claim.after', wanted.orderReference);
    if (claim.kind === 'order_already_paid' || claim.kind === 'payment_in_review')
      throw refusal(claim.kind, wanted);
    if (claim.kind === 'differs') {
      // Who replaces what came after him is replaced by it in turn, until nothing is open.
      const isNewer = replaced !== null && replaced !== claim.payment.id;
      if (isNewer || !request.replace) throw mismatch(claim.payment, isNewer);
      await closePayment(service, claim.payment, { replaces: true });
      replaced = claim.payment.id;
      continue;
    }
    if (claim.kind === 'created') created = claim.payment.id;
    const opened = await openRun(service, claim.payment);
    if (opened !== null) return { isNew: opened.id === created, payment: opened };
  }
  throw new Problem('unavailable', 'the payment kept changing while it was opened; ask again');
}

function wantedOf(service: Service, request: z.infer<typeof createPaymentRequest>): NewPayment {
  const { gateway, order, returnUrl, capture, customer, profileId, language, metadata, merchantReference2 } =
    request;
  if (service.gateways.find(gateway) === undefined) {
    const names = service.gateways.all.map(({ id }) => id).join(', ');
    const errors = [{ pointer: '/gateway', detail: `expected one of: ${names}` }];
    throw new Problem('invalid_request', 'the body has fields that are not as expected', { errors });
  }
  return {
    gateway,
    orderReference: order.reference,
    money: { amountMinor: order.amount, currency: order.currency },
    lifetimeMs: service.config.SESSION_LIFETIME,
    capture,
    metadata: metadata ?? {},
    request: {
      lines: (order.items ?? []).map(lineOf),
      ...(customer && { customer: definedOf(customer) }),
      ...(profileId !== undefined && { profileId }),
      ...(language !== undefined && { language }),
      ...(merchantReference2 !== undefined && { merchantReference2 }),
    },
    ...(returnUrl !== undefined && { returnUrl }),
  };
}

type Item = NonNullable<z.infer<typeof createPaymentRequest>['order']['items']>[number];

function lineOf({ amount, vatAmount, vat, type, ...line }: Item): NewPayment['request']['lines'][number] {
  return {
    ...line,
    amountMinor: amount,
    ...(vat !== undefined && { vat }),
    ...(vatAmount !== undefined && { vatAmountMinor: vatAmount }),
    ...(type !== undefined && { type }),
  };
}

function definedOf(customer: { email?: string | undefined; phone?: string | undefined }): {
  email?: string;
  phone?: string;
} {
  const { email, phone } = customer;
  return { ...(email !== undefined && { email }), ...(phone !== undefined && { phone }) };
}

function refusal(code: 'order_already_paid' | 'payment_in_review', { orderReference }: NewPayment): Problem {
  if (code === 'order_already_paid')
    return new Problem(code, `order ${orderReference} has been paid; a new order needs a new reference`);
  return new Problem(code, `a payment of order ${orderReference} is in REVIEW; resolve it first`);
}

/** The row as it is once the session is open, or null when the payment is not open any more. */
async function openRun(service: Service, payment: PaymentRow): Promise<PaymentRow | null> {
  refuseUnconfigured(service, payment);
  const result = await service.runs.open(addressOf(payment)).catch((error: unknown) => {
    if (error instanceof RunEnded) return null;
    throw error;
  });
  if (result === null || result.kind === 'not_open') return null;
  if (result.kind === 'still_opening')
    throw new Problem(
      'unavailable',
      `${payment.gateway} has not answered yet; ask again, nothing is done twice`,
      {
        retryAfterSeconds: STILL_OPENING_RETRY_S,
      },
    );
  if (result.kind === 'rejected')
    throw new Problem('gateway_rejected', `${payment.gateway} refused the session: ${result.reason}`);
  const { sessionId, checkoutUrl, status, runId } = result;
  const opened = { sessionId, checkoutUrl, status };
  if (payment.sessionId !== null) return { ...payment, ...opened };
  // Of a session that has only just been opened the run has said all there is; of one that is on hold by now it has not.
  if (status === 'PENDING' && runId !== undefined) return { ...payment, ...opened, runId };
  const fresh = await findPayment(service.store.db, payment.id);
  return { ...(fresh ?? payment), ...opened };
}

function mismatch({ id, status, amount, currency, gateway }: PaymentRow, isNewer: boolean): Problem {
  const which = `payment ${id} over ${amount} ${currency} by ${gateway}`;
  if (status === 'ON_HOLD')
    return new Problem(
      'order_mismatch',
      `${which} is on hold; ask for the same, or wait until it is decided`,
    );
  const since = isNewer ? 'was opened by somebody else meanwhile' : 'is open';
  return new Problem(
    'order_mismatch',
    `${which} ${since}; ask for the same, or say "replace": true to cancel it first`,
  );
}

/** Closes a session that nobody has paid; of one that another one replaces the merchant hears nothing. @throws Problem `already_paid`, `not_cancellable` */
export async function closePayment(
  service: Service,
  payment: PaymentRow,
  more: { readonly replaces?: true } = {},
): Promise<void> {
  refuseUnconfigured(service, payment);
  const text = more.replaces ? 'the merchant asked for another session' : 'the merchant asked to cancel';
  const data = { decision: 'cancel', ...more } as const;
  const noteKey = await writeDecision(service.store.db, payment.id, { text, data });
  const result = await service.runs.cancel(addressOf(payment), { noteKey });
  if (result.kind === 'cancelled') return;
  throw notCancelled(payment, result);
}

function notCancelled(
  { id }: PaymentRow,
  { kind, status }: Exclude<CancelResult, { kind: 'cancelled' }>,
): Problem {
  if (isMoney(status)) return new Problem('already_paid', `payment ${id} is ${status}: there is money on it`);
  if (kind === 'refused')
    return new Problem('not_cancellable', `payment ${id} is ${status}; the gateway does not close it now`);
  return new Problem('not_cancellable', `payment ${id} is ${status} and not open any more`);
}

/** What names a payment's run. */
export function addressOf({ id, orderReference, n, gateway }: PaymentRow): PaymentAddress {
  return { paymentId: id, orderReference, n, gateway };
}
