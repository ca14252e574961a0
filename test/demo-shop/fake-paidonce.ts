import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

export interface PaymentRequest {
  readonly order: { reference: string; amount: number; items: { amount: number; vatAmount: number }[] };
  readonly returnUrl: string;
  readonly gateway?: string;
  readonly replace?: boolean;
}

/** paidonce as the shop sees it: one session per order, and the answers that a test sets. */
export interface FakePaidonce {
  readonly url: string;
  /** Every accepted `POST /v1/payments`. */
  readonly requests: PaymentRequest[];
  /** When set, it is the answer to every `POST /v1/payments`. */
  problem: { status: number; code: string; detail: string } | undefined;
  /** The answer of `GET /v1/gateways`. */
  gateways: readonly { id: string; name: string; isDefault: boolean }[];
  /** Changes to the answer of `GET /v1/payments/<id>`. */
  payment: Record<string, unknown>;
  /** The answer of `GET /v1/orders/<reference>` for each order. */
  orderStatus: string;
  /** Every capture, refund and void by reference, in paidonce's order: newest first. */
  readonly operations: FakeOperation[];
  /** The result of the next new operation; `done` where it is not set. */
  outcome: { status: string; problem?: { status: number; code: string; detail: string } } | undefined;
  close(): Promise<void>;
}

export const DINTERO = { id: 'dintero', name: 'Dintero', isDefault: true };

export interface FakeOperation {
  readonly kind: string;
  readonly reference: string;
  readonly status: string;
  readonly amount: number;
  readonly currency: string;
  readonly createdAt: string;
  readonly problem?: object | undefined;
}

export async function startFakePaidonce(): Promise<FakePaidonce> {
  const server = createServer((request, response) => void answer(fake, request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const fake: FakePaidonce = {
    url: `http://127.0.0.1:${port}`,
    requests: [],
    problem: undefined,
    gateways: [DINTERO],
    payment: {},
    orderStatus: 'AWAITING_PAYMENT',
    operations: [],
    outcome: undefined,
    async close() {
      if (!server.listening) return;
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return fake;
}

async function answer(fake: FakePaidonce, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? '';
  if (request.headers.authorization !== `Bearer ${API_KEY}`)
    return send(response, 401, { code: 'unauthorized' });
  const [, move] = /^\/v1\/payments\/[^/]+\/(capture|refund|void)$/.exec(path) ?? [];
  if (move !== undefined) return moveMoney(fake, move, request, response);
  if (path.endsWith('/operations?limit=100')) return send(response, 200, { data: fake.operations });
  if (path === '/v1/gateways') return send(response, 200, { data: fake.gateways });
  if (request.method === 'POST') return openPayment(fake, request, response);
  const id = decodeURIComponent(path.split('/').at(-1) ?? '');
  if (path.startsWith('/v1/payments/')) return send(response, 200, aPayment(fake, id.replace('pay_', '')));
  return send(response, 200, { reference: id, status: fake.orderStatus, payments: [`pay_${id}`] });
}

async function openPayment(
  fake: FakePaidonce,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = (await json(request)) as PaymentRequest;
  if (fake.problem) return send(response, fake.problem.status, fake.problem);
  fake.requests.push(body);
  return send(response, 201, aPayment(fake, body.order.reference));
}

/**
 * Like paidonce: the same reference is the same operation, and one that was refused before it began does not
 * exist.
 */
async function moveMoney(
  fake: FakePaidonce,
  kind: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { reference } = (await json(request)) as { reference: string };
  const known = fake.operations.find((one) => one.kind === kind && one.reference === reference);
  const { status, problem } = known ? { status: known.status } : (fake.outcome ?? { status: 'done' });
  if (problem !== undefined && problem.status !== 402) return send(response, problem.status, problem);
  const made = {
    kind,
    reference,
    status,
    amount: 72_200,
    currency: 'NOK',
    createdAt: '2026-11-21T12:01:00.000Z',
    problem,
  };
  if (known === undefined) fake.operations.unshift(made);
  if (problem !== undefined) return send(response, problem.status, problem);
  return send(response, status === 'done' ? 200 : 202, known ?? made);
}

function aPayment(fake: FakePaidonce, reference: string): object {
  return {
    id: `pay_${reference}`,
    status: 'PENDING',
    gateway: 'dintero',
    orderReference: reference,
    amount: 72_200,
    currency: 'NOK',
    sessionId: `session-${reference}`,
    checkoutUrl: `https://checkout.example/v1/view/${reference}`,
    transactionId: null,
    reason: null,
    workflow: {
      workflowId: `payment/${reference}/1`,
      runId: null,
      url: `http://temporal.example/namespaces/default/workflows/payment%2F${reference}%2F1`,
    },
    timeline: [{ at: '2026-11-21T12:00:00.000Z', kind: 'operation', text: 'session opened', data: {} }],
    ...fake.payment,
  };
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'req-7' });
  response.end(JSON.stringify(body));
}

export const API_KEY = 'test-key-of-the-demo-shop-0001';
