import { setTimeout as sleep } from 'node:timers/promises';
import { askToOpen, comeBack } from './shop.ts';
import type { Stack } from './stack.ts';

const ASKS_FOR_MS = 60_000;

/** A shopper who asks until served, pays, and may or may not come back, whatever dies meanwhile; where there is a sweep, nobody calls about every fifth. */
export async function sendShopper(stack: Stack, orderReference: string, index: number): Promise<void> {
  const sessionId = await insist(orderReference, async () => {
    const { status, body } = await askToOpen(stack, orderReference);
    return status === 200 || status === 201 ? (body.sessionId as string) : null;
  });
  const isUntold = stack.env['SWEEP_INTERVAL'] !== '1h' && index % 5 === 0;
  const callback = isUntold ? false : { copies: 1 + (index % 2), together: true };
  const paid = await insist(orderReference, async () => {
    const { transaction } = await stack.sandbox.session(sessionId);
    // Paid, but the answer died with its process.
    if (transaction) return { returnUrl: null };
    return stack.sandbox.pay(sessionId, { outcome: 'authorize', callback });
  });
  if (index % 3 === 0 && paid.returnUrl !== null) await comeBack(paid).catch(() => undefined);
}

async function insist<T>(orderReference: string, body: () => Promise<T | null>): Promise<T> {
  const deadline = Date.now() + ASKS_FOR_MS;
  for (;;) {
    const result = await body().catch(() => null);
    if (result !== null) return result;
    if (Date.now() > deadline) throw new Error(`order ${orderReference}: nobody could serve it in time`);
    await sleep(250);
  }
}
