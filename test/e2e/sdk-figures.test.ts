/**
 * The figures and log lines of Temporal's SDK, as the product shows them: among our figures, and in our log.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { API_KEY, startStack, type Stack } from './support/stack.ts';
import { newOrder, open } from './support/shop.ts';
import { until } from './support/until.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ env: { LOG_LEVEL: 'debug' } });
}, 180_000);
afterAll(() => stack?.stop());

const scrape = async () => (await fetch(`${stack.origin}/metrics`)).text();

interface Line {
  readonly level: number;
  readonly time: string;
  readonly name: string;
  readonly msg: string;
  readonly temporal?: Readonly<Record<string, unknown>>;
}

function sdkLines(): Line[] {
  const { lines } = stack.process('serve');
  const ours = lines.flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Line] : []));
  return ours.filter(({ temporal }) => temporal !== undefined);
}

/** docs/operations.md names each of them. */
const WORTH_AN_ALERT = [
  /^temporal_worker_task_slots_available\{[^}]*worker_type="WorkflowWorker"[^}]*\} \d+$/m,
  /^temporal_workflow_task_schedule_to_start_latency_seconds_bucket\{/m,
  /^temporal_activity_schedule_to_start_latency_seconds_bucket\{[^}]*task_queue="payments-dintero-checkout"/m,
  /^temporal_request_latency_seconds_count\{/m,
];

it('/metrics shows the figures of the SDK among ours', async () => {
  // The run opens the session, so that the queue of openings has a figure.
  await stack.sandbox.faults({ create: { status: 500, times: 1 } });
  await open(stack, newOrder('figures'));
  const isShown = async () => {
    const text = await scrape();
    return WORTH_AN_ALERT.every((figure) => figure.test(text));
  };
  await until('they are shown', isShown);
  const text = await scrape();
  expect(text).toContain('paidonce_store_up 1');
  expect(text).toContain('paidonce_temporal_up 1');
  const names = text.split('\n').filter((line) => line.startsWith('# TYPE '));
  expect(new Set(names).size).toBe(names.length);
}, 60_000);

it('/metrics has no order ids among them, and no secret', async () => {
  const reference = newOrder('private');
  const { id: paymentId } = await open(stack, reference);
  const said = [await scrape(), ...sdkLines().map((line) => JSON.stringify(line))].join('\n');
  for (const secret of [API_KEY, stack.env['DINTERO_CLIENT_SECRET'], stack.env['ORDER_WEBHOOK_SECRETS']])
    expect(said).not.toContain(secret);
  expect(await scrape()).not.toContain(reference);
  expect(await scrape()).not.toContain(paymentId);
});

it('the log has the lines of the SDK and of its core in our JSON, at our level', async () => {
  const isSaid = () => sdkLines().some(({ temporal }) => temporal?.['sdkComponent'] === 'core');
  await until('core has said something', () => isSaid());
  const [line] = sdkLines().filter(({ temporal }) => temporal?.['sdkComponent'] === 'core');
  expect(line).toMatchObject({
    level: expect.any(Number),
    time: expect.any(String),
    msg: expect.any(String),
  });
  expect(sdkLines().some(({ level }) => level === 20)).toBe(true);
  // The process writes nothing outside of our log.
  expect(stack.process('serve').lines.filter((text) => !text.startsWith('{'))).toEqual([]);
}, 60_000);
