/**
 * The place of an order's money, in one line, from three sides: our API, the gateway's ledger, the merchant's
 * inbox.
 */
import type { SimSession } from './sandbox.ts';
import type { Stack } from './stack.ts';

interface Listed {
  readonly id: string;
  readonly status: string;
}

interface Operation {
  readonly kind: string;
  readonly reference: string;
  readonly status: string;
}

const NAMES = { dintero: 'Dintero', stripe: 'Stripe' } as const;

/** The events of a transaction that only say how it began. */
const BEGINNINGS = new Set(['INITIALIZE', 'AUTHORIZE', 'DEPOSIT']);

export async function factsOf(stack: Stack, reference: string): Promise<string> {
  const order = await stack.call('GET', `/v1/orders/${reference}`);
  const payments = (await stack.call('GET', `/v1/payments?limit=100&order=${reference}`)).body.data;
  const ours = [];
  for (const payment of (payments as Listed[]).toReversed()) ours.push(await ofPayment(stack, payment));
  const sessions = await stack.sandbox.sessionsOf(reference);
  return [
    `order ${order.body.status}`,
    `payment ${ours.join(' and ')}`,
    `at ${NAMES[stack.gateway]} ${sessions.map(ofSession).toSorted().join(' and ')}`,
    `merchant told ${toldOf(stack, reference)}`,
  ].join('; ');
}

async function ofPayment(stack: Stack, { id, status }: Listed): Promise<string> {
  const { body } = await stack.call('GET', `/v1/payments/${id}/operations?limit=100`);
  const operations = (body.data as Operation[]).toReversed();
  return [status, ...operations.map((each) => `${each.kind} ${each.status}`)].join(', ');
}

function ofSession({ session, transaction }: SimSession): string {
  if (!transaction) return session.cancelled_at === undefined ? 'an open session' : 'a closed session';
  const { status, events } = transaction;
  const moves = events.filter(({ event }) => !BEGINNINGS.has(event));
  const shown = moves.map(({ event, amount, success }) => `${event} ${amount}${success ? '' : ' failed'}`);
  return [status, ...shown].join(', ');
}

/** The updates that the merchant has received: each once, however often it was sent. */
export function toldOf({ merchant }: Stack, reference: string): string {
  const ours = merchant.updates.filter(
    ({ orderReference, answered }) => orderReference === reference && answered === 200,
  );
  const types = new Map(ours.map(({ webhookId, type, sequence }) => [webhookId, { type, sequence }]));
  const inOrder = [...types.values()].toSorted((left, right) => left.sequence - right.sequence);
  return inOrder.map(({ type }) => type.replace('order.', '')).join(', ') || 'nothing';
}
