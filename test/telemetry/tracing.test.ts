/** The collector's trouble is never the service's: spans are bounded, sent once, and lost where that fails. */
import { createServer, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Context as ActivityContext } from '@temporalio/activity';
import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import { context, propagation, SpanStatusCode, trace } from '@opentelemetry/api';
import { limitCallRate } from '../../src/gateways/call-rate.ts';
import { createExchange } from '../../src/gateways/shared/http-exchange.ts';
import { callInSpan, httpCall, traceHeaders, traceIds } from '../../src/lib/spans.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts';
import { startTracing, type Tracing, type TracingSettings } from '../../src/telemetry/tracing/tracing.ts';
import { sendMessage } from '../../src/updates/signed-message.ts';
import { startCollector, type Collector } from '../support/collector.ts';
import { freePort } from '../support/ports.ts';
import { until } from '../support/until.ts';

let collector: Collector;
let metrics: Metrics;
let lines: string[];
let tracing: Tracing;

function start(settings: Partial<TracingSettings> = {}): void {
  tracing = startTracing(
    {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_SERVICE_NAME: 'paidonce-test',
      OTEL_RESOURCE_ATTRIBUTES: { 'deployment.environment.name': 'here' },
      OTEL_TRACES_SAMPLER: 'parentbased_always_on',
      OTEL_TRACES_SAMPLER_ARG: 1,
      ...settings,
    },
    { log: createLog('info', 'test', { write: (line) => void lines.push(line) }), metrics },
  );
}

beforeEach(async () => {
  collector = await startCollector();
  metrics = createMetrics();
  lines = [];
});
afterEach(async () => {
  await tracing.stop();
  trace.disable();
  context.disable();
  propagation.disable();
  await collector.close();
});

const failures = async () => (await metrics.traceExportsFailed.get()).values[0]?.value;

function makeSpans(count: number): void {
  for (let made = 0; made < count; made += 1) trace.getTracer('test').startSpan('a span').end();
}

/** As much as is sent at once, without waiting for the next turn. */
const BATCH = 512;
const MOST_WAITING = 2_048;

