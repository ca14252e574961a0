/**
 * The commands of docs/temporal-ui.md, run on the server of `npm start`: after each of them the order is
 * paid.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Connection } from '@temporalio/client';
import { afterEach, describe, expect, it } from '@jest/globals';
import { wakeUnwatched } from '../../src/background/recover.ts';
import { listUpdates } from '../../src/store/outbox.ts';
import type { PaymentRow } from '../../src/store/payments.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { listPaused } from '../../src/temporal/stuck.ts';
import { moneyWorkflowId, paymentWorkflowId } from '../../src/workflows/messages.ts';
import { temporalCli } from '../support/dev-server.ts';
import { addressOf, aCallback } from '../support/builders.ts';
import {
  anOpenPayment,
  aPaidPayment,
  doneAt,
  look,
  operate,
  orderOf,
  payAt,
  untilFinished,
  untilOrder,
  untilPayment,
  untilAllTold,
} from '../support/money-world.ts';
import { until } from '../support/until.ts';
import { useMoneyWorld } from '../support/use-money-world.ts';

// Off by default: the server of `npm start` refuses it.
const world = useMoneyWorld('real', ['frontend.WorkflowPauseEnabled=true']);
afterEach(() => world.sandbox.call('DELETE', '/__sim/faults'));

async function temporal(command: string, payment: PaymentRow, ...more: string[]): Promise<void> {
  const { address } = (world.client.connection as Connection).options;
  const id = ['--workflow-id', paymentWorkflowId(payment), '--address', address];
  await promisify(execFile)(temporalCli(), [...command.split(' '), ...id, ...more]);
}

const handleOf = (payment: PaymentRow) => world.client.workflow.getHandle(paymentWorkflowId(payment));
const called = (payment: PaymentRow) => world.runs.callback(addressOf(payment), aCallback('e1'));
const pendingOf = async (payment: PaymentRow) =>
  (await handleOf(payment).describe()).raw.pendingActivities ?? [];

async function paid(payment: PaymentRow): Promise<void> {
  await payAt(world, payment, { outcome: 'authorize' });
  await called(payment);
  await untilOrder(world, payment, 'PAID');
}

/** The state of a pending activity that waits for its next attempt: PENDING_ACTIVITY_STATE_SCHEDULED. */
const SCHEDULED = 1;

/** Its run calls a gateway that does not answer, and waits some time for its next attempt. */
async function withAStuckRead(payment: PaymentRow, attempts = 1): Promise<string> {
  const faults = { readSession: { status: 503 }, readTransaction: { status: 503 } };
  await world.sandbox.call('POST', '/__sim/faults', faults);
  await called(payment);
  await until('the read is tried', async () => {
    const [read] = await pendingOf(payment);
    return (read?.attempt ?? 0) > attempts && Number(read?.state) === SCHEDULED;
  });
  await payAt(world, payment, { outcome: 'authorize' });
  await world.sandbox.call('DELETE', '/__sim/faults');
  return (await pendingOf(payment))[0]?.activityId as string;
}

describe('terminate', () => {
  it('ends the run, and the next callback, return or sweep starts another', async () => {
    const payment = await anOpenPayment(world);
    await temporal('workflow terminate', payment, '--reason', 'a test');
    await paid(payment);
  });

  it('leaves a hold to the job that wakes payments that were not read for three intervals', async () => {
    const payment = await anOpenPayment(world);
    const transactionId = await payAt(world, payment, { outcome: 'on_hold' });
    await called(payment);
    await untilPayment(world, payment, 'ON_HOLD');
    await temporal('workflow terminate', payment);
    await world.sandbox.call('POST', `/__sim/transactions/${transactionId}/change`, { status: 'AUTHORIZED' });
    const log = createLog('silent', 'test');
    const hold = { db: world.store.db, runs: world.runs, log };
    await wakeUnwatched({ ...hold, pollIntervalMs: 3_600_000 });
    expect((await orderOf(world, payment)).status).not.toBe('PAID');
    await wakeUnwatched({ ...hold, pollIntervalMs: 1 });
    await untilOrder(world, payment, 'PAID');
  });

  it('of a money run sends no operation twice', async () => {
    const faults = { capture: { pending: true, afterMs: 1_000, times: 1 } };
    const payment = await aPaidPayment(world, { outcome: 'authorize', faults });
    const { id } = await operate(world, payment, 'capture', 'c1');
    await world.client.workflow.getHandle(moneyWorkflowId(payment.id)).terminate();
    await world.money.request(addressOf(payment), id);
    await untilFinished(world, payment, 'capture', 'c1');
    expect(await doneAt(world, payment)).toEqual(['CAPTURE 10000']);
  }, 60_000);
});

