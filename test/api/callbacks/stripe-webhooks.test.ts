/** `POST /callbacks/stripe`, contract §4, row by row; and what others may send there. */
import { connect } from 'node:net';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { signEvent } from '../../../src/gateways/stripe/signature.ts';
import { STRIPE_SANDBOX } from '../../../src/gateways/stripe/sandbox.ts';
import { listDeliveries } from '../../../src/store/lists.ts';
import { recordOpened, type PaymentRow } from '../../../src/store/payments.ts';
import { deliveries } from '../../../src/store/schema/delivery-table.ts';
import { aCharge, aDispute, anIntent, aRefund, aSession } from '../../gateways/stripe/fake-stripe.ts';
import type { Answer } from '../../support/api.ts';
import { aPayment, aReference } from '../../support/builders.ts';
import { useTestApi } from '../../support/door.ts';
import { until } from '../../support/until.ts';

const TARGET = '/callbacks/stripe';
const SECRETS = ['whsec_newest', 'whsec_older'] as const;
const DAY_S = 24 * 3_600;

type Fields = Record<string, unknown>;

interface Sent {
  readonly secret?: string;
  /** Seconds. */
  readonly age?: number;
  /** Instead of a genuine signature; null: none. */
  readonly signature?: string | readonly string[] | null;
  readonly method?: string;
}

const at = useTestApi({
  ...STRIPE_SANDBOX.variables('http://127.0.0.1:9'),
  STRIPE_WEBHOOK_SECRETS: SECRETS.join(','),
  DEFAULT_GATEWAY: 'dintero',
});
let payment: PaymentRow;
let metadata: Record<string, string>;
let sessionId: string;
let intentId: string;

beforeEach(async () => {
  await at.store.db.delete(deliveries);
  const made = await aPayment(at.store.db, { gateway: 'stripe' });
  const name = aReference().replace(/[^a-zA-Z0-9]/g, '');
  [sessionId, intentId] = [`cs_test_${name}`, `pi_${name}`];
  const session = { sessionId, checkoutUrl: 'https://c.example', runId: 'r', text: 'x' };
  await recordOpened(at.store.db, made.id, session);
  payment = { ...made, sessionId };
  metadata = metadataOf(payment);
  at.api.runs.callbacks.length = 0;
  at.api.runs.pokes.length = 0;
});

function metadataOf({ id, orderReference, n }: Pick<PaymentRow, 'id' | 'orderReference' | 'n'>) {
  return { payment: id, order: orderReference, n: String(n), host: 'pay.example' };
}

/** By default: the payer has completed our session. */
function anEvent(changes: Fields = {}, object: Fields = completed()): Fields {
  return {
    id: `evt_${aReference().replace(/\W/g, '')}`,
    object: 'event',
    api_version: '2026-08-26.dahlia',
    created: Math.floor(Date.now() / 1_000),
    data: { object },
    livemode: false,
    type: 'checkout.session.completed',
    ...changes,
  };
}

function completed(): Fields {
  return aSession({ id: sessionId, payment_intent: intentId, metadata });
}

const bytesOf = (body: unknown): Buffer =>
  Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));

function send(body: unknown, { secret = SECRETS[0], age = 0, signature, method = 'POST' }: Sent = {}) {
  const bytes = bytesOf(body);
  const genuine = signEvent(bytes, secret, Math.floor(Date.now() / 1_000) - age);
  const header = signature === undefined ? genuine : signature;
  const headers = header === null ? {} : { 'stripe-signature': header as string };
  return at.api.send(method, TARGET, { body: bytes, headers });
}

const log = async () => (await listDeliveries(at.store.db, { limit: 200 })).rows;
const signalled = (count: number) =>
  until(`${count} callbacks are signalled`, () => at.api.runs.callbacks.length === count);
/** Before that, a copy signals the run again, since the first signal may be lost. */
const markedAsSignalled = () =>
  until('it is marked as signalled', async () => (await log())[0]?.state === 'signalled');
const accepted = { status: 200, json: { result: 'accepted' } };
const ignored = { status: 200, json: { result: 'ignored' } };
const badSignature = { status: 401, json: { code: 'bad_signature' } };
const stale = { status: 401, json: { code: 'stale_signature' } };

