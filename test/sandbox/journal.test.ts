import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  openSession,
  type Receiver,
  type SandboxClient,
  startReceiver,
  startSandbox,
  until,
} from './sandbox-client.ts';

let dataDir: string;
let receiver: Receiver;
let client: SandboxClient;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sandbox-'));
  receiver = await startReceiver();
  client = await startSandbox({ DATA_DIR: dataDir });
});

afterEach(async () => {
  await Promise.all([client.close(), receiver.close()]);
  await rm(dataDir, { recursive: true });
});

async function restart(): Promise<void> {
  await client.close();
  client = await startSandbox({ DATA_DIR: dataDir });
}

const journal = () => readFile(join(dataDir, 'sandbox.jsonl'), 'utf8');

describe('sandbox journal', () => {
  it('has every change before it is answered', async () => {
    const id = await openSession(client);
    expect(await journal()).toContain(id);
    const { body } = await client.call('POST', `/__sim/sessions/${id}/pay`, { outcome: 'authorize' });
    expect(await journal()).toContain(body.transactionId);
  });

  it('restores sessions, transactions and faults, one line each, also with a truncated line', async () => {
    const id = await openSession(client);
    const paid = await client.call('POST', `/__sim/sessions/${id}/pay`, { outcome: 'capture' });
    await client.call('POST', '/__sim/faults', { listLagMs: 1, search: { status: 500 } });
    const before = (await client.call('GET', `/__sim/sessions/${id}`)).body;
    await client.close();
    await appendFile(join(dataDir, 'sandbox.jsonl'), '{"kind":"session","id":"T12');
    client = await startSandbox({ DATA_DIR: dataDir });
    expect((await client.call('GET', `/__sim/sessions/${id}`)).body).toEqual(before);
    expect((await client.api('GET', `/v1/transactions?session_id=${id}`)).body[0].id).toBe(
      paid.body.transactionId,
    );
    expect((await client.call('GET', '/__sim/faults')).body).toMatchObject({ knobs: { listLagMs: 1 } });
    expect((await journal()).trim().split('\n')).toHaveLength(3);
  });

  it('continues retries, waiting copies and resolutions', async () => {
    await client.call('POST', '/__sim/faults', { retryScheduleMs: [100] });
    receiver.answers.push(500);
    const id = await openSession(client, `${receiver.url}/cb`);
    const resolve = { status: 'AUTHORIZED', afterMs: 150 };
    const callback = [{ copies: 2, delayMs: 1 }];
    await client.call('POST', `/__sim/sessions/${id}/pay`, { outcome: 'on_hold', resolve, callback });
    await until(() => receiver.received.length >= 1);
    await restart();
    await until(async () => {
      const { body } = await client.call('GET', `/__sim/sessions/${id}`);
      const states = body.callbacks.map(({ state }: { state: string }) => state);
      return body.transaction.status === 'AUTHORIZED' && states.join() === 'delivered,delivered,delivered';
    });
    expect(receiver.received.length).toBeGreaterThanOrEqual(4);
  });

  it('continues accepted operations, subscriptions, secrets, cards that time out and settlements', async () => {
    await client.call('POST', '/__sim/faults', { hookRetryScheduleMs: [100], cardTimeoutMs: 1 });
    const hooks = '/v1/accounts/T12345678/hooks/subscriptions';
    const config = { url: receiver.url, secret: 's' };
    await client.api('POST', hooks, { config, events: ['settlement_add'] });
    await until(() => receiver.received.length === 1);
    receiver.answers.push(500);
    const secret = (await client.api('POST', '/v1/admin/signature')).body;
    const pay = async (payment: object): Promise<string> =>
      (await client.call('POST', `/__sim/sessions/${await openSession(client)}/pay`, payment)).body
        .transactionId;
    const card = await pay({ card: '4100000000000019' });
    await client.call('POST', `/__sim/transactions/${await pay({ outcome: 'capture' })}/refund`, {
      amount: 1,
    });
    const { body: settlements } = await client.call('POST', '/__sim/settlements', {});
    const id = await pay({ outcome: 'authorize', faults: { capture: { pending: true, afterMs: 200 } } });
    await client.api('POST', `/v1/transactions/${id}/capture`, { amount: 29990 });
    await restart();
    await until(async () => (await client.api('GET', `/v1/transactions/${id}`)).body.status === 'CAPTURED');
    // At least once: a callback that was being sent at the stop is sent again.
    await until(() => receiver.received.length >= 3);
    await expect(client.api('POST', `/v1/transactions/${card}/capture`, { amount: 1 })).rejects.toThrow();
    expect((await client.api('GET', hooks)).body).toHaveLength(1);
    expect((await client.api('GET', '/v1/admin/signature')).body).toEqual(secret);
    const { body } = await client.api('GET', '/v1/accounts/T12345678/settlements');
    expect(body.items[0].id).toBe(settlements[0].id);
  });

  it('is empty after a reset', async () => {
    const id = await openSession(client);
    await client.call('POST', '/__sim/reset');
    await restart();
    expect((await client.call('GET', `/__sim/sessions/${id}`)).status).toBe(404);
  });

  it('is not changed by a second sandbox whose port is taken', async () => {
    const before = await stat(join(dataDir, 'sandbox.jsonl'));
    const second = startSandbox({ DATA_DIR: dataDir, SANDBOX_PORT: new URL(client.url).port });
    await expect(second).rejects.toThrow('the port is taken; set SANDBOX_PORT');
    expect((await stat(join(dataDir, 'sandbox.jsonl'))).ino).toBe(before.ino);
  });

  it('that is damaged is refused, with the wrong line', async () => {
    await client.close();
    await writeFile(join(dataDir, 'sandbox.jsonl'), 'oops\n{}\n');
    await expect(startSandbox({ DATA_DIR: dataDir })).rejects.toThrow('sandbox.jsonl:1 is not JSON');
    await writeFile(join(dataDir, 'sandbox.jsonl'), '');
    client = await startSandbox({ DATA_DIR: dataDir });
  });
});
