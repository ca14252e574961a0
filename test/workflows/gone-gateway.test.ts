/**
 * A gateway is removed from the configuration while it has an open payment: real Workers without its queues,
 * on the server of `npm start`.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { createPaymentRuns } from '../../src/temporal/payment-runs.ts';
import { getState, paymentWorkflowId } from '../../src/workflows/messages.ts';
import { startDevServer } from '../support/dev-server.ts';
import { callbackSignal, createFakeActivities, newFakeOrder } from '../support/fake-activities.ts';
import { PATIENT, quietRuntime, startWorkers, workflowBundle } from '../support/fake-workers.ts';
import { addressOf, claimPayment, newOrder, paymentOf } from '../support/memory-store.ts';
import { change, newPsp, sessionOf } from '../support/simulated-psp.ts';
import { until } from '../support/until.ts';

const ORDER = 'gone-1';

let server: Awaited<ReturnType<typeof startDevServer>>;
let connections: { readonly client: Client; readonly native: NativeConnection };
beforeAll(async () => {
  quietRuntime();
  server = await startDevServer();
  const { address } = server;
  const connection = await Connection.connect({ address });
  connections = { client: new Client({ connection }), native: await NativeConnection.connect({ address }) };
}, 120_000);
afterAll(async () => {
  await connections?.native.close();
  await connections?.client.connection.close();
  await server?.close();
}, 60_000);

it('leaves its run at rest, where everybody can see what it waits for, and the run goes on when it is back', async () => {
  const { client, native } = connections;
  const runs = createPaymentRuns(client, PATIENT);
  const fake = newFakeOrder(newOrder(ORDER, { amountMinor: 72_200, currency: 'NOK' }), newPsp(), () =>
    Promise.resolve(Date.now()),
  );
  const activities = createFakeActivities(new Map([[ORDER, fake]]));
  const bundle = await workflowBundle();
  const begin = (gateways?: string[]) => startWorkers(native, bundle, activities, gateways);
  claimPayment(fake.order, Date.now());
  const payment = () => paymentOf(fake.order, `${ORDER}-p1`);
  const handle = client.workflow.getHandle(paymentWorkflowId(payment()));

  let stop = await begin();
  await runs.open(addressOf(payment()));
  change(sessionOf(fake.psp, payment().sessionId ?? ''), 'AUTHORIZED');
  await stop();

  stop = await begin([]);
  await runs.callback(addressOf(payment()), callbackSignal('e1'));
  const pending = async () => (await handle.describe()).raw.pendingActivities ?? [];
  await until('its read waits', async () => (await pending()).length === 1, 30_000);
  const [read] = await pending();
  expect(read).toMatchObject({ activityType: { name: 'lookAtPayment' }, lastFailure: null });
  expect((await handle.query(getState)).waitsFor).toContain('looking because of 1 callback');
  expect((await handle.describe()).status.name).toBe('RUNNING');
  expect(payment().status).toBe('PENDING');
  await stop();

  stop = await begin();
  await until('it is paid', () => payment().status === 'AUTHORIZED', 30_000);
  expect(fake.order.paidTimes).toBe(1);
  await until('the merchant knows', () => fake.order.updates.some(({ told }) => told), 30_000);
  await stop();
}, 120_000);
