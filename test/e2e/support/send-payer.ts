import { insistOnOpening, persist } from './insist.ts';
import type { Paid } from './sandbox.ts';
import { comeBack, type Opened } from './shop.ts';
import { SWEEPS, type Stack } from './stack.ts';

/**
 * A payer that asks until a session is open, pays, and may come back or not, while processes die. Where
 * there is a sweep, about every fifth payment has no callback.
 */
export async function sendPayer(stack: Stack, orderReference: string, index: number): Promise<Opened> {
  const opened = await insistOnOpening(stack, orderReference);
  const isUntold = stack.env['SWEEP_INTERVAL'] === SWEEPS.SWEEP_INTERVAL && index % 5 === 0;
  const callback = isUntold ? false : { copies: 1 + (index % 2), together: true };
  const paid = await payAtLast(stack, opened.sessionId, callback);
  if (index % 3 === 0 && paid.returnUrl !== null) await comeBack(paid).catch(() => undefined);
  return opened;
}

/** The gateway may be down too. */
function payAtLast(
  { sandbox }: Stack,
  sessionId: string,
  callback: false | { copies: number; together: boolean },
): Promise<Pick<Paid, 'returnUrl'>> {
  return persist(`paying in ${sessionId}`, async () => {
    const { transaction } = await sandbox.session(sessionId);
    // Paid, but the answer was lost with its process.
    if (transaction) return { returnUrl: null };
    return sandbox.pay(sessionId, { outcome: 'authorize', callback });
  });
}
