/** `paidonce dintero subscribe` between a sandbox that pings and an API that verifies. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { runCommand } from '../../src/cli/program.ts';
import { ACCOUNT, type SandboxClient, startSandbox } from '../sandbox/sandbox-client.ts';
import { useTestApi } from '../support/door.ts';
import { useTerminal } from '../support/terminal.ts';

const SUBSCRIPTIONS = `/v1/accounts/${ACCOUNT}/hooks/subscriptions`;

describe('paidonce dintero subscribe, with an API that verifies', () => {
  const at = useTestApi({ DINTERO_WEBHOOK_SECRETS: 'newest-hook-secret,older-hook-secret' });
  const terminal = useTerminal();
  let sandbox: SandboxClient;

  beforeEach(async () => {
    sandbox = await startSandbox();
    process.env = {
      DATA_DIR: '/nowhere',
      PUBLIC_URL: `http://127.0.0.1:${at.api.port}`,
      DINTERO_ACCOUNT_ID: ACCOUNT,
      DINTERO_CLIENT_ID: 'sandbox-client',
      DINTERO_CLIENT_SECRET: 'sandbox-client-secret-0001',
      DINTERO_WEBHOOK_SECRETS: 'newest-hook-secret',
      DINTERO_API_URL: sandbox.url,
      DINTERO_CHECKOUT_URL: sandbox.url,
    };
  });
  afterEach(() => sandbox.close());

  const listed = async () => (await sandbox.api('GET', SUBSCRIPTIONS)).body;

  it('keeps the subscription once its ping is verified', async () => {
    expect([await runCommand(['dintero', 'subscribe', '--json']), terminal.complaints]).toEqual([0, '']);
    const { subscription, ...answer } = JSON.parse(terminal.output);
    expect(answer).toEqual({ created: true, ping: 'verified' });
    expect(await listed()).toMatchObject([{ id: subscription.id, active: true }]);
  });

  it.each([
    ['signed by another secret', { sign: 'wrong' }],
    ['not signed at all', { sign: 'none' }],
  ])('removes it again where the ping comes %s, and names the Backoffice', async (_, hookPlan) => {
    await sandbox.call('POST', '/__sim/faults', { hookPlan });
    expect(await runCommand(['dintero', 'subscribe'])).toBe(1);
    expect(await listed()).toEqual([]);
    expect(terminal.output).toBe('');
    expect(terminal.complaints).toMatch(
      /^paidonce: subscription [0-9a-f-]{36} was removed again: its ping was answered 401.*\n.*first of DINTERO_WEBHOOK_SECRETS/,
    );
    expect(terminal.complaints).toContain("Dintero's Backoffice (Settings → Webhooks)");
    expect(terminal.complaints).not.toContain('newest-hook-secret');
  });

  it('deletes it again where the API has other secrets, and says so in JSON too', async () => {
    process.env['DINTERO_WEBHOOK_SECRETS'] = 'a-secret-that-the-api-lacks';
    expect(await runCommand(['dintero', 'subscribe', '--json'])).toBe(1);
    expect(JSON.parse(terminal.output)).toMatchObject({ created: false, removed: true, ping: 'refused' });
    expect(await listed()).toEqual([]);
  });

  it('does not touch the subscriptions of others', async () => {
    const config = { url: 'https://other.example/hook' };
    const { body } = await sandbox.api('POST', SUBSCRIPTIONS, { config, events: ['settlement_add'] });
    process.env['DINTERO_WEBHOOK_SECRETS'] = 'a-secret-that-the-api-lacks';
    expect(await runCommand(['dintero', 'subscribe'])).toBe(1);
    expect(await listed()).toMatchObject([{ id: body.id }]);
  });

  it("says that it has not checked the ping where the API can't have the secret yet", async () => {
    delete process.env['DINTERO_WEBHOOK_SECRETS'];
    expect(await runCommand(['dintero', 'subscribe'])).toBe(0);
    expect(terminal.output).toContain('the ping was not checked');
    expect(await listed()).toHaveLength(1);
  });
});
