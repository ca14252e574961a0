/** The steps of merchants with paid money, as the scenarios use them. */
import type { Answer } from './http.ts';
import { insist, insistOnOpening } from './insist.ts';
import type { Paid, SimEvent } from './sandbox.ts';
import { newOrder, untilTold, type Changes, type Opened } from './shop.ts';
import type { Stack } from './stack.ts';
import { until } from './until.ts';

export interface PaidOrder extends Opened {
  readonly transactionId: string;
}

export type Kind = 'capture' | 'refund' | 'void';

/**
 * Orders that are paid, and whose update the merchant has received. `how` is the payer's action, `changes`
 * are fields of the request.
 */
export async function paidOrders(
  stack: Stack,
  count: number,
  how: object = { outcome: 'authorize' },
  changes: Changes = {},
): Promise<PaidOrder[]> {
  const orders: PaidOrder[] = [];
  const rest = Array.from({ length: count }, () => newOrder('money'));
  const serve = async () => {
    for (let reference = rest.pop(); reference !== undefined; reference = rest.pop()) {
      const opened = await insistOnOpening(stack, reference, changes);
      const { transactionId } = await pay(stack, opened, how);
      orders.push({ ...opened, transactionId });
    }
  };
  await Promise.all(Array.from({ length: Math.min(8, count) }, serve));
  const references = orders.map(({ orderReference }) => orderReference);
  await untilTold(stack, references, 'order.paid', 120_000);
  return orders;
}

export async function paidOrder(stack: Stack, how?: object, changes?: Changes): Promise<PaidOrder> {
  return (await paidOrders(stack, 1, how, changes))[0] as PaidOrder;
}

export function pay({ sandbox }: Stack, { sessionId }: Opened, how: object): Promise<Paid> {
  return sandbox.pay(sessionId, { return: false, ...how });
}

export function move(stack: Stack, { id }: Opened, kind: Kind, body: object): Promise<Answer> {
  return stack.call('POST', `/v1/payments/${id}/${kind}`, body);
}

/** Repeats the call until the operation is not under way any more; a lost one stays `unknown`. */
export async function insistOnMove(
  stack: Stack,
  { id }: Pick<Opened, 'id'>,
  kind: string,
  asked: object = {},
): Promise<void> {
  const body = { reference: `${kind}-1`, ...asked };
  const isOver = async () => {
    const answer = await insist(`the ${kind}`, () => stack.call('POST', `/v1/payments/${id}/${kind}`, body));
    return answer.status !== 202 || answer.body.status === 'unknown';
  };
  await until(`the ${kind} is over`, isOver, 150_000, 1_500);
}

/**
 * The end of an operation: asks until it is not under way any more. Where its answer was lost, the end may be
 * `unknown`.
 */
export async function outcomeOf(
  stack: Stack,
  { id }: Opened,
  kind: Kind,
  reference: string,
  isOver: (status: string) => boolean = (status) => status === 'done' || status === 'failed',
): Promise<string> {
  let status = '';
  const path = `/v1/payments/${id}/operations/${reference}?kind=${kind}`;
  const isSettled = async () => {
    const answer = await stack.call('GET', path).catch(() => null);
    status = answer?.status === 200 ? answer.body.status : status;
    return isOver(status);
  };
  await until(`${kind} ${reference} of ${id} is over`, isSettled, 90_000, 300);
  return status;
}

/** The money operations at the gateway, in order: `CAPTURE 60`. */
export async function movesOf({ sandbox }: Stack, transactionId: string): Promise<string[]> {
  const { events } = await sandbox.transaction(transactionId);
  return events.filter(isMove).map(({ event, amount }) => `${event} ${amount}`);
}

function isMove({ event, success }: SimEvent): boolean {
  return success && ['CAPTURE', 'REFUND', 'VOID'].includes(event);
}