describe('an event of Stripe', () => {
  it.each(SECRETS)('that is new is accepted, stored and signalled (signed with %s)', async (secret) => {
    expect(await send(anEvent({ id: 'evt_1' }), { secret })).toMatchObject(accepted);
    await signalled(1);
    expect(at.api.runs.callbacks[0]).toMatchObject({
      payment: { paymentId: payment.id, orderReference: payment.orderReference, n: 1, gateway: 'stripe' },
      signal: { eventId: 'evt_1', claim: { sessionId, transactionId: intentId } },
    });
    expect(await log()).toMatchObject([{ outcome: 'accepted', paymentId: payment.id }]);
  });

  it('that Stripe sends again, signed again, is a duplicate', async () => {
    const event = anEvent();
    await send(event, { age: 100 });
    await markedAsSignalled();
    expect(await send(event, { secret: SECRETS[1] })).toMatchObject({
      status: 200,
      json: { result: 'duplicate' },
    });
    expect(await log()).toMatchObject([{ receipts: 2 }]);
    expect(at.api.runs.callbacks).toHaveLength(1);
  });

  it('that is told by two Event objects is answered 200 twice, and has one content', async () => {
    const statuses = [await send(anEvent()), await send(anEvent())].map(({ status }) => status);
    expect(statuses).toEqual([200, 200]);
    await until('one was signalled', () => at.api.runs.callbacks.length > 0);
    const contents = new Set(at.api.runs.callbacks.map(({ signal }) => signal.contentHash));
    expect(contents.size).toBe(1);
  });

  it('about a payment of ours that the store does not know starts its run', async () => {
    metadata = metadataOf({ id: 'pay_lost', orderReference: aReference(), n: 1 });
    expect(await send(anEvent())).toMatchObject(accepted);
    await signalled(1);
    expect(at.api.runs.callbacks[0]).toMatchObject({ payment: { paymentId: 'pay_lost' } });
  });

  it.each([
    ['of another paidonce', () => ({ ...metadata, host: 'other.example' })],
    ['of another shop', () => ({ cart: '7' })],
    ['without metadata', () => ({})],
  ])('%s is ignored and kept as foreign', async (_, of) => {
    metadata = of();
    [sessionId, intentId] = ['cs_test_foreign', 'pi_foreign'];
    expect(await send(anEvent())).toMatchObject(ignored);
    expect(await log()).toMatchObject([{ outcome: 'ignored', paymentId: null }]);
    expect(at.api.runs.callbacks).toEqual([]);
  });

  it.each([
    ['charge.dispute.created', () => aDispute({ payment_intent: intentId })],
    ['refund.created', () => aRefund({ payment_intent: intentId })],
  ] as const)('%s of a transaction that no payment has yet is accepted and parked', async (type, object) => {
    expect(await send(anEvent({ type }, object()))).toMatchObject(accepted);
    expect(await log()).toMatchObject([{ state: 'parked', paymentId: null }]);
    expect(at.api.runs.callbacks).toEqual([]);
  });

  it.each([
    ['of a type that is about no payment', { type: 'invoice.paid' }],
    ['of a type that no one knows', { type: 'galaxy.exploded' }],
    ['of the other mode', { livemode: true }],
    ['of a connected account', { account: 'acct_1Connected' }],
    [
      'that is thin and about no payment',
      { object: 'v2.core.event', type: 'v1.billing.meter.error', data: undefined },
    ],
  ])('%s is ignored without a look', async (_, changes) => {
    expect(await send(anEvent(changes))).toMatchObject(ignored);
    await until('it is kept', async () => (await log()).length === 1);
    expect(await log()).toMatchObject([{ outcome: 'ignored', paymentId: null }]);
    expect([at.api.runs.callbacks, at.api.runs.pokes]).toEqual([[], []]);
  });

  it('that is thin finds its payment by the session', async () => {
    const related_object = { id: sessionId, type: 'checkout.session', url: '/x' };
    const thin = { object: 'v2.core.event', data: undefined, related_object };
    expect(await send(anEvent({ ...thin, type: 'v1.checkout.session.completed' }))).toMatchObject(accepted);
    await signalled(1);
    expect(at.api.runs.callbacks[0]).toMatchObject({ payment: { paymentId: payment.id } });
  });

  it.each([
    ['a scalar', () => '42'],
    ['a text', () => '"evt_1"'],
    ['null', () => 'null'],
    ['a list', () => '[]'],
    ['empty', () => ''],
    ['half of an event', (whole: string) => whole.slice(0, whole.length / 2)],
    ['an event behind a byte order mark', (whole: string) => `\uFEFF${whole}`],
    ['invalid UTF-8', (whole: string) => Buffer.from(whole.replace('2026-08-26', '\u00c3('), 'latin1')],
    ['half a million nested lists', () => '['.repeat(500_000) + ']'.repeat(500_000)],
  ])('whose signed body is %s is ignored, kept and alarmed', async (_, made) => {
    const alarm = jest.spyOn(at.api.service.log, 'error');
    const answer = await send(made(JSON.stringify(anEvent())));
    expect(answer).toMatchObject(ignored);
    expect(answer.ms).toBeLessThan(3_000);
    expect(await log()).toMatchObject([{ outcome: 'ignored', reason: 'unclear' }]);
    expect(alarm).toHaveBeenCalledWith(expect.anything(), 'validly signed, but not understood');
    expect(at.api.runs.callbacks).toEqual([]);
    alarm.mockRestore();
  });

  it.each([
    ['a session id that is none', () => ({ id: '../../../v1/account' })],
    ['a transaction id that is none', () => ({ payment_intent: 'pi_../refunds' })],
  ])('of ours with %s is not believed, and its payment is looked at', async (_, changes) => {
    expect(await send(anEvent({}, { ...completed(), ...changes() }))).toMatchObject(ignored);
    await until('its payment is looked at', () => at.api.runs.pokes.length === 1);
    expect(at.api.runs.callbacks).toEqual([]);
  });
});

