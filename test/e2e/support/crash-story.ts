/** The events around an order whose process dies on the way, and its end. */
import { insist, insistOnOpening } from './insist.ts';
import type { Paid } from './sandbox.ts';
import { untilTold, type Changes, type Opened } from './shop.ts';
import type { GatewayId, Stack } from './stack.ts';

export const AMOUNT = 29_990;
export const WAITS_FOR_MS = 150_000;

export interface Story {
  /** Dintero where it is left out. */
  readonly gateway?: GatewayId;
  /** The text in the table. */
  readonly title: string;
  /** The result of `factsOf` in the end. */
  readonly ends: string;
  /**
   * The end where the process dies between recording and sending. It can't be known whether the operation was
   * sent, so it is not sent again.
   */
  readonly endsUnknown?: string;
  run(stack: Stack, orderReference: string): Promise<void>;
}

/** An order that is paid, as the merchant was told. */
export async function paid(
  stack: Stack,
  order: string,
  outcome = 'authorize',
  changes: Changes = {},
): Promise<Paid & { payment: Opened }> {
  const payment = await insistOnOpening(stack, order, changes);
  const done = await stack.sandbox.pay(payment.sessionId, { outcome, return: false });
  await untilTold(stack, [order], 'order.paid', WAITS_FOR_MS);
  return { ...done, payment };
}

/** The merchant cancels. */
export async function cancelled(stack: Stack, { id, orderReference }: Opened): Promise<void> {
  await insist('the cancel', () => stack.call('POST', `/v1/payments/${id}/cancel`));
  await untilTold(stack, [orderReference], 'order.payment_cancelled', WAITS_FOR_MS);
}
