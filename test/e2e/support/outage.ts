/** A shop continues to sell while the store or Temporal is away for a minute. */
import { expect } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { expectAllPaid, firstAnswers } from './gated-stack.ts';
import { askToOpen, newOrder, openMany, type Opened } from './shop.ts';
import type { Stack } from './stack.ts';

export const SESSIONS = 25;
const OUTAGE_MS = Number(process.env['E2E_OUTAGE_MS'] ?? 60_000);

export interface Outage {
  readonly begin: () => Promise<void>;
  readonly end: () => Promise<void>;
  readonly ms?: number;
}

/** Every callback is answered 200, no payment is opened, and all orders are paid when the service is back. */
export async function expectSurvived(stack: Stack, { begin, end, ms = OUTAGE_MS }: Outage): Promise<void> {
  const opened = await openMany(stack, SESSIONS, 'away');
  await begin();
  await payOver(ms, stack, opened);
  expect(await readiness(stack)).toEqual({ status: 200, said: 'degraded' });
  const refused = await askToOpen(stack, newOrder('not-now'));
  expect(refused).toMatchObject({ status: 503, body: { code: 'unavailable' } });
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  await end();
  await expectAllPaid(stack, opened);
  const answers = await firstAnswers(stack, opened);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
}

/** Pays them one after the other, over the time given. */
export async function payOver(ms: number, { sandbox }: Stack, opened: readonly Opened[]): Promise<void> {
  for (const { sessionId } of opened) {
    await sandbox.pay(sessionId, { outcome: 'authorize', return: false });
    await sleep(ms / opened.length);
  }
}

export async function readiness(stack: Stack): Promise<{ status: number; said: string }> {
  const { status, body } = await stack.call('GET', '/readyz');
  return { status, said: body.status };
}
