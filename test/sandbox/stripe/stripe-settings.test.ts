/** The environment of the Stripe sandbox, and which sandboxes a process runs. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readStripeSettings } from '../../../sandbox/stripe/settings.ts';
import { wantedSandboxes } from '../../../sandbox/wanted-sandboxes.ts';

describe('the settings', () => {
  it('need nothing', () => {
    expect(readStripeSettings({})).toMatchObject({
      host: '127.0.0.1',
      port: 3003,
      dataDir: undefined,
      account: 'acct_1Sandbox000000001',
      keys: ['sk_test_sandbox00000000000000000001'],
      webhookSecrets: ['whsec_sandbox0000000000000000000001'],
      apiVersion: '2026-08-26.dahlia',
    });
  });

  it('have a folder beside that of Dintero, several secrets, and secrets from files', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'stripe-settings-')), 'key');
    await writeFile(file, 'sk_test_from_file\n');
    const settings = readStripeSettings({
      DATA_DIR: '/data',
      STRIPE_WEBHOOK_SECRETS: 'whsec_new, whsec_old',
      STRIPE_SECRET_KEY_FILE: file,
    });
    expect(settings.dataDir).toBe(join('/data', 'stripe'));
    expect(settings.webhookSecrets).toEqual(['whsec_new', 'whsec_old']);
    expect(settings.keys).toEqual(['sk_test_from_file']);
  });

  it('are refused with one line for every wrong variable', () => {
    const wrong = { STRIPE_SANDBOX_PORT: 'x', STRIPE_ACCOUNT_ID: 'account', STRIPE_SECRET_KEY: 'sk_live_1' };
    expect(() => readStripeSettings(wrong)).toThrow(
      /STRIPE_SANDBOX_PORT[\s\S]*STRIPE_ACCOUNT_ID[\s\S]*STRIPE_SECRET_KEY/,
    );
  });
});

it.each<[NodeJS.ProcessEnv, string[]]>([
  [{}, ['dintero']],
  [{ SANDBOX_PORT: '3001' }, ['dintero']],
  [{ STRIPE_SANDBOX_PORT: '3003' }, ['stripe']],
  [{ SANDBOX_PORT: '3001', STRIPE_SANDBOX_PORT: '3003' }, ['dintero', 'stripe']],
  [{ SANDBOXES: 'dintero, stripe' }, ['dintero', 'stripe']],
  [{ SANDBOXES: 'stripe', SANDBOX_PORT: '3001' }, ['stripe']],
])('%j runs %j', (env, names) => {
  expect(wantedSandboxes(env)).toEqual(names);
});

it('refuses a sandbox that it does not have', () => {
  expect(() => wantedSandboxes({ SANDBOXES: 'adyen' })).toThrow('SANDBOXES: expected dintero or stripe');
});
