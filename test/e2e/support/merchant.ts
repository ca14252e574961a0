/**
 * A merchant's backend: takes order updates, accepts only signed ones, and misbehaves for single orders on
 * request.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

export const WEBHOOK_SECRET = 'whsec_ZTJlLXdlYmhvb2stc2VjcmV0LTAwMDE=';

export interface Update {
  readonly webhookId: string;
  readonly at: number;
  readonly type: string;
  readonly orderReference: string;
  readonly orderStatus: string;
  readonly sequence: number;
  /** The trace that the update belongs to, if the service makes traces. */
  readonly traceparent?: string;
  readonly answered: number;
}

/** A status to answer with, or no answer at all. */
export type Behaviour = number | 'hang';

export interface Merchant {
  readonly url: string;
  /** Every attempt at an update, in the order of arrival. */
  readonly updates: readonly Update[];
  /** Updates whose signature was wrong: there must be none. */
  readonly unsigned: readonly string[];
  /** The behaviour for the updates of one order; null makes it normal again. */
  behave(orderReference: string, behaviour: Behaviour | null): void;
  /** The distinct webhook ids that an order's updates of a type came with. */
  ids(orderReference: string, type: string): string[];
  types(orderReference: string): string[];
  close(): Promise<void>;
}

export async function startMerchant(): Promise<Merchant> {
  const updates: Update[] = [];
  const unsigned: string[] = [];
  const behaviours = new Map<string, Behaviour>();
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const update = read(request, await receive(request), unsigned);
    if (update === null) return answer(response, 401);
    const behaviour = behaviours.get(update.orderReference) ?? 200;
    updates.push({ ...update, answered: behaviour === 'hang' ? 0 : behaviour });
    if (behaviour !== 'hang') answer(response, behaviour);
  };
  const server = createServer((request, response) => void take(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const of = (orderReference: string) => updates.filter((update) => update.orderReference === orderReference);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/updates`,
    updates,
    unsigned,
    behave(orderReference, behaviour) {
      if (behaviour === null) behaviours.delete(orderReference);
      else behaviours.set(orderReference, behaviour);
    },
    ids: (orderReference, type) => [
      ...new Set(of(orderReference).flatMap((update) => (update.type === type ? [update.webhookId] : []))),
    ],
    types: (orderReference) => of(orderReference).map(({ type }) => type),
    close: () => close(server),
  };
}

async function receive(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function read(request: IncomingMessage, text: string, unsigned: string[]): Omit<Update, 'answered'> | null {
  try {
    new Webhook(WEBHOOK_SECRET).verify(text, request.headers as Record<string, string>);
  } catch (error) {
    unsigned.push(`${String(error)}: ${text}`);
    return null;
  }
  const { type, data } = JSON.parse(text) as { type: string; data: Update };
  const { orderReference, orderStatus, sequence } = data;
  const { 'webhook-id': id, traceparent } = request.headers;
  const trace = typeof traceparent === 'string' ? { traceparent } : {};
  return { webhookId: String(id), at: Date.now(), type, orderReference, orderStatus, sequence, ...trace };
}

function answer(response: ServerResponse, status: number): void {
  // The target of a redirect answers 200. A client that follows it would count the update as acknowledged.
  const isRedirect = status >= 300 && status < 400;
  response.writeHead(status, isRedirect ? { location: '/elsewhere' } : {}).end();
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
