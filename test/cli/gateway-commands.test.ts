/** `paidonce dintero …` against the sandbox. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { runCommand } from '../../src/cli/program.ts';
import { createGateways } from '../../src/gateways/registry.ts';
import { readConfig } from '../../src/config/config.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import {
  ACCOUNT,
  type Receiver,
  type SandboxClient,
  startReceiver,
  startSandbox,
  until,
} from '../sandbox/sandbox-client.ts';
import { useTerminal } from '../support/terminal.ts';

const SUBSCRIPTIONS = `/v1/accounts/${ACCOUNT}/hooks/subscriptions`;
const FIRST_SECRET = 'sandbox-signature-secret-0001';

let sandbox: SandboxClient;
let receiver: Receiver;

const terminal = useTerminal();

beforeEach(async () => {
  [sandbox, receiver] = await Promise.all([startSandbox(), startReceiver()]);
  terminal.output = '';
  terminal.complaints = '';
  process.env = {
    DATA_DIR: '/nowhere',
    PUBLIC_URL: receiver.url,
    DINTERO_ACCOUNT_ID: ACCOUNT,
    DINTERO_CLIENT_ID: 'sandbox-client',
    DINTERO_CLIENT_SECRET: 'sandbox-client-secret-0001',
    DINTERO_API_URL: sandbox.url,
    DINTERO_CHECKOUT_URL: sandbox.url,
  };
});

afterEach(async () => {
  await Promise.all([sandbox.close(), receiver.close()]);
});

/** Runs a command that succeeds, and reads its JSON. */
async function answerOf(...args: string[]): Promise<Record<string, unknown>> {
  terminal.output = '';
  expect([await runCommand(['dintero', ...args, '--json']), terminal.complaints]).toEqual([0, '']);
  return JSON.parse(terminal.output) as Record<string, unknown>;
}

describe('paidonce dintero subscribe', () => {
  it('subscribes our URL once, with a secret that it makes itself and prints this once', async () => {
    const { secret, subscription, created } = await answerOf('subscribe');
    expect([secret, created]).toEqual([expect.stringMatching(/^[\w-]{40,}$/), true]);
    const url = `${receiver.url}/callbacks/dintero/account`;
    const events = ['checkout_transaction', 'checkout_authorization'];
    expect((await sandbox.api('GET', SUBSCRIPTIONS)).body).toMatchObject([{ config: { url }, events }]);
    const again = await answerOf('subscribe');
    expect(again).toEqual({
      subscription: { ...(subscription as object), createdAt: expect.any(String) },
      created: false,
    });
    await runCommand(['dintero', 'subscribe']);
    expect(terminal.output).toContain('DINTERO_WEBHOOK_SECRETS is not set');
    expect(terminal.output).not.toContain(secret);
  });

  it('uses the configured secret, so that callbacks verify, and does not print it', async () => {
    process.env['DINTERO_WEBHOOK_SECRETS'] = 'my-own-secret,an-older-one';
    expect(await runCommand(['dintero', 'subscribe'])).toBe(0);
    expect(terminal.output).toMatch(/^subscribed [0-9a-f-]{36} .*checkout_transaction/);
    expect(terminal.output).not.toContain('my-own-secret');
    await until(() => receiver.received.length === 1);
    const env = {
      ...process.env,
      API_KEYS: 'a-key-of-more-than-24-characters',
      DINTERO_SIGNATURE_SECRETS: 'x',
    };
    const gateway = createGateways(readConfig(env), createMetrics()).named('dintero');
    const [ping] = receiver.received.map(({ body, headers, ...request }) => ({
      ...request,
      body: Buffer.from(body),
      headers: headers as Record<string, string>,
      receivedAt: new Date(),
    }));
    if (ping === undefined) throw new Error('no ping came');
    expect(gateway.verify(ping)).toMatchObject({
      outcome: 'verified',
      deliveries: [{ kind: 'ping', secretIndex: 0 }],
    });
  });
});

describe('paidonce dintero subscriptions and unsubscribe', () => {
  it('distinguish ours from those of others, and delete one', async () => {
    expect(await answerOf('subscriptions')).toEqual({ subscriptions: [] });
    await sandbox.api('POST', SUBSCRIPTIONS, {
      config: { url: `${receiver.url}/other` },
      events: ['settlement_add'],
    });
    await answerOf('subscribe');
    const { subscriptions } = (await answerOf('subscriptions')) as {
      subscriptions: { id: string; ours: boolean }[];
    };
    expect(subscriptions.map(({ ours }) => ours)).toEqual([false, true]);
    expect(await runCommand(['dintero', 'unsubscribe', subscriptions[1]?.id ?? ''])).toBe(0);
    terminal.output = '';
    expect(await runCommand(['dintero', 'subscriptions'])).toBe(0);
    expect(terminal.output).toContain('settlement_add');
    expect(terminal.output).not.toContain('ours');
  });

  it('end with 1 for an unknown subscription', async () => {
    expect(await runCommand(['dintero', 'unsubscribe', '../x'])).toBe(1);
    expect(terminal.complaints).toContain('paidonce: Dintero delete subscription:');
  });
});

describe('paidonce dintero signature', () => {
  it('shows the secret and whether it is configured', async () => {
    expect(await answerOf('signature')).toMatchObject({
      secret: FIRST_SECRET,
      created: false,
      configured: false,
    });
    process.env['DINTERO_SIGNATURE_SECRETS'] = `new,${FIRST_SECRET}`;
    expect(await runCommand(['dintero', 'signature'])).toBe(0);
    expect(terminal.output).toContain('it is already in DINTERO_SIGNATURE_SECRETS');
  });

  it('makes a new secret when it is asked to', async () => {
    const { secret, created } = await answerOf('signature', '--rotate');
    expect(created).toBe(true);
    expect(secret).not.toBe(FIRST_SECRET);
    expect(await answerOf('signature')).toMatchObject({ secret });
  });
});

describe('paidonce dintero', () => {
  it('prints its help without any configuration', async () => {
    process.env = {};
    for (const args of [[], ['subscribe'], ['subscriptions'], ['unsubscribe'], ['signature']])
      expect(await runCommand(['dintero', ...args, '--help'])).toBe(0);
    expect(terminal.output).toContain('paidonce dintero unsubscribe 3c90c3cc-');
  });

  it('ends with 2 for errors of its user', async () => {
    expect(await runCommand(['dintero'])).toBe(2);
    expect(await runCommand(['dintero', 'unsubscribe'])).toBe(2);
    expect(await runCommand(['dintero', 'teleport'])).toBe(2);
    process.env['DINTERO_CLIENT_SECRET'] = 'a-wrong-one';
    expect(await runCommand(['dintero', 'subscriptions'])).toBe(2);
    expect(terminal.complaints).toContain('DINTERO_CLIENT_SECRET');
    delete process.env['DINTERO_CLIENT_SECRET'];
    expect(await runCommand(['dintero', 'subscriptions'])).toBe(2);
  });

  it('ends with 1 when Dintero does not answer', async () => {
    await sandbox.call('POST', '/__sim/faults', { hooks: { status: 503 } });
    expect(await runCommand(['dintero', 'subscriptions'])).toBe(1);
    expect(terminal.complaints).toBe('paidonce: Dintero list subscriptions: answered 503\n');
  });
});
