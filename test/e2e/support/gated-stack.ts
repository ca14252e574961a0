/**
 * API and worker on PostgreSQL behind a gate, so that the store and Temporal can each be made unreachable.
 */
import { expect } from '@jest/globals';
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
    async stop() {
      await stack.stop();
      await gate.close();
      await postgres.stop();
    },
  };
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
