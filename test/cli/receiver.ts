/** An endpoint of a shop with a careful handling of updates, and faults that take one part of the care away. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';

export type Fault =
  | 'is naive'
  | 'believes everything'
  | 'ignores the time'
  | 'verifies what it has parsed'
  | 'knows one signature'
  | 'fulfils every copy'
  | 'goes by arrival'
  | 'fails for a copy that loses the race'
  | 'knows all types'
  | 'knows all statuses'
  | 'refuses fields'
  | 'takes short bodies'
  | 'decodes as Latin-1'
  | 'works before it answers'
  | 'refuses everything'
  | 'takes nothing in'
  | 'queues before it verifies'
  | 'shows the time'
  | 'shows the time of what it knows';

/** What a first version often does. */
const NAIVE: readonly Fault[] = ['believes everything', 'fulfils every copy', 'goes by arrival'];

export interface Receiver {
  readonly url: string;
  close(): void;
}

interface Order {
  sequence: number;
  status: string;
  fulfilled: number;
}

/** Starts the endpoint `/updates`, and `/orders/<reference>`, which shows an order. */
export async function startReceiver(secret: string, fault?: Fault): Promise<Receiver> {
  const has = (asked: Fault) => fault === asked || (fault === 'is naive' && NAIVE.includes(asked));
  const orders = new Map<string, Order>();
  const seen = new Set<string>();
  const racing = new Set<string>();

  function verify(body: Buffer, headers: Record<string, string>): void {
    if (has('believes everything')) return;
    const given = has('knows one signature')
      ? { ...headers, 'webhook-signature': headers['webhook-signature']?.split(' ')[0] ?? '' }
      : headers;
    if (has('ignores the time')) {
      const at = new Date(Number(headers['webhook-timestamp']) * 1_000);
      const right = new Webhook(secret).sign(headers['webhook-id'] ?? '', at, body.toString());
      if (right !== headers['webhook-signature'] && !headers['webhook-signature']?.includes(` ${right}`))
        throw new Error('not signed');
      return;
    }
    const text = body.toString(has('decodes as Latin-1') ? 'latin1' : 'utf8');
    const signed = has('verifies what it has parsed') ? JSON.stringify(JSON.parse(text)) : text;
    new Webhook(secret).verify(signed, given, { jsonParse: false });
  }

  function apply(id: string, { type, data }: Update): void {
    const order = orders.get(data.orderReference) ?? {
      sequence: 0,
      status: 'AWAITING_PAYMENT',
      fulfilled: 0,
    };
    if (has('takes nothing in')) return;
    orders.set(data.orderReference, order);
    const isNew = !seen.has(id);
    seen.add(id);
    if (type === 'order.paid' && (isNew || has('fulfils every copy'))) order.fulfilled += 1;
    if (data.sequence <= order.sequence && !has('goes by arrival')) return;
    Object.assign(order, { sequence: data.sequence, status: data.orderStatus });
  }

  async function take(request: IncomingMessage): Promise<number> {
    const body = await bytesOf(request);
    const headers = request.headers as Record<string, string>;
    if (has('refuses everything')) return 401;
    if (has('takes short bodies') && body.length > 10_000) return 413;
    const update = JSON.parse(body.toString()) as Update;
    if (has('queues before it verifies'))
      setTimeout(() => apply(headers['webhook-id'] ?? '', update), 300).unref();
    verify(body, headers);
    if (has('knows all types') && update.type === 'order.of_the_future') return 422;
    if (has('knows all statuses') && update.data.status === 'OF_THE_FUTURE') return 500;
    if (has('refuses fields') && 'ofTheFuture' in update) return 422;
    if (has('works before it answers') && update.type === 'order.captured') await sleep(600);
    const id = headers['webhook-id'] ?? '';
    if (has('fails for a copy that loses the race') && racing.has(id)) return 500;
    racing.add(id);
    await sleep(5);
    racing.delete(id);
    apply(id, update);
    return 204;
  }

  function show(path: string, response: ServerResponse): void {
    const order = orders.get(path.split('/').at(-1) ?? '');
    const hasTime = has('shows the time') || (has('shows the time of what it knows') && order !== undefined);
    const time = hasTime ? { at: process.hrtime.bigint().toString() } : {};
    response
      .writeHead(order === undefined ? 404 : 200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ ...order, ...time }));
  }

  const server = createServer((request, response) => {
    if (request.method === 'GET') return show(request.url ?? '', response);
    take(request)
      .catch(() => 401)
      .then(
        (status) => response.writeHead(status).end(),
        () => undefined,
      );
  }).listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => server.close().closeAllConnections(),
  };
}

interface Update {
  readonly type: string;
  readonly data: {
    readonly orderReference: string;
    readonly orderStatus: string;
    readonly status: string;
    readonly sequence: number;
  };
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
