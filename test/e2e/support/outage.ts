/** Shops continue to sell at both gateways while the store or Temporal is away for a minute. */
import { expect } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { expectAllPaid, firstAnswers } from './gated-stack.ts';
import { askToOpen, newOrder, openMany, type Opened } from './shop.ts';
import type { GatewayId, Stack } from './stack.ts';
import { until } from './until.ts';

/** At each gateway. */
const SESSIONS = 15;
const GATEWAYS = ['dintero', 'stripe'] as const satisfies readonly GatewayId[];
const OUTAGE_MS = Number(process.env['E2E_OUTAGE_MS'] ?? 60_000);

export type Everywhere = Readonly<Record<GatewayId, readonly Opened[]>>;

export interface Outage {
  readonly begin: () => Promise<void>;
  readonly end: () => Promise<void>;
}

/** Every callback is answered 200, no payment is opened, and all orders are paid when the service is back. */
export async function expectSurvived(stack: Stack, { begin, end }: Outage): Promise<void> {
  const opened = await openEverywhere(stack, 'away');
  await begin();
  await payOver(OUTAGE_MS, stack, opened);
  expect(await readiness(stack)).toEqual({ status: 200, said: 'degraded' });
  const refused = await askToOpen(stack, newOrder('not-now'));
  expect(refused).toMatchObject({ status: 503, body: { code: 'unavailable' } });
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  await end();
  await expectPaidBy(stack, opened, 200);
  await expectAllDelivered(stack);
}

export async function openEverywhere(stack: Stack, name: string): Promise<Everywhere> {
  return {
    dintero: await openMany(stack.at('dintero'), SESSIONS, name),
    stripe: await openMany(stack.at('stripe'), SESSIONS, name),
  };
}

/** Pays them one after the other at each gateway, over the time given. */
export async function payOver(ms: number, stack: Stack, opened: Everywhere): Promise<void> {
  await Promise.all(GATEWAYS.map((gateway) => payAt(stack.at(gateway), opened[gateway], ms)));
}

export async function payAt({ sandbox }: Stack, opened: readonly Opened[], ms: number): Promise<void> {
  for (const { sessionId } of opened) {
    await sandbox.pay(sessionId, { outcome: 'authorize', return: false });
    await sleep(ms / opened.length);
  }
}

/** All are paid, and the first try of each callback was answered with this status. */
export async function expectPaidBy(stack: Stack, opened: Everywhere, status: number): Promise<void> {
  for (const gateway of GATEWAYS) {
    await expectAllPaid(stack.at(gateway), opened[gateway]);
    const answers = await firstAnswers(stack.at(gateway), opened[gateway]);
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([status]));
  }
}

/** No event of Stripe is on its way, and none was given up. */
export async function expectAllDelivered(stack: Stack): Promise<void> {
  const { sandbox } = stack.at('stripe');
  const isDone = async () => ((await sandbox.state()).callbacks['pending'] ?? 0) === 0;
  await until('every event was delivered', isDone);
  const { total, delivered } = (await sandbox.state()).callbacks;
  expect(delivered).toBe(total);
}

export async function readiness(stack: Stack): Promise<{ status: number; said: string }> {
  const { status, body } = await stack.call('GET', '/readyz');
  return { status, said: body.status };
}
