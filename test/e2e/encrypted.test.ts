/**
 * Keys are switched on, rotated and switched off while payments are open. The payments go on as if nothing
 * had happened, and the Web UI's tools can read them with the codec server, and only with it.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { findTemporalCli } from '../../dev/temporal-cli.ts';
import { freePort } from '../../kit/free-port.js';
import { read } from '../../kit/poll.js';
import { builtFolder } from '../support/compiled.ts';
import { createPayloadCodec } from '../../src/temporal/payload-codec.ts';
import { countStuck } from '../../src/temporal/stuck.ts';
import { lookRequested } from '../../src/workflows/messages.ts';
import { aPayloadKey, payloadKeys } from '../support/payload-keys.ts';
import { BALANCED, checkBooks } from './support/books.ts';
import { move, outcomeOf } from './support/money.ts';
import { startProcess } from './support/processes.ts';
import { newOrder, open, untilOrder, untilTold, type Opened } from './support/shop.ts';
import { API_KEY, startStack, type Stack } from './support/stack.ts';
import { until } from './support/until.ts';

const [A, B] = [aPayloadKey('a'), aPayloadKey('b')];
const AMOUNT = 29_990;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
}, 180_000);
afterAll(() => stack?.stop());

it('a payment that began in plain text is paid, captured and refunded while keys come, change and go', async () => {
  const held = await open(stack, newOrder('held'));
  const hold = await stack.sandbox.pay(held.sessionId, { outcome: 'on_hold' });
  await untilOrder(stack, held.orderReference, 'PAYMENT_PENDING');

  await restart({ PAYLOAD_KEYS: A });
  const second = await open(stack, newOrder('second'));
  await stack.sandbox.pay(second.sessionId, { outcome: 'authorize' });
  await untilTold(stack, [second.orderReference]);
  await moved(second, 'capture');
  const isPolled = async () => (await keysOf(`payment/${held.orderReference}/1`)).includes('a');
  await until('the hold is polled with the first key', isPolled);

  // As by a process that encrypts with the new key before this one knows it: the run waits, and is reported.
  await withClient(B, async (client) => {
    const run = client.workflow.getHandle(`payment/${held.orderReference}/1`);
    await run.signal(lookRequested, { why: 'operator', at: new Date().toISOString() });
    await until('the run is stuck', async () => (await countStuck(client)) === 1);
  });
  expect(stack.process('serve').lines.join('\n')).toContain(
    'encrypted with the key \\"b\\", and PAYLOAD_KEYS has only',
  );

  await restart({ PAYLOAD_KEYS: `${B},${A}` });
  await stack.sandbox.change(hold.transactionId, { status: 'AUTHORIZED', callback: false });
  await untilTold(stack, [held.orderReference]);
  await moved(held, 'capture');
  await moved(second, 'refund');
  await expectHealthy('"b" encrypts; "b", "a" decrypts');
  expect(await keysOf(`payment/${held.orderReference}/1`)).toEqual(['a', 'b', 'plain']);
  expect(await keysOf(`payment/${second.orderReference}/1`)).toEqual(['a']);
  expect(await keysOf(`money/${second.id}`)).toEqual(['a', 'b']);
  await expectReadableWith(second, { PAYLOAD_KEYS: `${B},${A}` });

  await stack.kill('serve', 'SIGTERM');
  const without = await stack.launchRole('serve', {});
  expect(await without.ended).toMatchObject({ code: 2 });
  expect(without.lines.join('\n')).toContain('encrypted with the key "b", and PAYLOAD_KEYS is not set');

  await stack.start('serve', { PAYLOAD_KEYS: `plain,${B},${A}` });
  await moved(held, 'refund');
  const third = await open(stack, newOrder('third'));
  await stack.sandbox.pay(third.sessionId, { outcome: 'authorize' });
  await untilTold(stack, [third.orderReference]);
  expect(await keysOf(`payment/${third.orderReference}/1`)).toEqual(['plain']);
  await expectHealthy('off; "b", "a" decrypts');
  const references = [held, second, third].map(({ orderReference }) => orderReference);
  expect(await checkBooks(stack, references)).toEqual(BALANCED);
}, 300_000);

async function restart(env: Readonly<Record<string, string>>): Promise<void> {
  await stack.kill('serve', 'SIGTERM');
  await stack.start('serve', env);
}

async function moved(payment: Opened, kind: 'capture' | 'refund'): Promise<void> {
  await move(stack, payment, kind, { reference: kind });
  expect(await outcomeOf(stack, payment, kind, kind)).toBe('done');
}

async function expectHealthy(encryption: string): Promise<void> {
  const { body } = await stack.call('GET', '/v1/health');
  const checks = (body as { checks: { name: string; state: string; text: string }[] }).checks;
  const of = (name: string) => checks.find((check) => check.name === name);
  expect(of('payload encryption')?.text).toBe(encryption);
  for (const name of ['stuck runs', 'schedule sweep/dintero', 'schedule sweep-changes/dintero'])
    expect([name, of(name)?.state]).toEqual([name, 'ok']);
}

/** The ids of the keys in a workflow's histories, all its runs together; `plain` for payloads without one. */
async function keysOf(workflowId: string): Promise<string[]> {
  const found = new Set<string>();
  await withClient(null, async ({ workflow }) => {
    for await (const { runId } of workflow.list({ query: `WorkflowId = '${workflowId}'` }))
      keysIn(await workflow.getHandle(workflowId, runId).fetchHistory(), found);
  });
  return [...found].sort();
}

