/** The shop of docs/integrate.md, run against the product exactly as printed, since developers copy it. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { freePort } from '../support/ports.ts';
import { filled, readCollection } from './support/http-collection.ts';
import { WEBHOOK_SECRET } from './support/merchant.ts';
import { startProcess, type Process } from './support/processes.ts';
import { untilOrder } from './support/shop.ts';
import { API_KEY, startStack, type Stack } from './support/stack.ts';
import { until } from './support/until.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const FORGED_SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

let stack: Stack;
let shop: Process;
let origin: string;
let folder: string;

beforeAll(async () => {
  const port = await freePort();
  origin = `http://127.0.0.1:${port}`;
  folder = await mkdtemp(join(tmpdir(), 'paidonce-integrate-'));
  // The collection has a call for each gateway. The shop's payments are at the default one.
  const both = await startStack({ gateway: 'stripe', env: { ORDER_WEBHOOK_URL: `${origin}/updates` } });
  stack = both.at('dintero');
  shop = await startProcess({
    name: 'the printed shop',
    command: process.execPath,
    args: [await printedShop()],
    // The variables that the document sets, and no others.
    env: {
      PAIDONCE_URL: stack.origin,
      PAIDONCE_API_KEY: API_KEY,
      ORDER_WEBHOOK_SECRET: WEBHOOK_SECRET,
      PORT: String(port),
    },
    answers: () => fetch(origin),
    readyWithinMs: 60_000,
  });
}, 150_000);

afterAll(async () => {
  await shop?.kill('SIGKILL');
  await stack?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function printedShop(): Promise<string> {
  const [, program = ''] =
    /```js\n(.+?)```/s.exec(await readFile(join(ROOT, 'docs', 'integrate.md'), 'utf8')) ?? [];
  // Instead of `npm i standardwebhooks`.
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'shop.mjs'), program);
  return join(folder, 'shop.mjs');
}

/** A browser that presses Buy: the order's number and the hosted page. */
async function buy(): Promise<{ reference: string; checkoutUrl: string }> {
  const answer = await fetch(`${origin}/buy`, { method: 'POST', redirect: 'manual' });
  expect(answer.status).toBe(303);
  const checkoutUrl = answer.headers.get('location') ?? '';
  const { session } = await stack.sandbox.session(checkoutUrl.split('/').at(-1) ?? '');
  return { reference: session.order.merchant_reference, checkoutUrl };
}

/**
 * The payer authorizes on the hosted page and follows its redirects to the shop: returns the text and the
 * address of the page.
 */
async function payAndComeBack(checkoutUrl: string): Promise<{ text: string; url: URL }> {
  const answer = await fetch(checkoutUrl, {
    method: 'POST',
    body: new URLSearchParams({ outcome: 'authorize' }),
  });
  return { text: await answer.text(), url: new URL(answer.url) };
}

const timesPaid = (reference: string) =>
  shop.lines.filter((line) => line === `${reference} is paid: send the goods`).length;

const untilPaid = (reference: string) =>
  until(`the shop says that ${reference} is paid`, () => timesPaid(reference) > 0);

/** An invented update that is not signed correctly; returns the shop's status. */
async function tell(
  reference: string,
  {
    secret,
    sequence = 1,
    sent = (body: string) => body,
  }: { secret: string; sequence?: number; sent?: (body: string) => string },
): Promise<number> {
  const data = { orderReference: reference, orderStatus: 'PAID', sequence };
  const body = JSON.stringify({ type: 'order.paid', timestamp: new Date().toISOString(), data });
  const [id, at] = [`${reference}/order.paid`, new Date()];
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': new Webhook(secret).sign(id, at, body),
  };
  return (await fetch(`${origin}/updates`, { method: 'POST', headers, body: sent(body) })).status;
}

