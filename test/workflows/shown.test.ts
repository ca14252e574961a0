/** The view of a run in Temporal: during a look, while it waits, and when it is over. */
import { afterEach, expect, it } from '@jest/globals';
import { getState, moneyWorkflowId, paymentWorkflowId } from '../../src/workflows/messages.ts';
import type { PaymentRow } from '../../src/store/payments.ts';
import { addressOf, aCallback } from '../support/builders.ts';
import {
  anOpenPayment,
  aPaidPayment,
  doneAt,
  look,
  operate,
  payAt,
  reread,
  untilFinished,
  untilOrder,
  untilPayment,
} from '../support/money-world.ts';
import { until } from '../support/until.ts';
import { useMoneyWorld } from '../support/use-money-world.ts';

const world = useMoneyWorld();
afterEach(() => world.sandbox.call('DELETE', '/__sim/faults'));

const handleOf = (workflowId: string) => world.client.workflow.getHandle(workflowId);

/** The head of a run's page in the Web UI. */
async function detailsOf(workflowId: string): Promise<string> {
  const shown = await handleOf(workflowId).query<{ currentDetails: string }>('__temporal_workflow_metadata');
  return shown.currentDetails;
}

async function untilDetails(workflowId: string, words: RegExp): Promise<string> {
  await until(`the details say ${words}`, async () => words.test(await detailsOf(workflowId)), 30_000);
  return detailsOf(workflowId);
}

async function summariesOf(workflowId: string): Promise<string[]> {
  const { events } = await handleOf(workflowId).fetchHistory();
  return (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: activity, userMetadata }) =>
    activity ? [JSON.parse(Buffer.from(userMetadata?.summary?.data ?? []).toString('utf8')) as string] : [],
  );
}

const silent = { status: 503 };
/** Sessions and transactions are read at two addresses. */
const unreadable = () =>
  world.sandbox.call('POST', '/__sim/faults', { readTransaction: silent, readSession: silent });

const called = (payment: PaymentRow, eventId: string) =>
  world.runs.callback(addressOf(payment), aCallback(eventId));

it('during a look its details show the start, the reason and the attempts', async () => {
  const payment = await anOpenPayment(world);
  const id = paymentWorkflowId(payment);
  await unreadable();
  const before = new Date().toISOString();
  await called(payment, 'e1');
  const details = await untilDetails(id, /looking/);
  expect(details).toMatch(/^- waits for the gateway: looking because of 1 callback, since 2\d{3}-.*Z$/m);
  const since = /since (\S+Z)/.exec(details)?.[1] as string;
  expect(Date.parse(since)).toBeGreaterThanOrEqual(Date.parse(before) - 1_000);
  expect(details).toContain('Pending Activities of this page, or `paidonce why`');
  expect((await handleOf(id).query(getState)).waitsFor).toMatch(
    /^the gateway: looking because of 1 callback/,
  );
  // The place to which the details refer.
  await until('it is tried again', async () => {
    const { pendingActivities } = (await handleOf(id).describe()).raw;
    return (pendingActivities?.[0]?.attempt ?? 0) >= 2;
  });
  await world.sandbox.call('DELETE', '/__sim/faults');
  const after = await untilDetails(id, /waits for a callback/);
  expect(after).not.toContain('looking');
  expect(after).not.toContain('Pending Activities');
}, 60_000);

it('several reasons for one look are listed together', async () => {
  const payment = await anOpenPayment(world);
  const id = paymentWorkflowId(payment);
  const slow = { delayMs: 3_000 };
  await world.sandbox.call('POST', '/__sim/faults', { readTransaction: slow, readSession: slow });
  const at = new Date().toISOString();
  await called(payment, 'e0');
  await untilDetails(id, /because of 1 callback/);
  for (const eventId of ['e1', 'e2']) await called(payment, eventId);
  await world.runs.poke(addressOf(payment), { why: 'return', at });
  for (const why of ['sweep', 'sweep', 'operator'] as const)
    await world.runs.look(addressOf(payment), { why, at });
  await untilDetails(id, /looking because of 2 callbacks, the payer's return, the sweep, an operator, since/);
}, 60_000);

it('a hold that the merchant has acknowledged is no longer shown as waiting for the merchant', async () => {
  const payment = await anOpenPayment(world);
  const id = paymentWorkflowId(payment);
  await payAt(world, payment, { outcome: 'on_hold' });
  await called(payment, 'e1');
  await untilPayment(world, payment, 'ON_HOLD');
  await untilDetails(id, /waits for the gateway to decide/);
  expect(await detailsOf(id)).not.toContain('to acknowledge');
});

it('a run that has ended waits for nothing', async () => {
  const payment = await anOpenPayment(world);
  await payAt(world, payment, { outcome: 'authorize' });
  await look(world, payment);
  await untilOrder(world, payment, 'PAID');
  await handleOf(paymentWorkflowId(payment)).result();
  const details = await detailsOf(paymentWorkflowId(payment));
  expect(details).toContain('- waits for nothing: settled');
  expect(details).not.toContain('to acknowledge');
});

it('a money run names its operation and its transaction, in its summary and in those of its activities', async () => {
  const faults = { capture: { status: 503, times: 1 } };
  const payment = await aPaidPayment(world, { outcome: 'authorize', faults });
  const id = moneyWorkflowId(payment.id);
  const { id: operationId } = await operate(world, payment, 'capture', 'c1', 4_050);
  const words = `capture 40.50 NOK of ${payment.transactionId}`;
  const described = await handleOf(id).describe();
  expect(await described.staticSummary()).toBe(
    `${words}, order ${payment.orderReference}, payment 1 by dintero`,
  );
  // Temporal itself adds the worker's identity.
  const ours = described.typedSearchAttributes.getAll().filter(({ key }) => key.name !== 'BuildIds');
  expect(Object.fromEntries(ours.map(({ key, value }) => [key.name, value]))).toEqual({
    PaymentGateway: 'dintero',
    OrderReference: payment.orderReference,
  });
  await untilFinished(world, payment, 'capture', 'c1');
  expect(await summariesOf(id)).toContain(`carry out ${words} (${operationId})`);
}, 60_000);

it('the sum that is left to capture is shown without an amount while the amount is unknown', async () => {
  const payment = await aPaidPayment(world);
  const { id: operationId } = await operate(world, payment, 'capture', 'all');
  expect(await summariesOf(moneyWorkflowId(payment.id))).toContain(
    `carry out capture all that is left of ${payment.transactionId} (${operationId})`,
  );
});

it('a text longer than a line is cut in a summary, and does not stop the run', async () => {
  const payment = await anOpenPayment(world);
  const at = new Date().toISOString();
  const transactionId = '€'.repeat(500);
  await world.runs.look(addressOf(payment), { why: 'sweep', at, transactionId });
  await payAt(world, payment, { outcome: 'authorize' });
  await called(payment, 'e1');
  await untilOrder(world, payment, 'PAID');
  const paid = await reread(world, payment.id);
  await world.money.request(addressOf(paid), '€'.repeat(500), '€'.repeat(500));
  expect(await operate(world, paid, 'capture', 'c1')).toMatchObject({ state: 'done' });
  expect(await doneAt(world, paid)).toEqual(['CAPTURE 10000']);
  const ids = [paymentWorkflowId(payment), moneyWorkflowId(payment.id)];
  const summaries = (await Promise.all(ids.map(summariesOf))).flat();
  const isLong = (text: string) => Buffer.byteLength(text) > 400;
  expect(summaries.filter((text) => text.includes('€€€') && !isLong(text))).toHaveLength(1);
  expect(summaries.filter(isLong)).toEqual([]);
}, 60_000);
