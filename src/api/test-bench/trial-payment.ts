/** Payments that a command or the test bench opens by the API to try something, and waits for. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import { holdsMoney } from '../../domain/payment.ts';
import type { PlayedPayment } from '../../gateways/sandbox-event.ts';
import { payment as paymentView } from '../payments/payment-schemas.ts';

/** The service's API: over the network for a command, in the process for the test bench. */
export interface ApiDoor {
  get<T>(path: string, schema: z.ZodType<T>): Promise<T>;
  post<T>(path: string, body: object, schema: z.ZodType<T>): Promise<T>;
}

export type Payment = z.infer<typeof paymentView>;

/** Any currency does at a sandbox; this one has two decimals at every gateway. */
export const TRIAL_AMOUNT = { amount: 12_500, currency: 'NOK' };

/** A reference that no other order has: `<begin>-<random>`. */
export function newReference(begin: string): string {
  return `${begin}-${randomBytes(5).toString('hex')}`;
}

/** The request for a payment of an order that only a command knows. */
export function trialRequest(gateway: string, reference: string): object {
  return { gateway, order: { reference, ...TRIAL_AMOUNT } };
}

/** @throws what the door throws */
export function openTrial(service: ApiDoor, gateway: string, reference: string): Promise<Payment> {
  return service.post('/v1/payments', trialRequest(gateway, reference), paymentView);
}

/** @throws what the door throws */
export function readTrial(service: ApiDoor, id: string): Promise<Payment> {
  return service.get(`/v1/payments/${encodeURIComponent(id)}`, paymentView);
}

/** The payment once the condition holds, or as it is after the limit. */
export async function untilPayment(
  service: ApiDoor,
  id: string,
  holds: (payment: Payment) => boolean,
  limitMs = 20_000,
): Promise<Payment> {
  const deadline = performance.now() + limitMs;
  for (let pause = 50; ; pause = Math.min(500, pause * 1.5)) {
    const payment = await readTrial(service, id);
    if (holds(payment) || performance.now() > deadline) return payment;
    await sleep(pause);
  }
}

/** The payment as an event of a sandbox needs it. */
export function played(payment: Payment): PlayedPayment {
  return {
    orderReference: payment.orderReference,
    sessionId: payment.sessionId ?? '',
    transactionId: payment.transactionId ?? '',
    amountMinor: payment.amount,
    currency: payment.currency,
    capturedMinor: payment.capturedAmount,
  };
}

/** Whether the gateway has said that the payment holds money. */
export function hasMoney({ status, transactionId }: Payment): boolean {
  return transactionId !== null && holdsMoney(status);
}
