/** Odd input that an operator's command line may send. */
import { randomUUID } from 'node:crypto';
import { moneyWorkflowId, type MoneyInput } from '../../src/workflows/messages.ts';
import { attempted, attempts, plan, plans } from './attempt-scenarios.ts';
import type { Scenario, Story } from './story.ts';

const ODD = [undefined, null, {}, 42, 'look', '\0', '\ud800', 'x'.repeat(501), [{}]];
const ODD_TIMES = [
  { why: 'unproved_callback', at: '2026-99-01T00:00:00Z' },
  // Longer than the summary of an activity may be.
  { why: 'sweep', at: 'yesterday', transactionId: '€'.repeat(500) },
];

/** A payload that no converter can decode: `--input-meta encoding=odd/odd`. */
async function signalUndecodable({ client }: Story, workflowId: string, signalName: string): Promise<void> {
  const payload = { metadata: { encoding: Buffer.from('odd/odd') }, data: Buffer.from('?') };
  await client.connection.workflowService.signalWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId },
    signalName,
    input: { payloads: [payload] },
    requestId: randomUUID(),
  });
}

async function signalOdd(story: Story, workflowId: string, signal: string): Promise<void> {
  const handle = story.client.workflow.getHandle(workflowId);
  for (const odd of ODD) await handle.signal(signal, odd);
  await signalUndecodable(story, workflowId, signal);
}

/** Started by hand, with an input that is not understood. */
async function begun(story: Story, workflow: string, workflowId: string, input: unknown): Promise<string[]> {
  await story.client.workflow.start(workflow, { workflowId, taskQueue: 'payments', args: [input] });
  return [workflowId];
}

export const ODD_SCENARIOS: Readonly<Record<string, Scenario>> = {
  async 'odd-messages'(story) {
    await story.open();
    const id = story.workflowId;
    for (const signal of ['callbackReceived', 'poked', 'lookRequested']) await signalOdd(story, id, signal);
    for (const odd of ODD_TIMES)
      for (const signal of ['poked', 'lookRequested'])
        await story.client.workflow.getHandle(id).signal(signal, odd);
    const claim = { sessionId: 1, transactionId: '', event: 'AUTHORIZE' };
    const odd = { eventId: 'odd', contentHash: 'c', claim, receivedAt: '2026-01-01T00:00:00+01:00' };
    await story.client.workflow.getHandle(id).signal('callbackReceived', odd);
    await story.quiet();
    story.turns('AUTHORIZED');
    await story.callback('e1');
  },
  async 'odd-carried'(story) {
    await story.stored();
    const nextLook = { at: 'soon', why: 'poll' };
    const carried = { seen: 'none', unclearSince: -1, followUps: 0.5, closing: 'nobody', nextLook };
    await story.takeOver(carried as never);
    await story.terminate();
    await story.takeOver({ ...carried, seen: ['e0', '', 1], nextLook: { at: 1, why: 'never' } } as never);
    story.turns('UNCLEAR');
    await story.look('operator');
    story.turns('AUTHORIZED');
    await story.callback('e1');
  },
  'odd-input': (story) => begun(story, 'paymentSession', 'payment/odd-input/1', null),
  async 'odd-input-unfinished'(story) {
    const whole = story.addressOfNobody;
    const odd = [{ gateway: '' }, { n: 0 }, { n: '1' }, { orderReference: '' }, { paymentId: 7 }];
    const inputs = [{ gateway: whole.gateway }, ...odd.map((field) => ({ ...whole, ...field }))];
    const ids = inputs.map((input, index) =>
      begun(story, 'paymentSession', `payment/odd-input-unfinished/${index + 1}`, input),
    );
    return (await Promise.all(ids)).flat();
  },
  'odd-input-of-another': (story) =>
    begun(story, 'paymentSession', 'payment/odd-input-of-another/1', { ...story.addressOfNobody, n: 2 }),
  async 'odd-money-messages'(story) {
    await story.stored();
    const planned = story.holdBack('planGiveBack');
    await story.takeOverMoney({ open: [], givesBack: { cause: 'operator', noteKey: 'note' } });
    const id = moneyWorkflowId(story.address.paymentId);
    for (const signal of ['operationRequested', 'giveBackRequested']) await signalOdd(story, id, signal);
    // A text may be an operation's id.
    await story.client.workflow.getHandle(id).signal('operationRequested', 'x'.repeat(500));
    attempts(story, attempted('finished'), attempted('finished'));
    plans(story, plan());
    planned();
    return [id];
  },
  async 'odd-money-carried'(story) {
    await story.stored();
    const id = moneyWorkflowId(story.address.paymentId);
    await story.takeOverMoney({ open: 'none', givesBack: 'nobody' } as unknown as Carried);
    await story.client.workflow.getHandle(id).result();
    await story.takeOverMoney({
      open: [{}, null, { operationId: 'op-1' }],
      givesBack: null,
    } as unknown as Carried);
    return [id];
  },
  'odd-money-input-of-another': (story) =>
    begun(story, 'moneyOperations', 'money/of-another', story.addressOfNobody),
};

type Carried = NonNullable<MoneyInput['carried']>;
