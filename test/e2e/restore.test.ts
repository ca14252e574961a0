/**
 * The store is lost with all of Temporal, and restored from an older copy, as docs/operations.md, "Restoring a backup"
 * describes. Payments went on after the copy was made, which only the gateway knows then.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { builtFolder } from '../support/compiled.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { BALANCED, checkBooks } from './support/books.ts';
import { move, outcomeOf, paidOrder, pay } from './support/money.ts';
import { sendPayer } from './support/send-payer.ts';
import { newOrder, open, orderStatus, untilOrder, untilTold } from './support/shop.ts';
import { startStack, SWEEPS, type Stack } from './support/stack.ts';
import { until } from './support/until.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const PART = { reference: 'after', amount: 10_000 };
const run = promisify(execFile);

interface Reconciled {
  readonly status: string;
  readonly unexplained: number;
  readonly missingHere: readonly { readonly orderReference: string }[];
}

let postgres: TestPostgres;
let stack: Stack;
let databaseUrl: string;

beforeAll(async () => {
  postgres = await startPostgres();
  databaseUrl = await postgres.createMigratedDatabase();
  stack = await startStack({ databaseUrl, env: SWEEPS });
}, 300_000);

afterAll(async () => {
  await stack?.stop();
  await postgres?.stop();
});

async function backup(url: string, ...args: string[]): Promise<string> {
  const env = { PATH: process.env['PATH'], DATABASE_URL: url };
  return (await run(join(ROOT, 'deploy', 'backup.sh'), args, { env })).stdout.trim();
}

async function captures(transactionId: string): Promise<number> {
  const { events } = await stack.sandbox.transaction(transactionId);
  return events.filter(({ event, success }) => event === 'CAPTURE' && success).length;
}

/** Everything is lost, and the copy restored; ten minutes have passed meanwhile. */
async function loseAndRestore(copy: string): Promise<void> {
  await Promise.all((['api', 'worker', 'temporal'] as const).map((name) => stack.kill(name)));
  await rm(join(stack.folder, 'server'), { recursive: true });
  const restored = await postgres.createDatabase();
  await backup(restored, 'restore', copy);
  const client = new pg.Client({ connectionString: restored });
  await client.connect();
  for (const statement of [
    `update outbox set next_attempt_at = next_attempt_at - interval '10 minutes'`,
    `update operations set created_at = created_at - interval '10 minutes', updated_at = updated_at - interval '10 minutes'`,
  ])
    await client.query(statement);
  await client.end();
  await stack.start('temporal');
  await Promise.all(
    (['api', 'worker'] as const).map((name) => stack.start(name, { DATABASE_URL: restored })),
  );
}

it('continues every payment from a copy that is older than the gateway, with an empty Temporal', async () => {
  const told = await paidOrder(stack);
  const captured = await paidOrder(stack);
  const pending = await paidOrder(stack);
  const later = await paidOrder(stack);
  await move(stack, captured, 'capture', { reference: 'before' });
  await untilTold(stack, [captured.orderReference], 'order.captured');
  const held = await open(stack, newOrder('held'));
  const hold = await pay(stack, held, { outcome: 'on_hold' });
  await untilOrder(stack, held.orderReference, 'PAYMENT_PENDING');
  const untold = await open(stack, newOrder('untold'));
  stack.merchant.behave(untold.orderReference, 500);
  await pay(stack, untold, { outcome: 'authorize' });
  await until(
    'the first attempt has failed',
    () => stack.merchant.ids(untold.orderReference, 'order.paid').length > 0,
  );
  const [unsignalled, signalled, late] = [await open(stack), await open(stack), await open(stack)];

  // A callback and a capture that no run has, and a callback whose run dies with Temporal.
  await stack.kill('worker');
  await pay(stack, signalled, { outcome: 'authorize' });
  await stack.kill('temporal');
  await pay(stack, unsignalled, { outcome: 'authorize' });
  await move(stack, pending, 'capture', { reference: 'pending' });
  await stack.start('temporal');
  await stack.start('worker');
  const shoppers = Array.from({ length: 12 }, () => newOrder('shopper'));
  const shopping = Promise.all(shoppers.map((reference, index) => sendPayer(stack, reference, index + 1)));
  // The copy has their sessions, and may have any part of what follows.
  for (const reference of shoppers)
    await until(`${reference} has a session`, async () => {
      const { body } = await stack.call('GET', `/v1/payments?order=${reference}`);
      return body.data[0]?.sessionId != null;
    });
  const copy = await backup(databaseUrl, 'save', join(stack.folder, 'copies'));
  await shopping;

  // Minutes that the copy does not know.
  await untilTold(stack, [...shoppers, signalled.orderReference, unsignalled.orderReference]);
  await pay(stack, late, { outcome: 'authorize' });
  await stack.sandbox.change(hold.transactionId, { status: 'AUTHORIZED', callback: false });
  await untilTold(stack, [late.orderReference, held.orderReference]);
  await move(stack, later, 'capture', PART);
  await untilTold(stack, [later.orderReference], 'order.captured');
  const lost = await paidOrder(stack);

  await loseAndRestore(copy);
  stack.merchant.behave(untold.orderReference, null);

  const known = [told, captured, pending, later, held, untold, unsignalled, signalled, late].map(
    ({ orderReference }) => orderReference,
  );
  const args = [join(await builtFolder(), 'cli', 'main.js'), 'reconcile', '--since', '1h', '--json'];
  const { stdout } = await run(process.execPath, args, { env: stack.env }).catch(
    (error: { stdout: string }) => error,
  );
  const { status, missingHere, unexplained } = JSON.parse(stdout) as Reconciled;
  expect({ status, unexplained }).toEqual({ status: 'complete', unexplained: 1 });
  expect(missingHere.map(({ orderReference }) => orderReference)).toEqual([lost.orderReference]);
  for (const reference of [...known, ...shoppers])
    await until(`${reference} is paid`, async () => (await orderStatus(stack, reference)) === 'PAID');

  // The shop repeats what it has no answer to.
  await move(stack, later, 'capture', PART);
  expect(await outcomeOf(stack, later, 'capture', 'after')).toBe('done');
  expect(await outcomeOf(stack, pending, 'capture', 'pending')).toBe('done');
  for (const { transactionId } of [captured, pending, later]) expect(await captures(transactionId)).toBe(1);

  // Newer than the copy: known again with the next callback.
  await stack.sandbox.callback(lost.sessionId, {});
  const all = [...known, ...shoppers, lost.orderReference];
  await until(
    'the lost order is paid',
    async () => (await orderStatus(stack, lost.orderReference)) === 'PAID',
  );
  await until(
    'every update is acknowledged',
    async () => {
      const { body } = await stack.call('GET', '/v1/updates?state=pending');
      return (body.data as unknown[]).length === 0;
    },
    120_000,
  );
  expect(await checkBooks(stack, all)).toEqual(BALANCED);
}, 500_000);
