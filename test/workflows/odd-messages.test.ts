/**
 * Odd input from an operator's command line: every handler accepts it, on the server of `npm start`, and the
 * payment continues.
 */
import { randomUUID } from 'node:crypto';
import { WithStartWorkflowOperation } from '@temporalio/client';
import { defineUpdate } from '@temporalio/workflow';
import { describe, expect, it } from '@jest/globals';
import { moneyWorkflowId, paymentWorkflowId } from '../../src/workflows/messages.ts';
import { addressOf } from '../support/builders.ts';
import {
  anOpenPayment,
  aPaidPayment,
  doneAt,
  look,
  operate,
  payAt,
  reread,
  untilOrder,
} from '../support/money-world.ts';
import { until } from '../support/until.ts';
import { useMoneyWorld } from '../support/use-money-world.ts';

const deep = (levels: number): unknown => (levels === 0 ? 1 : { at: deep(levels - 1), why: [deep(0)] });

/** Possible values of `--input`, each as the arguments of one call. */
const ODD: readonly (readonly [string, readonly unknown[]])[] = [
  ['no input', []],
  ['null', [null]],
  ['{}', [{}]],
  ['a number', [42]],
  ['a text', ['look']],
  ['a text with a NUL', ['\0']],
  ['true', [true]],
  ['a list', [[{}, null, 'x']]],
  ['two inputs', [{}, {}]],
  ['wrong types', [{ eventId: 1, contentHash: {}, claim: 'x', receivedAt: 5, why: [], at: {}, noteKey: 9 }]],
  [
    'a callback with an odd claim',
    [{ eventId: 'odd', contentHash: 'c', claim: [{ a: 1 }], receivedAt: 'now' }],
  ],
  [
    'a callback of the year 0',
    [{ eventId: 'odd0', contentHash: '', claim: null, receivedAt: '0000-00-00T00:00:00Z' }],
  ],
  ['a look of no known reason', [{ why: 'because', at: 'yesterday', transactionId: '\ud800' }]],
  ['deep nesting', [deep(200)]],
  [
    'a very long text',
    [{ eventId: 'x'.repeat(1_500_000), contentHash: 'c', claim: {}, why: 'sweep', at: 'x' }],
  ],
];

const world = useMoneyWorld();

/** A signal whose payload no converter can decode: `--input-meta encoding=odd/odd`. */
async function signalUndecodable(workflowId: string, signalName: string): Promise<void> {
  const payload = { metadata: { encoding: Buffer.from('odd/odd') }, data: Buffer.from('?') };
  await world.client.connection.workflowService.signalWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId },
    signalName,
    input: { payloads: [payload] },
    requestId: randomUUID(),
  });
}

const failuresOf = async (workflowId: string) => {
  const { events } = await world.client.workflow.getHandle(workflowId).fetchHistory();
  const messages = (events ?? []).flatMap(({ workflowTaskFailedEventAttributes: failed }) =>
    failed?.failure ? [failed.failure.message] : [],
  );
  // A message that arrives while a run ends makes Temporal repeat that task; this is no failure.
  return messages.filter((message) => message !== 'UnhandledCommand');
};

function ask(payment: { orderReference: string; n: number }, update: string, args: readonly unknown[]) {
  const handle = world.client.workflow.getHandle(paymentWorkflowId(payment));
  return handle.executeUpdate(defineUpdate<unknown, [unknown]>(update), { args: args as [unknown] });
}