it('cancel is ignored by the run, which continues', async () => {
  const payment = await anOpenPayment(world);
  const { runId } = await handleOf(payment).describe();
  await temporal('workflow cancel', payment);
  await paid(payment);
  expect((await handleOf(payment).describe()).runId).toBe(runId);
});

describe('reset', () => {
  it.each(['FirstWorkflowTask', 'LastWorkflowTask'])(
    'to the %s of an open payment opens no second session',
    async (to) => {
      const payment = await anOpenPayment(world);
      const before = await world.sandbox.call('GET', '/__sim/state');
      await temporal('workflow reset', payment, '--type', to, '--reason', 'a test');
      await paid(payment);
      expect((await world.sandbox.call('GET', '/__sim/state')).body.sessions).toBe(before.body.sessions);
    },
  );

  it('of a payment that has paid moves no money and sends no update again', async () => {
    const payment = await aPaidPayment(world);
    const attempts = async () => {
      // The run ends without waiting for the shop.
      await handleOf(payment).result();
      await untilAllTold(world);
      return (await listUpdates(world.store.db, payment.id)).map((update) => update.attempts);
    };
    expect(await attempts()).toEqual([1]);
    await temporal('workflow reset', payment, '--type', 'FirstWorkflowTask', '--reason', 'a test');
    expect(await attempts()).toEqual([1]);
    expect((await orderOf(world, payment)).status).toBe('PAID');
  });
});

it('pause of the workflow holds all work back until it is unpaused', async () => {
  const payment = await anOpenPayment(world);
  await temporal('workflow pause', payment, '--reason', 'a test');
  const paused = `ExecutionStatus = 'Paused' AND OrderReference = '${payment.orderReference}'`;
  await until('it is listed as paused', async () => (await world.client.workflow.count(paused)).count === 1);
  await payAt(world, payment, { outcome: 'authorize' });
  await called(payment);
  await look(world, payment);
  expect((await orderOf(world, payment)).status).not.toBe('PAID');
  await temporal('workflow unpause', payment);
  await untilOrder(world, payment, 'PAID');
}, 60_000);

describe('of the read that is being retried', () => {
  it('pause holds the payment back until it is unpaused', async () => {
    const payment = await anOpenPayment(world);
    const id = await withAStuckRead(payment);
    await temporal('activity pause', payment, '--activity-id', id);
    await until('it rests', async () => (await pendingOf(payment))[0]?.paused === true);
    const isNamed = async () =>
      (await listPaused(world.client))?.includes(paymentWorkflowId(payment)) === true;
    await until('doctor can name it', isNamed);
    await called(payment);
    expect((await orderOf(world, payment)).status).not.toBe('PAID');
    await temporal('activity unpause', payment, '--activity-id', id);
    await untilOrder(world, payment, 'PAID');
  }, 60_000);

  it('reset tries it at once, and from the first attempt', async () => {
    const payment = await anOpenPayment(world);
    // From here on it waits for 15 s and longer.
    const id = await withAStuckRead(payment, 3);
    await temporal('activity reset', payment, '--activity-id', id);
    await untilOrder(world, payment, 'PAID');
  }, 60_000);
});

it.each([[[]], [['--input', 'null']], [['--input', '{"why":"operator"}']]])(
  'a signal that requests a look (%j) causes one',
  async (input) => {
    const payment = await anOpenPayment(world);
    await payAt(world, payment, { outcome: 'authorize' });
    await temporal('workflow signal', payment, '--name', 'lookRequested', ...input);
    await untilOrder(world, payment, 'PAID');
  },
);