describe('a collector', () => {
  it('gets the spans, with the name and the attributes of this deployment', async () => {
    start();
    makeSpans(3);
    await tracing.stop();
    expect(collector.spans.map(({ name }) => name)).toEqual(['a span', 'a span', 'a span']);
    expect(collector.received[0]).toMatch(/^POST \/v1\/traces /);
    for (const text of ['paidonce-test', 'deployment.environment.name', 'service.version'])
      expect(collector.received[0]).toContain(text);
    expect(await failures()).toBe(0);
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['answers 500', (response) => void response.writeHead(500).end('no')],
    ['redirects', (response) => void response.writeHead(307, { location: '/elsewhere' }).end()],
    ['hangs up', (response) => void response.destroy()],
  ])('that %s costs the spans: each batch is counted, and one line is logged', async (_, behaviour) => {
    start();
    collector.behave(behaviour);
    for (let batch = 1; batch <= 3; batch += 1) {
      makeSpans(BATCH);
      await until(`${batch} have failed`, async () => (await failures()) === batch);
    }
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
      expect.stringContaining('check the collector at OTEL_EXPORTER_OTLP_ENDPOINT'),
    ]);
    collector.behave(null);
    makeSpans(1);
    await tracing.stop();
    expect(collector.spans).toHaveLength(1);
  });

  it('whose answer never ends is left alone once it has said 200', async () => {
    start();
    let isLeft = false;
    let written = 0;
    collector.behave((response) => {
      const endless = new Readable({
        read(size) {
          written += size;
          this.push(Buffer.alloc(size));
        },
      });
      endless.pipe(response.writeHead(200));
      response.on('close', () => {
        isLeft = true;
        endless.destroy();
      });
    });
    makeSpans(BATCH);
    await until('the connection is closed', async () => isLeft);
    expect(written).toBeLessThan(10 << 20);
    expect(await failures()).toBe(0);
  });

  it('that hangs holds a bounded number of spans, and no stop', async () => {
    start();
    collector.behave(() => undefined);
    makeSpans(20_000);
    const begun = performance.now();
    await tracing.stop();
    expect(performance.now() - begun).toBeLessThan(4_000);
    collector.behave(null);
    expect(collector.spans).toEqual([]);
  });

  it('gets at most the spans that may wait, however many were made before it answers', async () => {
    start();
    let first: ServerResponse | undefined;
    collector.behave((response) => {
      first = response;
      collector.behave(null);
    });
    makeSpans(20_000);
    await until('the first batch is sent', async () => first !== undefined);
    makeSpans(20_000);
    first?.writeHead(200).end();
    await until('the rest has come', async () => collector.spans.length >= MOST_WAITING);
    await tracing.stop();
    expect(collector.spans).toHaveLength(MOST_WAITING);
  });

  it('may come later than the service', async () => {
    const port = await freePort();
    start({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` });
    makeSpans(BATCH);
    await until('a batch has failed', async () => (await failures()) === 1);
    expect(lines.join()).toContain('ECONNREFUSED');
    let isThere = false;
    const late = createServer((_, response) => {
      isThere = true;
      response.end();
    });
    await new Promise<void>((resolve) => late.listen(port, '127.0.0.1', resolve));
    makeSpans(BATCH);
    await until('it gets the next one', async () => isThere);
    late.closeAllConnections();
    await new Promise((resolve) => late.close(resolve));
    expect(await failures()).toBe(1);
  });
});

describe('an activity', () => {
  const run = (headers: Headers) => {
    const info = { activityType: 'look', activityId: '1', inWorkflow: false };
    const { inbound } = tracing.activity({ info } as ActivityContext);
    return inbound?.execute?.({ args: [], headers }, async () => traceIds().trace_id);
  };
  const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
  const header = (value: unknown) => ({ '_tracer-data': defaultPayloadConverter.toPayload(value) });

  it('is in the trace of its header', async () => {
    start();
    expect(await run(header({ traceparent: `00-${TRACE}-00f067aa0ba902b7-01` }))).toBe(TRACE);
  });

  it.each<[string, Headers]>([
    ['none', {}],
    ['nothing', header(null)],
    ['a text', header('odd')],
    ['another type', header({ traceparent: [1] })],
    ['bytes of no encoding', { '_tracer-data': { data: Buffer.from('odd') } }],
    [
      'broken JSON',
      { '_tracer-data': { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('{') } },
    ],
  ])('begins a trace where its header has %s', async (_, headers) => {
    start();
    expect(await run(headers)).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('a call', () => {
  const call = (work: () => Promise<unknown>) =>
    callInSpan('PSP read', httpCall('GET', 'https://user:word@psp.example/orders/olavine?key=olavine'), work);

  it('outside of a trace has no span', async () => {
    start();
    expect(await call(async () => traceHeaders())).toEqual({});
    await tracing.stop();
    expect(collector.spans).toEqual([]);
  });

  it('in a trace has one, without the texts of its error, its path or its credentials', async () => {
    start();
    const failed = Object.assign(new Error('olavine@private.example has no money'), { name: 'PayerError' });
    await trace.getTracer('test').startActiveSpan('root', async (root) => {
      expect(traceIds()).toEqual({
        trace_id: root.spanContext().traceId,
        span_id: root.spanContext().spanId,
      });
      await call(() => Promise.reject(failed)).catch(() => undefined);
      // As Temporal's interceptors do it.
      root.recordException(failed);
      root.setStatus({ code: SpanStatusCode.ERROR, message: failed.message });
      root.setAttribute('email', 'olavine@private.example');
      root.end();
    });
    await tracing.stop();
    const text = collector.received.join('\n');
    expect(text).not.toMatch(/olavine|word|private/);
    expect(collector.spans.map(({ name, attributes }) => [name, attributes])).toEqual([
      [
        'PSP read',
        {
          'http.request.method': 'GET',
          'server.address': 'psp.example',
          'server.port': 443,
          'error.type': 'PayerError',
        },
      ],
      ['root', { 'error.type': 'PayerError' }],
    ]);
  });
});

it('a gateway gets no trace context, and the calls that waited are in the trace of their caller', async () => {
  start();
  const sent: HeadersInit[] = [];
  const fetchIt = (async (_: unknown, init: RequestInit) => {
    sent.push(init.headers ?? {});
    return new Response('{}');
  }) as typeof fetch;
  const settings = { vendor: 'PSP', forbidden: '', urgent: new Set<string>() };
  const exchange = createExchange(settings, {
    fetch: fetchIt,
    now: () => new Date(),
    rate: limitCallRate(1),
  });
  const request = { operation: 'read', method: 'GET', url: 'https://psp.example/' } as const;
  const ask = (name: string) =>
    trace.getTracer('test').startActiveSpan(name, (root) => exchange(request).finally(() => root.end()));
  await Promise.all([ask('first'), ask('second')]);
  await tracing.stop();
  const [first, second] = ['first', 'second'].map((name) =>
    collector.spans.find((span) => span.name === name),
  );
  for (const root of [first, second])
    expect(collector.tree(root?.traceId ?? '')).toEqual(
      [`${root?.name} < -`, `PSP read < ${root?.name}`].toSorted(),
    );
  expect(JSON.stringify(sent)).not.toContain('traceparent');
});

it('an update has a trace also where no request caused it', async () => {
  start();
  let traceparent: unknown;
  collector.behave((response) => {
    traceparent = response.req.headers['traceparent'];
    response.writeHead(200).end();
    collector.behave(null);
  });
  await sendMessage({ url: collector.url, headers: {}, body: '{}' }, 1_000);
  await tracing.stop();
  const [span] = collector.spans;
  expect([span?.name, traceparent]).toEqual(['POST order update', `00-${span?.traceId}-${span?.spanId}-01`]);
});

it.each([
  [{ OTEL_TRACES_SAMPLER: 'always_off' }, 0, 0],
  [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: 0.5 }, 350, 650],
  [{ OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: 0 }, 0, 0],
  [{ OTEL_TRACES_SAMPLER: 'always_on' }, 1_000, 1_000],
] as const)('%j keeps from %i to %i of 1000 traces', async (settings, least, most) => {
  start(settings);
  makeSpans(1_000);
  await tracing.stop();
  expect(collector.spans.length).toBeGreaterThanOrEqual(least);
  expect(collector.spans.length).toBeLessThanOrEqual(most);
});

it('without tracing a call has no span, no header and no ids', async () => {
  start();
  trace.disable();
  context.disable();
  propagation.disable();
  await trace.getTracer('test').startActiveSpan('root', async () => {
    expect([traceHeaders(), traceIds()]).toEqual([{}, {}]);
    expect(await callInSpan('PSP read', {}, async (span) => span)).toBeUndefined();
  });
});
