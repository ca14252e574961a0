/**
 * A sample of the orders in which one payment's events may come, over HTTP: any of them lost, some twice, some
 * as two Event objects. Each read shows Stripe as of the delivery. All orders are in
 * test/gateways/stripe/permutations.test.ts, without HTTP.
 */
import { randomInt } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { signEvent } from '../../src/gateways/stripe/signature.ts';
import { paymentWorkflowId } from '../../src/workflows/messages.ts';
import { Chance } from '../model/world/chance.ts';
import { WEBHOOK_SECRET } from '../sandbox/stripe/stripe-client.ts';
import { untilQuiet } from '../support/quiet.ts';
import { newOrder, open, type Opened } from './support/shop.ts';
import { startStack, type Stack } from './support/stack.ts';
import { startStripeAsOf, type StripeAsOf } from './support/stripe-as-of.ts';
import { until } from './support/until.ts';

const SEED = Number(process.env['SEED'] ?? randomInt(1_000_000));
const EVERY_MS = 500;
const WHOLE = 8;
const PARTS = 12;

/** One delivery: its step, and whether it is another Event object about that step's fact. */
interface Sent {
  readonly step: number;
  readonly copy?: string;
}

/** About an object without our metadata: parked until its transaction is known. */
const KEYLESS = /^(refund|charge\.dispute)\./;

let stripe: StripeAsOf;
let stack: Stack;
let temporal: Client;

beforeAll(async () => {
  stripe = await startStripeAsOf();
  stack = await startStack({ gateway: 'stripe', env: { STRIPE_API_URL: stripe.url } });
  temporal = new Client({
    connection: await Connection.connect({ address: stack.env['TEMPORAL_ADDRESS'] ?? '' }),
  });
}, 150_000);

afterAll(async () => {
  await temporal?.connection.close();
  await stack?.stop();
  await stripe?.close();
});

/** One payment whose events come as a test says. */
class Played {
  readonly #opened: Opened;
  /** The ids of the events about each step. */
  readonly #sent = new Map<number, Set<string>>();
  /** Steps whose events wait until the transaction is known. */
  #parked: number[] = [];

  private constructor(opened: Opened) {
    this.#opened = opened;
  }

  static async begin(): Promise<Played> {
    return new Played(await open(stack, newOrder('any-order'), { order: { amount: 72_200 } }));
  }