describe('a forged event', () => {
  const now = () => Math.floor(Date.now() / 1_000);
  const genuine = (body: unknown) => signEvent(bytesOf(body), SECRETS[0], now());
  it.each([
    ['no signature', () => null],
    ['an empty signature', () => ''],
    ['an empty v1', () => `t=${now()},v1=`],
    ['no v1', () => `t=${now()}`],
    ['only v0', (body: unknown) => genuine(body).replace('v1=', 'v0=')],
    ['letters that are not ASCII', () => `t=${now()},v1=${'é'.repeat(64)}`],
    [
      'upper-case digits',
      (body: unknown) => genuine(body).toUpperCase().replace('T=', 't=').replace('V1=', 'v1='),
    ],
    ['a time that is no number', (body: unknown) => genuine(body).replace(/t=\d+/, 't=1e9')],
    ['a negative time', (body: unknown) => genuine(body).replace(/t=/, 't=-')],
    ['a time that was changed', (body: unknown) => genuine(body).replace(/t=\d+/, `t=${now() - 1}`)],
    ['two times', (body: unknown) => `t=${now()},${genuine(body)}`],
    ['two headers', (body: unknown) => [`t=${now()},v1=${'0'.repeat(64)}`, genuine(body)]],
    ['the same header twice', (body: unknown) => [genuine(body), genuine(body)]],
    ['the secret of another endpoint', (body: unknown) => signEvent(bytesOf(body), 'whsec_other', now())],
    ['an empty secret', (body: unknown) => signEvent(bytesOf(body), '', now())],
    ['the signature of another event', () => genuine(anEvent({ id: 'evt_other' }))],
    ['ten thousand signatures', () => `t=${now()}${`,v1=${'0'.repeat(64)}`.repeat(200)}`],
  ])('with %s is 401, and causes a look and nothing else', async (_, made) => {
    const event = anEvent();
    expect(await send(event, { signature: made(event) })).toMatchObject(badSignature);
    await until('its payment is looked at', () => at.api.runs.pokes.length === 1);
    expect(at.api.runs.pokes).toMatchObject([{ why: 'unproved_callback' }]);
    expect(at.api.runs.callbacks).toEqual([]);
    await until('it is kept', async () => (await log()).length === 1);
    expect(await log()).toMatchObject([{ outcome: 'refused' }]);
  });

  it('that names only an order number causes no look', async () => {
    metadata = { ...metadata, payment: 'pay_guessed' };
    sessionId = 'cs_test_guessed';
    expect(await send(anEvent(), { signature: null })).toMatchObject(badSignature);
    await until('it is kept', async () => (await log()).length === 1);
    expect(at.api.runs.pokes).toEqual([]);
  });

  it('does not take the place of the genuine one', async () => {
    const event = anEvent();
    expect(await send(event, { signature: null })).toMatchObject(badSignature);
    expect(await send(event)).toMatchObject(accepted);
    await signalled(1);
  });
});

describe('a replayed event', () => {
  it.each([
    ['6 minutes old', 360],
    ['7 minutes ahead', -420],
    ['6 days old', 6 * DAY_S],
  ])('that is %s is 401, and causes what a verified one does', async (_, age) => {
    expect(await send(anEvent({ id: 'evt_old' }), { age })).toMatchObject(stale);
    await signalled(1);
    expect(at.api.runs.callbacks[0]).toMatchObject({ signal: { eventId: 'evt_old' } });
  });

  it('is no second delivery', async () => {
    const event = anEvent();
    await send(event);
    await markedAsSignalled();
    for (const age of [360, 3_600, -3_600]) expect(await send(event, { age })).toMatchObject(stale);
    expect(await log()).toMatchObject([{ receipts: 4 }]);
    expect(at.api.runs.callbacks).toHaveLength(1);
  });

  it.each([8 * DAY_S, -8 * DAY_S, 4_000 * DAY_S])('that is %d s old is 401 as a forged one', async (age) => {
    expect(await send(anEvent(), { age })).toMatchObject(stale);
    await until('its payment is looked at', () => at.api.runs.pokes.length === 1);
    await until('it is kept', async () => (await log()).length === 1);
    expect(await log()).toMatchObject([{ outcome: 'refused' }]);
    expect(at.api.runs.callbacks).toEqual([]);
  });
});

