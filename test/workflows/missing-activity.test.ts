/** The tests' own Workers: an activity that they lack is named, and not retried without end. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { createPaymentRuns } from '../../src/temporal/payment-runs.ts';
import { paymentWorkflowId } from '../../src/workflows/messages.ts';
import { callbackSignal, createFakeActivities, newFakeOrder } from '../support/fake-activities.ts';
import { PATIENT, quietRuntime, startWorkers, workflowBundle } from '../support/fake-workers.ts';
import { addressOf, claimPayment, newOrder, paymentOf } from '../support/memory-store.ts';
import type { RunActivities } from '../support/run-activities.ts';
import { newPsp } from '../support/simulated-psp.ts';
import { addSearchAttributes, startTimeSkippingServer } from '../support/time-skipping.ts';
import { until } from '../support/until.ts';

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  quietRuntime();
  env = await startTimeSkippingServer();
  await addSearchAttributes(env);
}, 120_000);
afterAll(() => env.teardown());

it('an activity that a stand-in lacks is not waited for, and stopping the Workers names it', async () => {
  const order = newOrder('1001', { amountMinor: 72_200, currency: 'NOK' });
  const fake = newFakeOrder(order, newPsp(), () => env.currentTimeMs());
  const lacking: Partial<RunActivities> = createFakeActivities(new Map([['1001', fake]]));
  delete lacking.lookAtPayment;
  const stop = await startWorkers(env.nativeConnection, await workflowBundle(), lacking as RunActivities);
  claimPayment(order, await env.currentTimeMs());
  const payment = addressOf(paymentOf(order, '1001-p1'));
  const runs = createPaymentRuns(env.client, PATIENT);
  await runs.open(payment);
  await runs.callback(payment, callbackSignal('e1'));
  const handle = env.client.workflow.getHandle(paymentWorkflowId(payment));
  const failure = async () => {
    const { events } = await handle.fetchHistory();
    return events?.find((event) => event.activityTaskFailedEventAttributes)
      ?.activityTaskFailedEventAttributes;
  };
  await until('the call has failed for good', async () => (await failure()) !== undefined, 30_000);
  await expect(stop()).rejects.toThrow("add lookAtPayment to the activities of this test's Workers");
}, 60_000);
