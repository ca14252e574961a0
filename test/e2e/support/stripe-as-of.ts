/**
 * A Stripe whose payments all have the same life, and that shows each as it was at the step that a test names:
 * also an earlier one than it has shown before. Its answers and events are the sandbox's, recorded once. Each
 * payment has ids of its own.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createStripeGateway } from '../../../src/gateways/stripe/adapter.ts';
import { aSessionRequest, settingsFor } from '../../gateways/stripe/fake-stripe.ts';
import { SETTLED } from '../../gateways/stripe/settled-payment.ts';
import { KEY, startStripeSandbox, WEBHOOK_SECRET } from '../../sandbox/stripe/stripe-client.ts';

const HOST = 'host.template';
const TEMPLATE = { paymentId: 'pay_template', orderReference: 'order-template', n: 1 } as const;

/** Answers by `GET /v1/…`. */
type Answers = ReadonlyMap<string, string>;

interface Step {
  readonly event: string;
  readonly answers: Answers;
}

interface Life {
  /** The answer to the creation of its session. */
  readonly creation: string;
  /** Before the payer has paid. */
  readonly before: Answers;
  readonly steps: readonly Step[];
}

/** Names the payments of one life. */
interface Owner {
  readonly payment: string;
  readonly order: string;
  readonly host: string;
}

export interface StripeAsOf {
  readonly url: string;
  /** The event of each step of a life. */
  readonly types: readonly string[];
  /** From now on, a session is shown as it was at this step. */
  show(sessionId: string, step: number): void;
  /** The newest step at which it was read; -1 where it was read before all of them, or never. */
  newestRead(sessionId: string): number;
  /** The body of the event of a step; `copy` for another Event object about the same fact. */
  eventOf(sessionId: string, step: number, copy?: string): string;
  close(): Promise<void>;
}

export async function startStripeAsOf(): Promise<StripeAsOf> {
  const life = await recordLife();
  const owners: Owner[] = [];
  const shown = new Map<string, number>();
  const moments = new Map<string, { readonly now: number; readonly newest: number }>();
  const begun = Date.now();
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = 'GET', url = '/' } = request;
    const [asked, mark] = [url.replaceAll(MARK, ''), markOf(url)];
    if (method === 'POST') {
      owners.push(ownerIn(new URLSearchParams(await text(request))));
      return send(response, toOwner(life.creation, owners, owners.length - 1), begun);
    }
    if (mark === '') return send(response, EMPTY, begun);
    // A reading begins with the session, and its other calls show the same moment.
    if (asked.startsWith('/v1/checkout/sessions/')) {
      const now = shown.get(mark) ?? -1;
      moments.set(mark, { now, newest: Math.max(now, moments.get(mark)?.newest ?? -1) });
    }
    const step = moments.get(mark)?.now ?? -1;
    const body = (step < 0 ? life.before : life.steps[step]?.answers)?.get(`GET ${asked}`);
    if (body === undefined) return send(response, `no answer for ${url}`, begun, 500);
    // Seconds, as Stripe says when it has answered.
    send(response, toOwner(body, owners, numberIn(mark)), begun + (step + 1) * 1_000);
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    types: SETTLED.map(([type]) => type),
    show: (sessionId, step) => void shown.set(markOf(sessionId), step),
    newestRead: (sessionId) => moments.get(markOf(sessionId))?.newest ?? -1,
    eventOf: (sessionId, step, copy = '') =>
      toOwner(life.steps[step]?.event ?? '', owners, numberIn(markOf(sessionId))).replace(
        /"id":"evt_/,
        `"id":"evt_${copy}`,
      ),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A sweep or a search finds nothing. */
const EMPTY = JSON.stringify({ object: 'list', data: [], has_more: false, url: '/v1/x' });

function send(response: ServerResponse, body: string, at: number, status = 200): void {
  response.sendDate = false;
  response.writeHead(status, { 'content-type': 'application/json', date: new Date(at).toUTCString() });
  response.end(body);
}

function ownerIn(form: URLSearchParams): Owner {
  const named = (name: string) => form.get(`metadata[${name}]`) ?? '';
  return { payment: named('payment'), order: named('order'), host: named('host') };
}

/** The end of each id of one payment. */
const MARK = /(?<=_[A-Za-z0-9]+)K\d{4}(?![A-Za-z0-9])/g;
const IDS = /\b(cs_test|pi|ch|py|re|du|dp|evt|txn|pm)_[A-Za-z0-9]+/g;

function markOf(named: string): string {
  const [mark = ''] = named.match(MARK) ?? [];
  return mark;
}

function numberIn(mark: string): number {
  return Number(mark.slice(1));
}

function toOwner(body: string, owners: readonly Owner[], number: number): string {
  const { payment, order, host } = owners[number] as Owner;
  return body
    .replaceAll(IDS, (id) => `${id}K${String(number).padStart(4, '0')}`)
    .replaceAll(TEMPLATE.paymentId, payment)
    .replaceAll(TEMPLATE.orderReference, order)
    .replaceAll(HOST, host);
}

/** Plays the life at the sandbox, reads it by the adapter after each step, and keeps all answers. */
async function recordLife(): Promise<Life> {
  const sandbox = await startStripeSandbox();
  let answers = new Map<string, string>();
  const credentials = {
    accountId: 'acct_1Sandbox000000001',
    secretKey: KEY,
    webhookSecrets: [WEBHOOK_SECRET],
  };
  const settings = settingsFor(sandbox.url, { ...credentials, publicUrl: `https://${HOST}` });
  const gateway = createStripeGateway(settings, {
    async fetch(target, init) {
      const url = target as string;
      const response = await fetch(url, init);
      const body = await response.text();
      answers.set(`${init?.method} ${url.slice(sandbox.url.length)}`, body);
      return new Response(body, response);
    },
  });
  const shownBy = async (sessionId: string): Promise<Answers> => {
    answers = new Map();
    await gateway.readPayment({ sessionId });
    return answers;
  };
  try {
    const expiresAt = new Date(Date.now() + 4 * 3_600_000);
    const { sessionId } = await gateway.createSession(aSessionRequest({ ...TEMPLATE, expiresAt }));
    const creation = answers.get('POST /v1/checkout/sessions') ?? '';
    const before = await shownBy(sessionId);
    const { transactionId } = await sandbox.sim(`/sessions/${sessionId}/pay`, { outcome: 'authorize' });
    const paid = { sessionId, transactionId, refunds: [], disputes: [] };
    const steps: Step[] = [];
    for (const [type, act] of SETTLED) {
      await act(sandbox, paid);
      const { data } = await sandbox.stripe.events.list({ limit: 100, type });
      steps.push({ event: JSON.stringify(data[0]), answers: await shownBy(sessionId) });
    }
    return { creation, before, steps };
  } finally {
    await sandbox.close();
  }
}
