/** Contract §9: the stream of events, as a client of server-sent events reads it. */
import { get, type IncomingMessage } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { addNote } from '../../../src/store/timeline.ts';
import { API_KEY, aCallback, SECRETS } from '../../support/api.ts';
import { aPayment } from '../../support/builders.ts';
import { useTestApi } from '../../support/door.ts';
import { aPaidPayment } from '../../support/paid-payment.ts';
import { until } from '../../support/until.ts';

interface Message {
  readonly id: string | null;
  readonly kind: string;
  readonly text: string;
  readonly payment: string | null;
  readonly orderReference: string | null;
  readonly status: string | null;
  readonly orderStatus: string | null;
}

interface Stream {
  readonly response: IncomingMessage;
  readonly messages: Message[];
  readonly ended: Promise<void>;
}

describe('GET /v1/events', () => {
  const at = useTestApi();
  const open: Stream[] = [];

  afterEach(() => {
    for (const { response } of open.splice(0)) response.destroy();
  });

  async function follow(headers: Record<string, string> = {}): Promise<Stream> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get(
        {
          port: at.api.port,
          path: '/v1/events',
          headers: { authorization: `Bearer ${API_KEY}`, ...headers },
        },
        resolve,
      ).once('error', reject);
    });
    const messages: Message[] = [];
    let text = '';
    let isLive = false;
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      text += chunk;
      isLive ||= text.includes(': live\n\n');
      const parts = text.split('\n\n');
      text = parts.pop() ?? '';
      messages.push(...parts.flatMap(messageOf));
    });
    const ended = new Promise<void>((resolve) => response.once('close', () => resolve()));
    const stream = { response, messages, ended };
    open.push(stream);
    await until('the stream is live', () => isLive);
    return stream;
  }

  it('tells each event once, with the states of payment and order', async () => {
    const before = await aPaidPayment(at.store.db);
    const { response, messages } = await follow();
    expect([response.statusCode, response.headers['content-type']]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
    ]);
    const payment = await aPaidPayment(at.store.db);
    await until('the decision is told', () => messages.some(({ kind }) => kind === 'decision'));
    expect(messages.filter(({ payment: id }) => id === before.id)).toEqual([]);
    const decision = messages.find(({ kind }) => kind === 'decision');
    expect(decision).toMatchObject({ payment: payment.id, status: 'AUTHORIZED', orderStatus: 'PAID' });
    expect(decision?.id).toMatch(/^\d+$/);
    await until('the update is told', () => messages.some(({ text }) => text.startsWith('order.paid')));
    const told = messages.map(({ id, kind, text }) => `${id} ${kind} ${text}`);
    expect(told).toEqual([...new Set(told)]);
  });

  it('tells a refused callback, which belongs to no payment', async () => {
    const { messages } = await follow();
    const payment = await aPayment(at.store.db);
    const { method, target, headers } = aCallback(payment, { secret: `not-${SECRETS[0]}` });
    await at.api.send(method, target, { headers });
    await until('it is told', () => messages.some(({ kind }) => kind === 'refused'));
    expect(messages.find(({ kind }) => kind === 'refused')).toMatchObject({
      id: null,
      payment: null,
      text: 'a callback was refused: wrong_signature',
    });
  });

  it('goes on after the last note that a client has got', async () => {
    const payment = await aPayment(at.store.db);
    for (const text of ['one', 'two', 'three'])
      await addNote(at.store.db, payment.id, { kind: 'operator', text }, text);
    const { messages } = await follow({ 'last-event-id': '0' });
    await until('the notes are told', () => messages.some(({ text }) => text === 'three'));
    const first = messages.find(({ text }) => text === 'one');
    const again = await follow({ 'last-event-id': first?.id ?? '' });
    await until('the rest is told', () => again.messages.some(({ text }) => text === 'three'));
    expect(again.messages.map(({ text }) => text).slice(0, 2)).toEqual(['two', 'three']);
  });

  it('needs a key, and outlives a store that is away for a moment', async () => {
    expect((await at.api.send('GET', '/v1/events')).status).toBe(401);
    const { messages } = await follow();
    at.api.troubles.mood = 'down';
    const asked = at.api.troubles.refused;
    await until('the stream has asked the store', () => at.api.troubles.refused > asked);
    at.api.troubles.mood = 'well';
    await aPaidPayment(at.store.db);
    await until('it goes on', () => messages.some(({ kind }) => kind === 'decision'));
  });
});

function messageOf(part: string): Message[] {
  const data = /^data: (.*)$/m.exec(part)?.[1];
  if (data === undefined) return [];
  return [{ ...(JSON.parse(data) as Omit<Message, 'id'>), id: /^id: (.*)$/m.exec(part)?.[1] ?? null }];
}
