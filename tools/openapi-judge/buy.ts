/**
 * A sale by the generated TypeScript client: creates a payment, waits until it is paid, captures and refunds it. Prints the session as
 * a line of JSON, and goes on once a line has come in.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import createClient from 'openapi-fetch';
import type { components, paths } from './schema.js';

type Operation = components['schemas']['OperationWithPayment'];

const [baseUrl = '', key = '', reference = ''] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${key}` } });

/** What was answered, or the problem in words. */
function answered<Data>({ data, error }: { data?: Data; error?: components['schemas']['Problem'] }): Data {
  if (data === undefined) throw new Error(`${error?.code}: ${error?.detail}`);
  return data;
}

async function until<Found>(what: string, look: () => Promise<Found | null>): Promise<Found> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const found = await look();
    if (found !== null) return found;
    await sleep(200);
  }
  throw new Error(`not in time: ${what}`);
}

async function ended(operation: Operation): Promise<Operation> {
  const path = { id: operation.payment.id, reference: operation.reference };
  return until(`${operation.kind} is done`, async () => {
    const now = answered(
      await client.GET('/v1/payments/{id}/operations/{reference}', {
        params: { path, query: { kind: operation.kind } },
      }),
    );
    return now.status === 'done' ? now : null;
  });
}

const items = [{ id: 'chair', lineId: '1', description: 'Chair', quantity: 1, amount: 72_200 } as const];
const created = answered(
  await client.POST('/v1/payments', {
    body: { order: { reference, amount: 72_200, currency: 'NOK', items } },
  }),
);
process.stdout.write(`${JSON.stringify({ sessionId: created.sessionId })}\n`);
await once(process.stdin, 'data');

const path = { id: created.id };
await until('it is authorized', async () => {
  const now = answered(await client.GET('/v1/payments/{id}', { params: { path } }));
  return now.status === 'AUTHORIZED' ? now : null;
});
const body = { amount: 72_200, reference: 'c1' };
await ended(answered(await client.POST('/v1/payments/{id}/capture', { params: { path }, body })));
const refunded = await ended(
  answered(
    await client.POST('/v1/payments/{id}/refund', {
      params: { path, header: { 'Idempotency-Key': 'r1' } },
      body: { amount: 34_150 },
    }),
  ),
);
process.stdout.write(`${JSON.stringify({ status: refunded.payment.status, refunded: refunded.amount })}\n`);
process.exit(0);
