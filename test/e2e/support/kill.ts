/**
 * `kill -9` at random moments while orders are opened and paid at both gateways, and captured, refunded and voided
 * at Stripe. (Dintero has no idempotency keys: the fate of an operation that a process took with it can be unknown
 * for an hour. crash-points.test.ts has that.)
 */
import { expect } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { BALANCED, checkBooks } from './books.ts';
import { factsOf } from './facts.ts';
import { insistOnMove } from './money.ts';
import { sendPayer } from './send-payer.ts';
import { newOrder, untilTold, type Opened } from './shop.ts';
import type { Name, Stack } from './stack.ts';
import { until } from './until.ts';

/** At each gateway. */
const ORDERS = 20;
const SETTLED_WITHIN_MS = 150_000;
const AMOUNT = 29_990;
const PART = 10_000;

/** The moves of every third order, and its end after "order ". */
const MOVES = [
  {
    moves: [['capture'], ['refund', { amount: PART }]],
    order: 'PAID; payment PARTIALLY_REFUNDED, capture done, refund done',
    ledger: `PARTIALLY_REFUNDED, CAPTURE ${AMOUNT}, REFUND ${PART}`,
    told: 'paid, captured, partially_refunded',
  },
  {
    moves: [['void']],
    order: 'VOIDED; payment VOIDED, void done',
    ledger: `AUTHORIZATION_VOIDED, VOID ${AMOUNT}`,
    told: 'paid, voided',
  },
  {
    moves: [['capture'], ['refund']],
    order: 'REFUNDED; payment REFUNDED, capture done, refund done',
    ledger: `REFUNDED, CAPTURE ${AMOUNT}, REFUND ${AMOUNT}`,
    told: 'paid, captured, refunded',
  },
] as const satisfies readonly {
  readonly moves: readonly (readonly [string, object?])[];
  readonly order: string;
  readonly ledger: string;
  readonly told: string;
}[];

/** Every order has one session, one payment and one end, whenever the processes die. */
export async function expectKillsSurvived(
  stack: Stack,
  names: readonly Name[],
  kills: number,
): Promise<void> {
  const [dintero, stripe] = [stack.at('dintero'), stack.at('stripe')];
  const [paid, moved] = [newOrders('kill-paid'), newOrders('kill-moved')];
  const moments = Array.from({ length: kills }, () => 500 + Math.round(Math.random() * 3_000));
  process.stdout.write(
    `kills of ${names.join(' and ')}, so many ms after the start: ${moments.join(', ')}\n`,
  );
  let isShopping = true;
  const shopping = Promise.all([
    ...paid.map((reference, index) => pay(dintero, reference, index)),
    ...moved.map((reference, index) => payAndMove(stripe, reference, index)),
  ]).finally(() => void (isShopping = false));
  const killing = async () => {
    for (const wait of moments) {
      await sleep(wait);
      await Promise.all(names.map((name) => stack.kill(name)));
      if (!isShopping) process.stdout.write('a kill came after the last order was done\n');
      await Promise.all(names.map((name) => stack.start(name)));
    }
  };
  await Promise.all([shopping, killing()]);
  await untilTold(stack, paid, 'order.paid', SETTLED_WITHIN_MS);
  await expectEnds(stripe, moved);
  expect(await checkBooks(dintero, paid)).toEqual(BALANCED);
  expect(await checkBooks(stripe, moved)).toEqual(BALANCED);
  expect(stack.merchant.unsigned).toEqual([]);
}

function newOrders(name: string): string[] {
  return Array.from({ length: ORDERS }, () => newOrder(name));
}

async function pay(stack: Stack, reference: string, index: number): Promise<Opened> {
  await sleep(index * 150);
  return sendPayer(stack, reference, index);
}

/** One order from its opening to its end. */
async function payAndMove(stack: Stack, reference: string, index: number): Promise<void> {
  const opened = await pay(stack, reference, index);
  await untilTold(stack, [reference], 'order.paid', SETTLED_WITHIN_MS);
  for (const [kind, asked] of wayOf(index).moves) await insistOnMove(stack, opened, kind, asked);
}

function wayOf(
  index: number,
): { readonly moves: readonly (readonly [string, object?])[] } & (typeof MOVES)[number] {
  return MOVES[index % MOVES.length] ?? MOVES[0];
}

async function expectEnds(stack: Stack, references: readonly string[]): Promise<void> {
  const wanted = references.map((_, index) => {
    const { order, ledger, told } = wayOf(index);
    return `order ${order}; at Stripe ${ledger}; merchant told ${told}`;
  });
  const rest = new Map(references.map((reference, index) => [reference, wanted[index]]));
  const areThere = async () => {
    for (const [reference, end] of rest)
      if ((await factsOf(stack, reference)) === end) rest.delete(reference);
    return rest.size === 0;
  };
  await until('every order is at its end', areThere, SETTLED_WITHIN_MS, 1_000).catch(() => undefined);
  expect(await Promise.all(references.map((reference) => factsOf(stack, reference)))).toEqual(wanted);
}
