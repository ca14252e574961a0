/**
 * API and worker on PostgreSQL behind a gate, so that the store and Temporal can each be made unreachable.
 */
import { expect } from '@jest/globals';
import pg from 'pg';
import { startPostgres } from '../../support/postgres.ts';
import { BALANCED, checkBooks } from './books.ts';
import { openGate, type Gate } from './gate.ts';
import type { SimAttempt } from './sandbox.ts';
import { untilTold, type Opened } from './shop.ts';
import { startStack, type GatewayId, type Stack } from './stack.ts';
import { until } from './until.ts';

export interface GatedStack {
  readonly stack: Stack;
  /** In front of the store. */
  readonly gate: Gate;
  /** Has the store refuse new rows and new states, as PostgreSQL does where its disk is full; or take them again. */
  setFull(isFull: boolean): Promise<void>;
  stop(): Promise<void>;
}

/** No sweep: a callback that was answered 200 must have its effect by itself. */
export async function startGatedStack(gateway: GatewayId = 'dintero'): Promise<GatedStack> {
  const postgres = await startPostgres();
  const url = new URL(await postgres.createMigratedDatabase());
  const gate = await openGate({ host: url.hostname, port: Number(url.port) });
  url.port = String(gate.port);
  const stack = await startStack({ databaseUrl: url.href, gateway });
  return {
    stack,
    gate,
    setFull: (isFull) => setFull(url.href, isFull),
    async stop() {
      await stack.stop();
      await gate.close();
      await postgres.stop();
    },
  };
}

const WRITTEN = ['deliveries', 'payments', 'orders', 'outbox'];
const NO_SPACE = `raise exception 'could not extend file "base/16384/16395": No space left on device' using errcode = 'disk_full';`;

/** One statement after another: locks on several tables at once could deadlock with the service. */
async function setFull(connectionString: string, isFull: boolean): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(`create or replace function may_write() returns trigger language plpgsql as $$
      begin ${isFull ? NO_SPACE : ''} return new; end $$`);
    for (const table of WRITTEN)
      await client.query(
        `create or replace trigger may_write before insert or update on ${table} for each row execute function may_write()`,
      );
  } finally {
    await client.end();
  }
}

/** The answer to the first try of each callback, once all have been tried. */
export async function firstAnswers({ sandbox }: Stack, opened: readonly Opened[]): Promise<SimAttempt[]> {
  let answers: (SimAttempt | undefined)[] = [];
  await until('every callback was tried once', async () => {
    const sessions = await Promise.all(opened.map(({ sessionId }) => sandbox.session(sessionId)));
    answers = sessions.flatMap(({ callbacks }) => callbacks.map(({ attempts }) => attempts[0]));
    return answers.every((answer) => answer !== undefined);
  });
  return answers as SimAttempt[];
}

/** The merchant has received all updates, and the books balance. */
export async function expectAllPaid(
  stack: Stack,
  opened: readonly Opened[],
  limitMs = 60_000,
): Promise<void> {
  const references = opened.map(({ orderReference }) => orderReference);
  await untilTold(stack, references, 'order.paid', limitMs);
  expect(await checkBooks(stack, references)).toEqual(BALANCED);
}
