/**
 * The data of a payer passes through the service to the gateway. It stays out of everything that others can
 * read later: Temporal, the log and the timeline.
 */
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { move, outcomeOf } from './support/money.ts';
import { comeBack, newOrder, open, untilTold } from './support/shop.ts';
import { startStack, type Stack } from './support/stack.ts';

const ADDRESS = {
  name: 'Olavine Betalersen',
  line1: 'Hemmeligveien 17',
  postalCode: '0150',
  city: 'Bortgjemt',
  country: 'NO',
};
const CUSTOMER = {
  email: 'olavine@private.example',
  phone: '+4799887766',
  name: 'Olavine Betalersen',
  billingAddress: ADDRESS,
  shippingAddress: { ...ADDRESS, line1: 'Skjulestedet 3' },
};
const PRIVATE = [
  'olavine',
  'private.example',
  '99887766',
  'betalersen',
  'hemmeligveien',
  'bortgjemt',
  'skjulest',
];

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ env: { LOG_LEVEL: 'debug' } });
}, 180_000);
afterAll(() => stack?.stop());

it.each([
  // The request's own attempt fails, and the run's first one too: its failure is in the history.
  ['its run', 2],
  ['the request', 0],
])(
  'no data of a payer is in Temporal, the log or the timeline of a payment opened by %s',
  async (_, failures) => {
    const reference = newOrder('payer');
    if (failures > 0) await stack.sandbox.faults({ create: { status: 500, times: failures } });
    const opened = await open(stack, reference, { customer: CUSTOMER });
    const atGateway = JSON.stringify(await stack.sandbox.session(opened.sessionId));
    expect(atGateway).toContain(CUSTOMER.email);
    expect(privateIn(atGateway)).not.toEqual([]);
    await comeBack(await stack.sandbox.pay(opened.sessionId, { outcome: 'authorize' }));
    await move(stack, opened, 'capture', { reference: 'parcel' });
    expect(await outcomeOf(stack, opened, 'capture', 'parcel')).toBe('done');
    await untilTold(stack, [reference], 'order.captured');

    for (const workflowId of [`payment/${reference}/1`, `money/${opened.id}`]) {
      const shown = await shownInTemporal(workflowId);
      expect(shown).toContain(reference);
      expect(privateIn(shown)).toEqual([]);
    }
    const log = stack.process('serve').lines.join('\n');
    expect(log).toContain(opened.id);
    expect(privateIn(log)).toEqual([]);
    const { timeline } = (await stack.call('GET', `/v1/payments/${opened.id}`)).body;
    expect(timeline.length).toBeGreaterThan(3);
    expect(privateIn(JSON.stringify(timeline))).toEqual([]);
  },
  120_000,
);

function privateIn(text: string): string[] {
  const lower = text.toLowerCase();
  return PRIVATE.filter((word) => lower.includes(word));
}

/** A run's history, memo, search attributes and details, with the contents of their payloads as text. */
async function shownInTemporal(workflowId: string): Promise<string> {
  const connection = await Connection.connect({ address: stack.env['TEMPORAL_ADDRESS'] ?? '' });
  try {
    const handle = new Client({ connection }).workflow.getHandle(workflowId);
    const { events } = await handle.fetchHistory();
    expect(events?.length).toBeGreaterThan(5);
    const { raw, memo, searchAttributes } = await handle.describe();
    const details = await handle.query('__temporal_workflow_metadata');
    return textsIn([events, raw, memo, searchAttributes, details]).join('\n');
  } finally {
    await connection.close();
  }
}

/** Not JSON.stringify, which writes the bytes of a payload in base64. */
function textsIn(value: unknown): string[] {
  if (value instanceof Uint8Array) return [new TextDecoder().decode(value)];
  if (typeof value !== 'object' || value === null) return [String(value)];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...textsIn(inner)]);
}
