import { setTimeout as sleep } from 'node:timers/promises';
import { insistOnOpening } from './insist.ts';
import type { Paid } from './sandbox.ts';
import { comeBack } from './shop.ts';
import type { Stack } from './stack.ts';

/** The gateway too may be away, and be started on a busy machine. */
const PAYS_WITHIN_MS = 150_000;

/** A shopper who asks until served, pays, and may or may not come back, whatever dies meanwhile; where there is a sweep, nobody calls about every fifth. */
export async function sendShopper(stack: Stack, orderReference: string, index: number): Promise<void> {
  const { sessionId } = await insistOnOpening(stack, orderReference);
  const isUntold = stack.env['SWEEP_INTERVAL'] !== '1h' && index % 5 === 0;
  const callback = isUntold ? false : { copies: 1 + (index % 2), together: true };
  const paid = await payAtLast(stack, sessionId, callback);
  if (index % 3 === 0 && paid.returnUrl !== null) await comeBack(paid).catch(() => undefined);
}

async function payAtLast(
  { sandbox }: Stack,
  sessionId: string,
  callback: false | { copies: number; together: boolean },
): Promise<Pick<Paid, 'returnUrl'>> {
  const deadline = Date.now() + PAYS_WITHIN_MS;
  for (;;) {
    try {
      const { transaction } = await sandbox.session(sessionId);
      // Paid, but the answer died with its process.
      return transaction
        ? { returnUrl: null }
        : await sandbox.pay(sessionId, { outcome: 'authorize', callback });
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(250);
    }
  }
}