  get newestRead(): number {
    return stripe.newestRead(this.#opened.sessionId);
  }

  /** Sends one event, and waits until all is done that it causes. */
  async send({ step, copy }: Sent): Promise<void> {
    const { sessionId } = this.#opened;
    const isKnown = this.newestRead >= 0;
    stripe.show(sessionId, Math.max(step, ...this.#parked));
    const body = stripe.eventOf(sessionId, step, copy);
    await deliver(body);
    const { id } = JSON.parse(body) as { id: string };
    this.#sent.set(step, (this.#sent.get(step) ?? new Set()).add(id));
    if (!isKnown && KEYLESS.test(stripe.types[step] ?? '')) return void this.#parked.push(step);
    await until(
      `the run of ${this.#opened.id} has its events`,
      () => this.#isSignalled(),
      30_000,
      EVERY_MS,
    ).catch(async (error: unknown) => {
      throw new Error(JSON.stringify(await this.#deliveries()), { cause: error });
    });
    await untilQuiet(temporal, paymentWorkflowId({ ...this.#opened, n: 1 }));
    this.#parked = [];
  }

  async #deliveries(): Promise<{ eventId: string; state: string }[]> {
    const { body } = await stack.call('GET', `/v1/deliveries?payment=${this.#opened.id}&limit=100`);
    return body.data as { eventId: string; state: string }[];
  }

  async #isSignalled(): Promise<boolean> {
    const rows = await this.#deliveries();
    // Of two Event objects with one content only one may be kept.
    const isKept = (ids: Set<string>) => rows.some(({ eventId }) => ids.has(eventId));
    return rows.every(({ state }) => state !== 'received') && [...this.#sent.values()].every(isKept);
  }

  async facts(): Promise<Facts> {
    const { id, orderReference } = this.#opened;
    const [payment, order] = await Promise.all([
      stack.call('GET', `/v1/payments/${id}`),
      stack.call('GET', `/v1/orders/${orderReference}`),
    ]);
    const { status, capturedAmount, refundedAmount, dispute, surplus, reviewMark } = payment.body;
    return {
      status,
      capturedAmount,
      refundedAmount,
      surplus,
      reviewMark,
      dispute: dispute?.state ?? null,
      ofOrder: order.body.status,
      isPaid: order.body.transactionId !== null,
    };
  }

  /** The ids of the updates that the merchant has got. */
  readonly told = (): readonly string[] =>
    stack.merchant.updates
      .filter(({ orderReference }) => orderReference === this.#opened.orderReference)
      .map(({ webhookId }) => webhookId);
}

/** As Stripe sends it, signed now. */
async function deliver(body: string): Promise<void> {
  const signature = signEvent(body, WEBHOOK_SECRET, Math.floor(Date.now() / 1_000));
  const headers = { 'stripe-signature': signature, 'content-type': 'application/json' };
  const response = await fetch(`${stack.origin}/callbacks/stripe`, { method: 'POST', headers, body });
  expect({ status: response.status, text: await response.text() }).toMatchObject({ status: 200 });
}

/** Some steps, or all of them, in any order; a part of them twice, at once or later. */
function anOrder(chance: Chance, isWhole: boolean): Sent[] {
  const steps = stripe.types.map((_, step) => step).filter(() => isWhole || chance.hits(0.6));
  const sent: Sent[] = (steps.length === 0 ? [0] : steps).map((step) => ({ step }));
  const doubles = sent.flatMap(({ step }): Sent[] => {
    if (!chance.hits(0.3)) return [];
    return [chance.hits(0.5) ? { step } : { step, copy: 'again' }];
  });
  return [...sent, ...doubles]
    .map((one) => ({ one, place: chance.next() }))
    .sort((left, right) => left.place - right.place)
    .map(({ one }) => one);
}

function inWords(order: readonly Sent[]): string {
  return `SEED=${SEED}, in the order ${order.map(({ step, copy = '' }) => step + copy).join(' ')}`;
}

describe("one payment's events over HTTP", () => {
  it('in their order lead to a refunded payment', async () => {
    await expectSame(stripe.types.map((_, step) => ({ step })));
  }, 60_000);

  it('in any order, with some lost and some twice, pay once, are told once and end the same', async () => {
    process.stdout.write(`permutations: SEED=${SEED}\n`);
    const chance = new Chance(SEED);
    const orders = Array.from({ length: WHOLE + PARTS }, (_, index) => anOrder(chance, index < WHOLE));
    await Promise.all(orders.map(expectSame));
  }, 120_000);
});

async function expectSame(order: readonly Sent[]): Promise<void> {
  const played = await Played.begin();
  for (const [index, sent] of order.entries()) {
    await played.send(sent);
    const words = inWords(order.slice(0, index + 1));
    const meant = () => (played.newestRead < 0 ? UNPAID : ENDS[played.newestRead]);
    // A signal may have come when the run seemed quiet.
    const isAsMeant = async () => isDeepStrictEqual(await played.facts(), meant());
    await until(words, isAsMeant, 10_000, EVERY_MS).catch(() => undefined);
    expect({ [words]: await played.facts() }).toEqual({ [words]: meant() });
  }
  await expectToldOnce(played, inWords(order));
  const isWhole = new Set(order.map(({ step }) => step)).size === stripe.types.length;
  if (isWhole) expect(await played.facts()).toEqual(ENDS.at(-1));
}

async function expectToldOnce({ told, newestRead }: Played, words: string): Promise<void> {
  const isPaid = newestRead >= 0;
  const paid = () => told().filter((webhookId) => webhookId.endsWith('/order.paid'));
  if (isPaid) await until(`the merchant is told: ${words}`, () => paid().length > 0);
  expect({ words, paid: paid().length }).toEqual({ words, paid: isPaid ? 1 : 0 });
  expect({ words, told: told() }).toEqual({ words, told: [...new Set(told())] });
}

type Facts = typeof UNPAID;

const UNPAID = {
  status: 'PENDING',
  capturedAmount: 0,
  refundedAmount: 0,
  dispute: null as string | null,
  surplus: [],
  reviewMark: null,
  ofOrder: 'AWAITING_PAYMENT',
  isPaid: false,
};
const AUTHORIZED = { ...UNPAID, status: 'AUTHORIZED', ofOrder: 'PAID', isPaid: true };
const CAPTURED = { ...AUTHORIZED, status: 'CAPTURED', capturedAmount: 72_200 };
const REFUNDED = { ...CAPTURED, status: 'PARTIALLY_REFUNDED', refundedAmount: 70_000 };
/** The facts once the newest step that was read is this one: whatever came before, or after it. */
const ENDS: readonly Facts[] = [
  AUTHORIZED,
  CAPTURED,
  { ...REFUNDED, refundedAmount: 2_200 },
  CAPTURED,
  REFUNDED,
  { ...REFUNDED, dispute: 'open' },
  { ...REFUNDED, dispute: 'won' },
  { ...REFUNDED, dispute: 'won' },
];
