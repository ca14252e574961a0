/** Everything that is known of one order, by the API. */
import type { PaidonceClient } from '@paidonce/client';
import { part, type Part, type Visit } from '../visit.ts';

type Client = PaidonceClient;
export type Order = Awaited<ReturnType<Client['orders']['retrieve']>>;
export type Payment = Awaited<ReturnType<Client['payments']['retrieve']>>;
export type Entry = Payment['timeline'][number];
export type Operation = Awaited<ReturnType<Client['payments']['listOperations']>>['data'][number];
export type Delivery = Awaited<ReturnType<Client['deliveries']['list']>>['data'][number];
export type Update = Awaited<ReturnType<Client['updates']['list']>>['data'][number];

export interface PaymentStory {
  readonly payment: Payment;
  readonly operations: Part<readonly Operation[]>;
  readonly deliveries: Part<readonly Delivery[]>;
}

export interface OrderStory {
  readonly order: Order;
  /** Newest first. */
  readonly payments: readonly PaymentStory[];
  /** Newest first. */
  readonly updates: Part<readonly Update[]>;
  /** How many older payments are left out. */
  readonly left: number;
}

/** An order with more payments has been tried that often; the list of payments has all. */
const MOST_PAYMENTS = 10;

/** `focus`: this payment is among those that are read. @throws PaidonceError where there is no such order */
export async function readOrderStory({ api }: Visit, reference: string, focus?: string): Promise<OrderStory> {
  const order = await api.orders.retrieve(reference);
  const newest = order.payments.slice(0, MOST_PAYMENTS);
  const wanted = focus === undefined || newest.includes(focus) ? newest : [...newest, focus];
  const [payments, updates] = await Promise.all([
    Promise.all(wanted.map((id) => readPaymentStory(api, id))),
    part(api.updates.list({ order: reference, limit: 100 }).then(({ data }) => data)),
  ]);
  return { order, payments, updates, left: order.payments.length - wanted.length };
}

async function readPaymentStory(api: Client, id: string): Promise<PaymentStory> {
  const [payment, operations, deliveries] = await Promise.all([
    api.payments.retrieve(id),
    part(api.payments.listOperations(id, { limit: 100 }).then(({ data }) => data)),
    part(api.deliveries.list({ payment: id, limit: 100 }).then(({ data }) => data)),
  ]);
  return { payment, operations, deliveries };
}

/** Captures, refunds and voids that have not ended, newest first. */
export function underWay({ operations }: PaymentStory): Operation[] {
  return (operations.data ?? []).filter(({ status }) => status === 'pending' || status === 'unknown');
}

/** How much of a payment's money is on its way back, in minor units. A refund of the whole rest names no amount. */
export function goingBack(of: PaymentStory): number {
  const { capturedAmount, refundedAmount } = of.payment;
  const left = capturedAmount - refundedAmount;
  const asked = underWay(of).filter(
    ({ kind, transactionId }) =>
      kind === 'refund' && (transactionId === null || transactionId === of.payment.transactionId),
  );
  return Math.min(
    left,
    asked.reduce((sum, { amount }) => sum + (amount ?? left), 0),
  );
}

/** The payment that pays the order, or else the newest. */
export function mainPayment({ order, payments }: OrderStory): PaymentStory | undefined {
  const paying = payments.find(
    ({ payment }) => order.transactionId !== null && payment.transactionId === order.transactionId,
  );
  return paying ?? payments[0];
}