describe('paymentSession', () => {
  it.each(['callbackReceived', 'poked', 'lookRequested', 'noSuchSignal'])(
    'accepts any input of %s, and is paid',
    async (signal) => {
      const payment = await anOpenPayment(world);
      const id = paymentWorkflowId(payment);
      const handle = world.client.workflow.getHandle(id);
      for (const [, args] of ODD) await handle.signal(signal, ...args);
      await signalUndecodable(id, signal);
      await payAt(world, payment, { outcome: 'authorize' });
      await look(world, payment);
      await untilOrder(world, payment, 'PAID');
      expect(await failuresOf(id)).toEqual([]);
    },
    120_000,
  );

  it("refuses a resolve that it can't understand, with the reason, and is paid", async () => {
    const payment = await anOpenPayment(world);
    const handle = world.client.workflow.getHandle(paymentWorkflowId(payment));
    for (const [, args] of ODD)
      await expect(ask(payment, 'resolveReview', args)).rejects.toMatchObject({
        cause: { message: expect.stringContaining('resolveReview expects {"decision"') },
      });
    await expect(handle.query('getState', deep(50))).resolves.toMatchObject({ status: 'PENDING' });
    for (const [, args] of ODD)
      await expect(ask(payment, 'openSession', args)).resolves.toMatchObject({
        kind: 'open',
      });
    await payAt(world, payment, { outcome: 'authorize' });
    await look(world, payment);
    await untilOrder(world, payment, 'PAID');
    expect(await failuresOf(paymentWorkflowId(payment))).toEqual([]);
  }, 120_000);

  it.each(ODD)('started by hand with %s ends with a failure that says what it expects', async (_, args) => {
    const payment = { orderReference: `odd-${randomUUID()}`, n: 1 };
    const workflowId = paymentWorkflowId(payment);
    const handle = await world.client.workflow.signalWithStart('paymentSession', {
      workflowId,
      taskQueue: 'payments',
      args: [...args],
      signal: 'callbackReceived',
      signalArgs: [...args],
    });
    await expect(handle.result()).rejects.toMatchObject({
      cause: { message: expect.stringContaining('paymentSession expects {"paymentId"') },
    });
  });

  it('is refused with an input that belongs to another id', async () => {
    const [payment, other] = [await anOpenPayment(world), await anOpenPayment(world)];
    await world.client.workflow.getHandle(paymentWorkflowId(payment)).terminate();
    const handle = await world.client.workflow.start('paymentSession', {
      workflowId: paymentWorkflowId(payment),
      taskQueue: 'payments',
      args: [addressOf(other)],
    });
    await expect(handle.result()).rejects.toMatchObject({
      cause: { message: expect.stringContaining(`the input belongs to ${paymentWorkflowId(other)}`) },
    });
    await expect(world.runs.open(addressOf(payment))).resolves.toMatchObject({
      sessionId: payment.sessionId,
    });
  });
});

describe('moneyOperations', () => {
  const start = (payment: { id: string }, args: readonly unknown[]) =>
    new WithStartWorkflowOperation('moneyOperations', {
      workflowId: moneyWorkflowId(payment.id),
      taskQueue: 'payments',
      args: [...args],
      workflowIdConflictPolicy: 'USE_EXISTING',
    });

  it.each(['operationRequested', 'giveBackRequested'])(
    'accepts any input of %s, and makes the requested capture',
    async (signal) => {
      const payment = await aPaidPayment(world);
      const workflowId = moneyWorkflowId(payment.id);
      for (const [, args] of ODD.filter(([name]) => signal !== 'operationRequested' || name !== 'a text'))
        await world.client.workflow.signalWithStart('moneyOperations', {
          workflowId,
          taskQueue: 'payments',
          args: [addressOf(payment)],
          signal,
          signalArgs: [...args],
        });
      expect(await operate(world, payment, 'capture', 'c1')).toMatchObject({ state: 'done' });
      expect(await failuresOf(workflowId)).toEqual([]);
      expect(await doneAt(world, payment)).toEqual(['CAPTURE 10000']);
    },
    60_000,
  );

  it.each([
    ['carryOut', 'carryOut expects the id of an operation'],
    ['giveBack', 'giveBack expects '],
  ])(
    "refuses a %s that it can't understand, with the reason",
    async (update, words) => {
      const payment = await aPaidPayment(world);
      for (const [name, args] of ODD) {
        if (name === 'a text' && update === 'carryOut') continue;
        const startWorkflowOperation = start(payment, [addressOf(payment)]);
        const asked = world.client.workflow.executeUpdateWithStart(update, {
          args: [...args],
          startWorkflowOperation,
        });
        await expect(asked).rejects.toMatchObject({
          cause: { message: expect.stringContaining(words) },
        });
      }
      expect(await operate(world, payment, 'capture', 'c1')).toMatchObject({ state: 'done' });
    },
    60_000,
  );

  it.each(ODD)('started by hand with %s ends with a failure that says what it expects', async (_, args) => {
    const handle = await world.client.workflow.start('moneyOperations', {
      workflowId: moneyWorkflowId(`pay_${randomUUID()}`),
      taskQueue: 'payments',
      args: [...args],
    });
    await expect(handle.result()).rejects.toMatchObject({
      cause: { message: expect.stringContaining('moneyOperations expects {"paymentId"') },
    });
  });
});

it('a long-lived payment’s state stays valid when an odd one is carried over', async () => {
  const payment = await anOpenPayment(world);
  await world.client.workflow.getHandle(paymentWorkflowId(payment)).terminate();
  const carried = {
    seen: [1, 'e1', '\0', {}],
    nextLook: { at: 'soon', why: 'poll' },
    closing: 'me',
    followUps: -1,
  };
  await world.client.workflow.start('paymentSession', {
    workflowId: paymentWorkflowId(payment),
    taskQueue: 'payments',
    args: [{ ...addressOf(payment), carried }],
  });
  await payAt(world, payment, { outcome: 'authorize' });
  await look(world, payment);
  await until('it is paid', async () => (await reread(world, payment.id)).status === 'AUTHORIZED', 30_000);
});
