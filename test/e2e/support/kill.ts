/** `kill -9` of a process while fifty sessions run: nothing is lost, doubled or wrong. */
import { expect } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { BALANCED, checkBooks } from './books.ts';
import { newOrder, untilTold } from './shop.ts';
import { sendPayer } from './send-payer.ts';
import type { Name, Stack } from './stack.ts';

const SESSIONS = 50;
/** The time for the updates of all orders, after every payer has paid. */
const SETTLED_WITHIN_MS = 60_000;

/**
 * Fifty payers over some seconds. The process is killed in the middle, and started again a moment later.
 */
export async function expectKillSurvived(stack: Stack, name: Name): Promise<void> {
  const references = Array.from({ length: SESSIONS }, () => newOrder(`kill-${name}`));
  const shopping = references.map(async (reference, index) => {
    await sleep(index * 60);
    await sendPayer(stack, reference, index);
  });
  const killing = async () => {
    await sleep(1_500);
    await stack.kill(name);
    await sleep(500);
    await stack.start(name);
  };
  await Promise.all([...shopping, killing()]);
  await untilTold(stack, references, 'order.paid', SETTLED_WITHIN_MS);
  expect(await checkBooks(stack, references)).toEqual(BALANCED);
  expect(stack.merchant.unsigned).toEqual([]);
}
