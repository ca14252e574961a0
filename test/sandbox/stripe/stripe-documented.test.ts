/** docs/stripe-sandbox.md: its script is run as printed, its other calls are made, and it names everything. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventPlanSchema } from '../../../sandbox/stripe/events/event-plan.ts';
import { OUTCOMES } from '../../../sandbox/stripe/payer/payment-request.ts';
import { OPERATIONS, USUAL_KNOBS } from '../../../sandbox/stripe/stripe-faults.ts';
import { aSession, startStripeSandbox, type StripeSandboxClient } from './stripe-client.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const DOCUMENT = readFileSync(join(ROOT, 'docs', 'stripe-sandbox.md'), 'utf8');

let sandbox: StripeSandboxClient;
beforeAll(async () => {
  sandbox = await startStripeSandbox();
});
afterAll(() => sandbox.close());

const shell = async (script: string): Promise<string> =>
  (await promisify(execFile)('sh', ['-euc', script.replaceAll('http://localhost:3003', sandbox.url)])).stdout;

it('the script goes from a session to a refund', async () => {
  const [, script = ''] = /## From a session to a refund[\s\S]*?```sh\n([^`]+)```/.exec(DOCUMENT) ?? [];
  expect(JSON.parse(await shell(script))).toMatchObject({
    object: 'refund',
    amount: 5_000,
    status: 'succeeded',
  });
});

it.each(DOCUMENT.match(/curl -s \$S\/__sim\/faults -d '[^']+'/g) ?? [])('%s is accepted', async (call) => {
  const { knobs } = JSON.parse(await shell(`S=${sandbox.url}\n${call}`)) as { knobs: object };
  expect(Object.keys(knobs).sort()).toEqual(Object.keys(USUAL_KNOBS).sort());
  await sandbox.sim('/faults', {}, 'DELETE');
});

it('every event plan is accepted', async () => {
  const [, plan = ''] = /"callback":(\[.*?\])\}'/.exec(DOCUMENT) ?? [];
  const { id } = await sandbox.stripe.checkout.sessions.create(aSession());
  await sandbox.sim(`/sessions/${id}/pay`, { outcome: 'authorize', callback: JSON.parse(plan) });
  expect((await sandbox.stripe.events.list()).data).not.toEqual([]);
});

it.each([
  ['operation', OPERATIONS],
  ['switch', Object.keys(USUAL_KNOBS)],
  ['outcome', OUTCOMES],
  ['field of an event plan', Object.keys(eventPlanSchema.shape)],
])('every %s is explained', (_, names) => {
  expect(names.filter((name) => !DOCUMENT.includes(`\`${name}\``))).toEqual([]);
});
