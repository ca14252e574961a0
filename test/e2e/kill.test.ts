/** `kill -9` of each process in turn while fifty sessions run: nothing lost, nothing double, nothing wrong. */
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { BALANCED, checkBooks } from './support/books.ts';
import { newOrder, untilTold } from './support/shop.ts';
import { sendShopper } from './support/shopper.ts';
import { startStack, type Name, type Stack } from './support/stack.ts';

const SESSIONS = 50;
/** For a shopper to be served and an order to be told of, from the moment that the dead process is back. */
const SETTLED_WITHIN_MS = 60_000;

let stack: Stack | undefined;

afterEach(async () => {
  await stack?.stop();
});

/** Fifty shoppers over some seconds; the process is killed in the middle, and started again a moment later. */
async function killAmongShoppers(running: Stack, name: Name): Promise<string[]> {
  const references = Array.from({ length: SESSIONS }, () => newOrder(`kill-${name}`));
  const shopping = references.map(async (reference, index) => {
    await sleep(index * 60);
    await sendShopper(running, reference, index);
  });
  const killing = (async () => {
    await sleep(1_500);
    await running.kill(name);
    await sleep(500);
    await running.start(name);
  })();
  await Promise.all([...shopping, killing]);
  return references;
}

async function expectBalanced(running: Stack, references: readonly string[]): Promise<void> {
  await untilTold(running, references, 'order.paid', SETTLED_WITHIN_MS);
  expect(await checkBooks(running, references)).toEqual(BALANCED);
  expect(running.merchant.unsigned).toEqual([]);
}

describe('with the embedded store', () => {
  it('survives the kill of service, sandbox and Temporal', async () => {
    stack = await startStack();
    for (const name of ['serve', 'sandbox', 'temporal'] as const)
      await expectBalanced(stack, await killAmongShoppers(stack, name));
  }, 300_000);
});

describe('with PostgreSQL', () => {
  let postgres: TestPostgres;

  beforeEach(async () => {
    postgres = await startPostgres();
  }, 90_000);

  afterAll(async () => {
    await postgres?.stop();
  });

  it('survives the kill of API and worker', async () => {
    // No sweep: every callback has to arrive by itself.
    stack = await startStack({
      databaseUrl: await postgres.createDatabase(),
      env: { SWEEP_INTERVAL: '1h' },
    });
    for (const name of ['worker', 'api'] as const)
      await expectBalanced(stack, await killAmongShoppers(stack, name));
  }, 300_000);
});
