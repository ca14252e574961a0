/** The steps of a shop and its payers, as the scenarios use them. */
import { randomBytes } from 'node:crypto';
import type { Answer } from './http.ts';
import type { Paid } from './sandbox.ts';
import type { Stack } from './stack.ts';
import { until } from './until.ts';

export interface Opened {
  readonly id: string;
  readonly orderReference: string;
  readonly sessionId: string;
  readonly checkoutUrl: string;
}

/** An order reference that no other test uses. */
export function newOrder(name = 'o'): string {
  return `${name}-${randomBytes(5).toString('hex')}`;
}

export interface Changes {
  readonly order?: object;
  readonly [field: string]: unknown;
}

export function askToOpen(stack: Stack, orderReference: string, changes: Changes = {}): Promise<Answer> {
  const { order, ...rest } = changes;
  return stack.call('POST', '/v1/payments', {
    order: { reference: orderReference, amount: 29_990, currency: 'NOK', ...order },
    returnUrl: 'https://shop.example/thanks',
    ...(stack.env['DEFAULT_GATEWAY'] !== undefined && { gateway: stack.gateway }),
    ...rest,
  });
}

/** Opens a payment. @throws Error with the answer when it is refused */
export async function open(
  stack: Stack,
  orderReference = newOrder(),
  changes: Changes = {},
): Promise<Opened> {
  const { status, body } = await askToOpen(stack, orderReference, changes);
  if (status !== 201 && status !== 200) throw new Error(`opening: ${status} ${JSON.stringify(body)}`);
  return body as Opened;
}

/** Opens many, a few at a time. */
export async function openMany(stack: Stack, count: number, name = 'o'): Promise<Opened[]> {
  const opened: Opened[] = [];
  while (opened.length < count) {
    const size = Math.min(5, count - opened.length);
    opened.push(...(await Promise.all(Array.from({ length: size }, () => open(stack, newOrder(name))))));
  }
  return opened;
}

/** The payer's browser comes back. */
export async function comeBack(paid: Pick<Paid, 'returnUrl'>): Promise<{ status: number; location: URL }> {
  const response = await fetch(paid.returnUrl ?? '', { redirect: 'manual' });
  await response.body?.cancel();
  return { status: response.status, location: new URL(response.headers.get('location') ?? 'none:') };
}

export async function orderStatus(stack: Stack, reference: string): Promise<string> {
  return (await stack.call('GET', `/v1/orders/${reference}`)).body.status;
}

export async function untilOrder(
  stack: Stack,
  reference: string,
  status: string,
  limitMs?: number,
): Promise<void> {
  const holds = async () => (await orderStatus(stack, reference)) === status;
  await until(`order ${reference} is ${status}`, holds, limitMs).catch(async (error: unknown) => {
    throw new Error(`${(error as Error).message}: ${await paymentsOf(stack, reference)}`, { cause: error });
  });
}

/** The payments of an order with their timelines, for the message of a wait that failed. */
async function paymentsOf({ call }: Stack, reference: string): Promise<string> {
  const { body } = await call('GET', `/v1/payments?order=${reference}`);
  return JSON.stringify(body.data);
}

/** The merchant has received `order.paid` for all of them. */
export async function untilTold(
  stack: Stack,
  references: readonly string[],
  type = 'order.paid',
  limitMs?: number,
): Promise<void> {
  const missing = () => references.filter((reference) => stack.merchant.ids(reference, type).length === 0);
  const what = `the merchant receives ${type} of ${references.length} orders`;
  await until(what, () => missing().length === 0, limitMs).catch(async (error: unknown) => {
    const [first = '', ...others] = missing();
    const story = await paymentsOf(stack, first);
    throw new Error(
      `${(error as Error).message}: missing are ${others.length} others and ${first}: ${story}`,
      { cause: error },
    );
  });
}
