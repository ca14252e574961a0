/** Statements are spans of the current trace, on both engines, alone and in transactions. */
import { afterAll, expect, it } from '@jest/globals';
import { trace } from '@opentelemetry/api';
import { sql } from 'drizzle-orm';
import { createLog } from '../../src/telemetry/log.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { startTracing } from '../../src/telemetry/tracing/tracing.ts';
import { openStore } from '../../src/store/open.ts';
import { startCollector } from '../support/collector.ts';
import { startPostgres } from '../support/postgres.ts';

const collector = await startCollector();
const postgres = await startPostgres();
const tracing = startTracing(
  {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_SERVICE_NAME: 'paidonce',
    OTEL_TRACES_SAMPLER: 'always_on',
    OTEL_TRACES_SAMPLER_ARG: 1,
  },
  { log: createLog('silent', 'test'), metrics: createMetrics() },
);
afterAll(async () => {
  await tracing.stop();
  await postgres.stop();
  await collector.close();
});

it('are spans with the name of what they do, and without a value', async () => {
  const ids: string[] = [];
  for (const databaseUrl of [undefined, await postgres.createDatabase()]) {
    const store = await openStore({ databaseUrl, dataDir: 'memory://', isTraced: true });
    const { db } = store;
    await db.execute(sql`select ${'olavine'}::text from pg_class limit 1`);
    await trace.getTracer('test').startActiveSpan('root', async (root) => {
      ids.push(root.spanContext().traceId);
      await db.execute(sql`select ${'olavine'}::text from pg_class limit 1`);
      await db.transaction(async (tx) => {
        await tx.execute(sql`with one as (select ${'olavine'}::text) select * from one`);
      });
      await db.execute(sql`select ${'olavine'}::int`).catch(() => undefined);
      root.end();
    });
    await store.close();
  }
  await tracing.stop();
  const [embedded = '', server = ''] = ids;
  const statements = ['SELECT < root', 'SELECT pg_class < root', 'WITH one < root', 'root < -'];
  expect(collector.tree(embedded)).toEqual(expect.arrayContaining(statements));
  expect(collector.tree(server)).toEqual(
    expect.arrayContaining([...statements, 'BEGIN < root', 'COMMIT < root']),
  );
  const failed = collector.spans.filter(({ name }) => name === 'SELECT');
  expect(failed.map(({ attributes }) => attributes['error.type'])).toEqual(['22P02', '22P02']);
  expect(collector.received.join('\n')).not.toContain('olavine');
  expect(collector.spans.filter(({ traceId }) => !ids.includes(traceId))).toEqual([]);
}, 60_000);
