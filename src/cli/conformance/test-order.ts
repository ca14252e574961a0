/** The updates about one order that conformance sends. The code that makes real updates makes their bodies. */
import { effectId, type OrderStatus, type UpdateType } from '../../domain/order.ts';
import { GATEWAYS } from '../../gateways/registry.ts';
import { newId } from '../../store/new-ids.ts';
import { updateBody, type PaymentInBody } from '../../store/update-body.ts';

/** An order of the shop, `amount` in minor units. */
export interface TestOrder {
  readonly reference: string;
  readonly amount: number;
  readonly currency: string;
}

/** An update before it is signed. */
export interface UnsignedUpdate {
  readonly effectId: string;
  readonly body: string;
}

export type TestUpdates = ReturnType<typeof updatesOf>;

/**
 * A sale in the order in which paidonce counts it: held, paid, captured, half of it refunded, the rest refunded,
 * that refund reversed, and done again. The last two have texts that a parser may not expect.
 */
export function updatesOf({ reference, amount, currency }: TestOrder, at: Date) {
  const payment = openedPayment(amount, currency);
  let sequence = 0;
  const next = (
    type: UpdateType,
    orderStatus: OrderStatus,
    changes: Partial<PaymentInBody>,
  ): UnsignedUpdate => {
    Object.assign(payment, changes);
    sequence += 1;
    const order = { reference, paidAt: type === 'order.payment_pending' ? null : at };
    return {
      effectId: effectId({ orderReference: reference, paymentId: payment.id }, type, `change-${sequence}`),
      body: updateBody({ type, orderStatus }, { order, payment, sequence, livemode: false }),
    };
  };
  const half = Math.floor(amount / 2);
  const everything = { status: 'REFUNDED', refunded: amount } as const;
  return {
    pending: next('order.payment_pending', 'PAYMENT_PENDING', { status: 'ON_HOLD' }),
    paid: next('order.paid', 'PAID', { status: 'AUTHORIZED', authorized: amount }),
    captured: next('order.captured', 'PAID', { status: 'CAPTURED', captured: amount }),
    partlyRefunded: next('order.partially_refunded', 'PAID', {
      status: 'PARTIALLY_REFUNDED',
      refunded: half,
    }),
    refunded: next('order.refunded', 'REFUNDED', everything),
    longText: next('order.refund_failed', 'PAID', { status: 'CAPTURED', refunded: 0, reason: LONG_TEXT }),
    foreignText: next('order.refunded', 'REFUNDED', { ...everything, reason: FOREIGN_TEXT }),
    ofLaterVersions: (at: Date) => ofLaterVersions(reference, payment, sequence, at),
  };
}

const LONG_TEXT = 'The bank of the payer has sent the money back. '.repeat(700);
/** Letters of other languages, characters of two and four bytes, and separators that JSON may have. */
const FOREIGN_TEXT = 'Kjøpet på «Ærlig» er tilbakebetalt – 返金済み 💳 e\u0301 \u2028 "\\"';

/** What a later version may send: fields, a status and a type that nobody knows yet. */
function ofLaterVersions(
  orderReference: string,
  payment: PaymentInBody,
  last: number,
  at: Date,
): { readonly fields: UnsignedUpdate; readonly status: UnsignedUpdate; readonly type: UnsignedUpdate } {
  const later = (number: number, type: string, changes: object, outside: object = {}): UnsignedUpdate => {
    const about = {
      order: { reference: orderReference, paidAt: at },
      payment: { ...payment, reason: null },
      sequence: last + number,
    };
    const made = JSON.parse(
      updateBody({ type: 'order.refunded', orderStatus: 'REFUNDED' }, { ...about, livemode: false }),
    ) as { readonly data: object };
    const body = JSON.stringify({ ...made, type, ...outside, data: { ...made.data, ...changes } });
    return { effectId: `${payment.id}/${type}/later-${number}`, body };
  };
  const unknown = { shape: ['new'], count: 1, nothing: null };
  return {
    fields: later(1, 'order.refunded', { ofTheFuture: unknown }, { ofTheFuture: unknown }),
    status: later(2, 'order.review', { status: 'OF_THE_FUTURE', orderStatus: 'OF_THE_FUTURE' }),
    type: later(3, 'order.of_the_future', {}),
  };
}

function openedPayment(amount: number, currency: string): PaymentInBody {
  return {
    id: newId('pay'),
    gateway: GATEWAYS[0]?.id ?? '',
    sessionId: 'conformance-session',
    transactionId: 'conformance-transaction',
    status: 'PENDING',
    amount,
    currency,
    authorized: 0,
    captured: 0,
    refunded: 0,
    acceptedAmount: null,
    acceptedCurrency: null,
    acceptedReference: null,
    authorizationExpiresAt: null,
    disputes: [],
    paymentMethod: 'card',
    reviewMark: null,
    reason: null,
  };
}