describe('a request that is no event', () => {
  it.each([
    ['too large', 'POST', Buffer.alloc(1_048_577, 0x20), 413],
    ['a PUT', 'PUT', Buffer.from('{}'), 405],
    ['a DELETE', 'DELETE', Buffer.from('{}'), 405],
    ['unsigned and names nothing', 'POST', Buffer.from('{}'), 400],
    ['unsigned and no JSON', 'POST', Buffer.from('<xml/>'), 400],
    ['unsigned and empty', 'POST', Buffer.alloc(0), 400],
  ])('since it is %s is refused', async (_, method, body, status) => {
    expect((await send(body, { method, signature: null })).status).toBe(status);
    expect(await log()).toEqual([]);
    expect([at.api.runs.callbacks, at.api.runs.pokes]).toEqual([[], []]);
  });

  it('since it is a GET is refused', async () => {
    expect((await at.api.send('GET', TARGET)).status).toBeGreaterThanOrEqual(400);
  });

  it('of exactly 1 MiB is read', async () => {
    const event = JSON.stringify(anEvent());
    expect(await send(event + ' '.repeat(1_048_576 - Buffer.byteLength(event)))).toMatchObject(accepted);
    await signalled(1);
  });

  it('with a chunked body whose signature fits is accepted', async () => {
    const body = JSON.stringify(anEvent());
    const signature = signEvent(body, SECRETS[0], Math.floor(Date.now() / 1_000));
    const head = `POST ${TARGET} HTTP/1.1\r\nhost: x\r\nstripe-signature: ${signature}\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n`;
    const text = await converse(`${head}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1.1 200 /);
    await signalled(1);
  });
});

/** The whole answer to bytes as they are. */
function converse(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(at.api.port, '127.0.0.1', () => socket.write(bytes));
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.once('error', reject);
    socket.once('close', () => resolve(text));
  });
}

describe('while the store or Temporal is away', () => {
  const keyless = () => anEvent({ type: 'charge.dispute.created' }, aDispute({ payment_intent: intentId }));
  const unavailable = { status: 503, json: { code: 'unavailable' } };
  const expectSoon = ({ ms }: Answer) => expect(ms).toBeLessThan(1_000);

  it('an event that names its payment is accepted with either of both', async () => {
    at.api.troubles.mood = 'down';
    expect(await send(anEvent())).toMatchObject(accepted);
    expect(at.api.runs.callbacks).toHaveLength(1);
    at.api.troubles.mood = 'well';
    at.api.runs.temporal = 'down';
    expect(await send(anEvent())).toMatchObject(accepted);
  });

  it.each(['down', 'hanging'] as const)(
    'an event is 503 with Retry-After where both are %s, and is accepted afterwards',
    async (mood) => {
      const event = anEvent();
      at.api.troubles.mood = mood;
      at.api.runs.temporal = mood;
      const answer = await send(event);
      expect(answer).toMatchObject(unavailable);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      expectSoon(answer);
      at.api.troubles.mood = 'well';
      at.api.runs.temporal = 'well';
      expect((await send(event)).status).toBe(200);
    },
  );

  it('an event that only the store can place is 503 while the store is away', async () => {
    at.api.troubles.mood = 'down';
    const answer = await send(keyless());
    expect(answer).toMatchObject(unavailable);
    expectSoon(answer);
  });

  it('a forged one is 401, and other business is 200', async () => {
    at.api.troubles.mood = 'down';
    expect(await send(anEvent(), { signature: null })).toMatchObject(badSignature);
    expect(await send(anEvent({ type: 'invoice.paid' }))).toMatchObject(ignored);
  });
});

describe('the facts of a payment', () => {
  it.each([
    ['payment_intent.succeeded', () => anIntent({ id: intentId, latest_charge: 'ch_1', metadata })],
    ['charge.captured', () => aCharge({ payment_intent: intentId, metadata })],
    [
      'checkout.session.expired',
      () => aSession({ id: sessionId, payment_intent: null, status: 'expired', metadata }),
    ],
  ] as const)('%s reaches its run by our metadata', async (type, object) => {
    expect(await send(anEvent({ type }, object()))).toMatchObject(accepted);
    await signalled(1);
    expect(at.api.runs.callbacks[0]).toMatchObject({ payment: { paymentId: payment.id } });
  });
});
