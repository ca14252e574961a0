/** Money on payments that may not keep it, and the proof that it went back. */
import { expect } from '@jest/globals';
import { BALANCED, checkBooks } from './books.ts';
import { movesOf } from './money.ts';
import { comeBack, newOrder, open, orderStatus, untilTold, type Opened } from './shop.ts';
import type { Stack } from './stack.ts';

export const AMOUNT = 29_990;

/** How the money becomes known: by a callback, by the payer's browser, or only by the sweep. */
export const TELLERS = ['callback', 'return', 'sweep'] as const;
/** The payer's action, the gateway's operation that returns the money, and the final status. */
export const WAYS = [
  ['authorize', 'AUTHORIZED', `VOID ${AMOUNT}`, 'VOIDED'],
  ['capture', 'CAPTURED', `REFUND ${AMOUNT}`, 'REFUNDED'],
] as const;

export type Teller = (typeof TELLERS)[number];
export type Way = (typeof WAYS)[number];

/** Money on a payment that may not keep it. */
export interface Late extends Opened {
  readonly transactionId: string;
}

export function payment(of: Stack, { id }: Pick<Opened, 'id'>) {
  return of.call('GET', `/v1/payments/${id}`).then(({ body }) => body);
}

/** `paidAt`: the stack at the gateway whose money pays the order. */
export async function expectReturned(
  of: Stack,
  late: Late,
  [, , moved, ends]: Way,
  order: string,
  paidAt: Stack = of,
): Promise<void> {
  await untilTold(of, [late.orderReference], 'order.late_payment_returned');
  expect(await payment(of, late)).toMatchObject({ status: ends });
  expect(await orderStatus(of, late.orderReference)).toBe(order);
  expect((await movesOf(of, late.transactionId)).at(-1)).toBe(moved);
  expect(of.merchant.ids(late.orderReference, 'order.late_payment_returned')).toHaveLength(1);
  expect(await checkBooks(paidAt, [late.orderReference])).toEqual(BALANCED);
}

/** Every teller with every way, all at once. */
export function inEveryWay(story: (teller: Teller, way: Way) => Promise<void>): Promise<unknown> {
  return Promise.all(TELLERS.flatMap((teller) => WAYS.map((way) => story(teller, way))));
}

/** Orders that the merchant cancels while a payer pays, in every way. */
export async function expectLateMoneyReturned(of: Stack): Promise<void> {
  const orders = await Promise.all(
    TELLERS.flatMap((teller) =>
      WAYS.map(async (way) => ({ teller, way, opened: await open(of, newOrder('cancelled')) })),
    ),
  );
  await cancelAtOursOnly(
    of,
    orders.map(({ opened }) => opened),
  );
  await Promise.all(
    orders.map(async ({ teller, way, opened }) => {
      const callback = teller === 'callback' ? {} : { callback: false };
      const paid = await of.sandbox.pay(opened.sessionId, { outcome: way[0], ...callback });
      if (teller === 'return') await comeBack(paid);
      await expectReturned(of, { ...opened, ...paid }, way, 'CANCELLED');
    }),
  );
}

/** How a session looks that no payer can use any more. */
const ENDED = {
  dintero: () => ({ cancelled_at: new Date().toISOString() }),
  stripe: () => ({ status: 'expired', url: null }),
} as const;

/**
 * The gateway shows the sessions as ended, from the second read on, while the payer is still at the bank's
 * page: the money comes nevertheless.
 */
export async function showAsEnded(of: Stack, opened: readonly Opened[]): Promise<void> {
  const shown = { patch: ENDED[of.gateway]() };
  await of.sandbox.faults({
    cancel: opened.map(({ sessionId }) => ({ status: 400, sessionId })),
    readSession: opened.flatMap(({ sessionId }) => [
      { delayMs: 1, times: 1, sessionId },
      { ...shown, sessionId },
    ]),
  });
}

/** The merchant cancels them, and the payers are still at the bank's page. */
export async function cancelAtOursOnly(of: Stack, opened: readonly Opened[]): Promise<void> {
  await showAsEnded(of, opened);
  const answers = await Promise.all(opened.map(({ id }) => of.call('POST', `/v1/payments/${id}/cancel`)));
  expect(answers.map(({ status }) => status)).toEqual(opened.map(() => 200));
  await of.sandbox.clearFaults();
}