describe('the shop of docs/integrate.md', () => {
  it('sells: the payer returns to a paid order, and the shop says so once', async () => {
    const { reference, checkoutUrl } = await buy();
    const { text, url } = await payAndComeBack(checkoutUrl);
    expect([url.origin, url.pathname]).toEqual([origin, `/orders/${reference}`]);
    expect(text).toBe('Your order is PAID.');
    await untilPaid(reference);
    expect(timesPaid(reference)).toBe(1);
  }, 90_000);

  it('says paid once for an update that comes twice and for a later one that says PAID too', async () => {
    const { reference, checkoutUrl } = await buy();
    await payAndComeBack(checkoutUrl);
    await untilPaid(reference);
    const again = { effectId: `${reference}/order.paid`, actor: 'ada', reason: 'once more' };
    expect((await stack.call('POST', '/v1/updates/redeliver', again)).status).toBe(202);
    await untilHeard(reference, 'order.paid', 2);
    const [id] = (await stack.call('GET', `/v1/orders/${reference}`)).body.payments as string[];
    await stack.call('POST', `/v1/payments/${id}/capture`, { reference: 'parcel-1' });
    await untilHeard(reference, 'order.captured', 1);
    expect(timesPaid(reference)).toBe(1);
  }, 90_000);

  it('believes neither the parameters of its return address nor a forged update', async () => {
    const { reference } = await buy();
    const page = await fetch(`${origin}/orders/${reference}?order=${reference}&status=paid`);
    expect(await page.text()).toBe('Your order is AWAITING_PAYMENT.');
    const forged = [
      await tell(reference, { secret: FORGED_SECRET }),
      await tell(reference, {
        secret: WEBHOOK_SECRET,
        sent: (body) => body.replace('"sequence":1', '"sequence":9'),
      }),
      (await fetch(`${origin}/updates`, { method: 'POST', body: '{}' })).status,
    ];
    expect(forged).toEqual([401, 401, 401]);
    expect(timesPaid(reference)).toBe(0);
    // The shop accepts the same update with a right signature, so it refused the signature.
    expect(await tell(reference, { secret: WEBHOOK_SECRET })).toBe(204);
    await untilPaid(reference);
  }, 90_000);

  it('shows an order that was declined as paidonce says it is', async () => {
    const { reference, checkoutUrl } = await buy();
    await fetch(checkoutUrl, { method: 'POST', body: new URLSearchParams({ outcome: 'decline' }) });
    await untilOrder(stack, reference, 'PAYMENT_FAILED');
    expect(await (await fetch(`${origin}/orders/${reference}`)).text()).toBe('Your order is PAYMENT_FAILED.');
  }, 90_000);

  it('passes every check of paidonce conformance, as step 7 shows', async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        join(ROOT, 'bin', 'paidonce.js'),
        'conformance',
        '--url',
        `${origin}/updates`,
        '--probe',
        `${origin}/state/{reference}`,
      ],
      { env: { ...process.env, DATA_DIR: '/nowhere', ORDER_WEBHOOK_SECRETS: WEBHOOK_SECRET } },
    );
    expect(stdout).toMatch(/: 32 checks passed, 0 failed, 0 could not be made$/m);
  }, 60_000);

  it('can be followed by every request of docs/paidonce.http', async () => {
    const { variables, requests } = readCollection();
    const order = 'by-hand-1';
    const values: Record<string, string> = {
      baseUrl: stack.origin,
      apiKey: API_KEY,
      order,
      payment: '',
      delivery: '',
      reconciliation: '',
      backfill: '',
      approval: 'apr_of_no_request',
    };
    expect(variables).toEqual(Object.keys(values));
    const answers: Record<string, number> = {};
    for (const { title, method, url, headers, body } of requests) {
      const sent = Object.entries(headers).map(([name, text]) => [name, filled(text, values)] as const);
      const answer = await fetch(filled(url, values), {
        method,
        headers: Object.fromEntries(sent),
        body: body === undefined ? null : filled(body, values),
      });
      answers[title.split(/[ ;,:]/)[0] ?? ''] = answer.status;
      // Nothing here is above a limit, so nothing waits for a second person.
      if (url.includes('{{approval}}')) {
        expect([title, answer.status]).toEqual([title, 404]);
        continue;
      }
      if (answer.headers.get('content-type')?.startsWith('text/event-stream') === true) {
        await answer.body?.cancel();
        continue;
      }
      if (answer.headers.get('content-type')?.startsWith('text/csv') === true) {
        expect([title, answer.status, await answer.text()]).toEqual([
          title,
          200,
          expect.stringMatching(/^id,/),
        ]);
        continue;
      }
      const content = (await answer.json()) as { id: string; checkoutUrl?: string; data: { id: string }[] };
      expect([title, answer.status < 400 || answer.status === 409, content]).toEqual([title, true, content]);
      if (title.startsWith('Open')) {
        values['payment'] = content.id;
        const paid = { method: 'POST', body: new URLSearchParams({ outcome: 'authorize' }) };
        // Its returnUrl is the shop of the page, which listens on another port here.
        await fetch(content.checkoutUrl ?? '', { ...paid, redirect: 'manual' });
        await untilOrder(stack, order, 'PAID');
      }
      if (title.startsWith('Compare')) values['reconciliation'] = content.id;
      if (title.startsWith('Fill')) values['backfill'] = content.id;
      if (url.includes('/v1/deliveries?limit')) values['delivery'] = content.data[0]?.id ?? '';
    }
    expect(answers).toMatchObject({
      Open: 201,
      Capture: 200,
      Refund: 200,
      Void: 409,
      Cancel: 409,
      Decide: 409,
      Compare: 202,
      Fill: 202,
    });
  }, 90_000);

  async function untilHeard(reference: string, type: string, times: number): Promise<void> {
    await until(`the shop has answered ${type} of ${reference} ${times} times`, async () => {
      const { body } = await stack.call('GET', `/v1/updates?order=${reference}`);
      const updates = body.data as { type: string; state: string; attempts: number }[];
      return updates.some((one) => one.type === type && one.state === 'delivered' && one.attempts === times);
    });
  }
});