async function withClient(key: string | null, ask: (client: Client) => Promise<void>): Promise<void> {
  const connection = await Connection.connect({ address: stack.env['TEMPORAL_ADDRESS'] ?? '' });
  const payloadCodecs = key === null ? [] : [createPayloadCodec(payloadKeys(key))];
  try {
    await ask(new Client({ connection, dataConverter: { payloadCodecs } }));
  } finally {
    await connection.close();
  }
}

/** Search attributes are readable always. */
function keysIn(value: unknown, found: Set<string>): void {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  const { metadata } = value as { metadata?: Record<string, Uint8Array> };
  if (metadata?.['encoding'] !== undefined)
    found.add(new TextDecoder().decode(metadata['encryption-key-id'] ?? Buffer.from('plain')));
  for (const [name, inner] of Object.entries(value)) if (name !== 'searchAttributes') keysIn(inner, found);
}

/** `why` and the program `temporal` show the history with the keys, and say what they lack without. */
async function expectReadableWith(payment: Opened, keys: Readonly<Record<string, string>>): Promise<void> {
  const shown = JSON.parse(await why(payment, keys)) as { runs: { steps: { text: string }[] }[] };
  expect(shown.runs[0]?.steps.map(({ text }) => text)).toEqual(
    expect.arrayContaining([expect.stringMatching(/^lookAtPayment \(.+\) done$/)]),
  );
  const lacking = JSON.parse(await why(payment, {})) as { runs: null; unasked: string[] };
  expect([lacking.runs, lacking.unasked.join()]).toEqual([
    null,
    expect.stringContaining('add this key to PAYLOAD_KEYS'),
  ]);

  const server = await startCodecServer(keys);
  const plain = await temporalShow(payment, []);
  expect(plain).toContain('binary/encrypted');
  expect(plain).not.toContain(`"amountMinor":${AMOUNT}`);
  const codec = ['--codec-endpoint', server.url, '--codec-auth', `Bearer ${API_KEY}`];
  const decoded = await temporalShow(payment, codec);
  expect(decoded).toContain(`"amountMinor":${AMOUNT}`);
  expect(decoded).not.toContain('binary/encrypted');
  await server.process.kill('SIGTERM');
}

async function why({ orderReference }: Opened, keys: Readonly<Record<string, string>>): Promise<string> {
  const args = [join(await builtFolder(), 'cli', 'main.js'), 'why', orderReference, '--json'];
  const env = { ...stack.env, ...keys };
  return promisify(execFile)(process.execPath, args, { env }).then(
    ({ stdout }) => stdout,
    (error: { stdout: string }) => error.stdout,
  );
}

async function startCodecServer(keys: Readonly<Record<string, string>>) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const started = await startProcess({
    name: 'codec-server',
    command: process.execPath,
    args: [join(await builtFolder(), 'cli', 'main.js'), 'codec-server'],
    env: { ...keys, API_KEYS: API_KEY, CODEC_PORT: String(port) },
    answers: () => read(`${url}/healthz`),
    readyWithinMs: 60_000,
  });
  return { url, process: started };
}

/** The histories as JSON, with the contents of plain payloads as text. */
async function temporalShow({ orderReference }: Opened, options: readonly string[]): Promise<string> {
  const executable = await findTemporalCli({ env: process.env, say: () => undefined });
  const address = ['--address', stack.env['TEMPORAL_ADDRESS'] ?? ''];
  const args = [
    'workflow',
    'show',
    '-w',
    `payment/${orderReference}/1`,
    '--output',
    'json',
    ...address,
    ...options,
  ];
  const { stdout } = await promisify(execFile)(executable, args, { maxBuffer: 1 << 24 });
  return stdout.replaceAll(/"(data|encoding)": "([A-Za-z0-9+/]+={0,2})"/g, (_, name: string, text: string) =>
    [name, Buffer.from(text, 'base64').toString()].join(' '),
  );
}
