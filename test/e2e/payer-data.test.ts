/**
 * The data of a payer passes through the service to the gateway. It stays out of everything that others can
 * read later: Temporal, the log, the timeline and the traces.
 */
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startCollector, type CollectedSpan, type Collector } from '../support/collector.ts';
import { move, outcomeOf } from './support/money.ts';
import { comeBack, newOrder, open, untilTold } from './support/shop.ts';
import { API_KEY, startStack, type Stack } from './support/stack.ts';
import { until } from './support/until.ts';

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

/** A trace of the merchant's own. */
const MERCHANTS = { trace: '4bf92f3577b34da6a3ce929d0e0e4736', span: '00f067aa0ba902b7' };

let stack: Stack;
let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
  const tracing = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20Y29sbGVjdG9y',
  };
  stack = await startStack({ env: { LOG_LEVEL: 'debug', ...tracing } });
}, 180_000);
afterAll(async () => {
  await stack?.stop();
  await collector?.close();
});

it.each([
  // The request's own attempt fails, and the run's first one too: its failure is in the history.
  ['its run', 2],
  ['the request', 0],
])(
  'no data of a payer is in Temporal, the log, the timeline or the traces of a payment opened by %s',
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
    await until('the trace of its capture has come', async () =>
      collector.spans.some(
        ({ attributes }) => attributes['url.path'] === `/v1/payments/${opened.id}/capture`,
      ),
    );
    const traces = collector.received.join('\n');
    expect(privateIn(traces)).toEqual([]);
    const { DINTERO_CLIENT_SECRET, ORDER_WEBHOOK_SECRETS } = stack.env;
    for (const one of [API_KEY, DINTERO_CLIENT_SECRET, ORDER_WEBHOOK_SECRETS, opened.sessionId])
      expect(traces).not.toContain(one);
    // Not in the text, where an id or a time may have these digits.
    const values = collector.spans.flatMap(({ attributes }) => Object.values(attributes));
    expect(values.filter((value) => ['29990', '299.90'].includes(String(value)))).toEqual([]);
  },
  120_000,
);

it("a paid payment is two traces: the merchant's, and the callback's to the merchant", async () => {
  const traceparent = `00-${MERCHANTS.trace}-${MERCHANTS.span}-01`;
  const order = { reference: newOrder('traced'), amount: 29_990, currency: 'NOK' };
  const asked = await fetch(`${stack.origin}/v1/payments`, {
    method: 'POST',
    headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json', traceparent },
    body: JSON.stringify({ order, returnUrl: 'https://shop.example/thanks' }),
  });
  const { sessionId } = (await asked.json()) as { sessionId: string };
  await stack.sandbox.pay(sessionId, { outcome: 'authorize' });
  await untilTold(stack, [order.reference]);
  const told = stack.merchant.updates.find(({ orderReference }) => orderReference === order.reference);
  const [, callback = '', sent] = told?.traceparent?.split('-') ?? [];
  await until('both traces have come', async () =>
    [MERCHANTS.trace, callback].every((trace) => collector.tree(trace).some((one) => one.endsWith(' < -'))),
  );

  expect(callsIn(MERCHANTS.trace)).toEqual([
    'Dintero create session < POST /v1/payments',
    'POST /v1/payments < -',
    'StartWorkflow:paymentSession < POST /v1/payments',
  ]);
  const root = collector.spans.find(
    ({ name, traceId }) => name === 'POST /v1/payments' && traceId === MERCHANTS.trace,
  );
  expect(root?.parentSpanId).toBe(MERCHANTS.span);
  expect(callsIn(callback)).toEqual([
    'Dintero read transaction < RunActivity:lookAtPayment',
    'GET /callbacks/:gateway < -',
    'POST order update < RunActivity:lookAtPayment',
    'RunActivity:lookAtPayment < SignalWithStartWorkflow:paymentSession',
    'SignalWithStartWorkflow:paymentSession < GET /callbacks/:gateway',
  ]);
  const update = collector.spans.find(({ spanId }) => spanId === sent);
  expect(update).toMatchObject({ name: 'POST order update', traceId: callback });
  // Their number is the store's business.
  expect(collector.tree(callback)).toEqual(
    expect.arrayContaining([
      'WITH payments < GET /callbacks/:gateway',
      'WITH outbox < RunActivity:lookAtPayment',
    ]),
  );
  const lines = stack
    .process('serve')
    .lines.filter((line) => line.includes(`"trace_id":"${MERCHANTS.trace}"`));
  expect(lines.join('\n')).toContain('"path":"/v1/payments"');
}, 60_000);

it('a stranger gets no part in our traces, and a probe has none', async () => {
  const traceparent = `00-${MERCHANTS.trace.replace('4', '5')}-${MERCHANTS.span}-00`;
  await fetch(`${stack.origin}/callbacks/dintero?name=olavine`, { headers: { traceparent } });
  await fetch(`${stack.origin}/nothing/olavine`, { headers: { traceparent } });
  const isStrange = ({ links }: CollectedSpan) => links.some(({ traceId }) => traceparent.includes(traceId));
  await until('the spans have come', async () => collector.spans.filter(isStrange).length === 2);
  const [refused, unknown] = collector.spans.filter(isStrange).toSorted((a, b) => (a.name > b.name ? -1 : 1));
  expect(refused).toMatchObject({
    name: 'GET /callbacks/:gateway',
    attributes: { 'url.path': '/callbacks/dintero' },
  });
  expect(unknown?.name).toBe('GET');
  expect(unknown?.attributes).toEqual({ 'http.request.method': 'GET', 'http.response.status_code': 404 });
  expect(collector.spans.filter(({ traceId }) => traceparent.includes(traceId))).toEqual([]);
  expect(collector.spans.filter(({ name }) => /readyz|healthz|metrics/.test(name))).toEqual([]);
  expect(privateIn(collector.received.join('\n'))).toEqual([]);
  expect(collector.received.every((one) => one.includes('"authorization":"Basic Y29sbGVjdG9y"'))).toBe(true);
}, 60_000);

it('a collector that hangs delays no payment and no stop', async () => {
  collector.behave(() => undefined);
  const { sessionId, orderReference } = await open(stack, newOrder('hanging'));
  await stack.sandbox.pay(sessionId, { outcome: 'authorize' });
  await untilTold(stack, [orderReference]);
  const begun = performance.now();
  await stack.kill('serve', 'SIGTERM');
  expect(await stack.process('serve').ended).toMatchObject({ code: 0 });
  expect(performance.now() - begun).toBeLessThan(10_000);
}, 60_000);

/** A trace without the statements of the store. */
function callsIn(traceId: string): string[] {
  return collector
    .tree(traceId)
    .filter((one) => !/^(SELECT|INSERT|UPDATE|DELETE|WITH|BEGIN|COMMIT)\b/.test(one));
}

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
