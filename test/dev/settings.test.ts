import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ConfigError } from '../../src/config/environment.ts';
import { readShopConfig } from '../../demo-shop/config.ts';
import { foundations, urlsOf } from '../../dev/plan.ts';
import { devSecrets } from '../../dev/secrets.ts';
import { checkEnvironment, readSettings } from '../../dev/settings.ts';
import { aPayloadKey } from '../support/payload-keys.ts';

/** The credentials of our own sandbox. */
const SANDBOX_VALUES = {
  DINTERO_ACCOUNT_ID: 'T12345678',
  DINTERO_CLIENT_ID: 'sandbox-client',
  DINTERO_CLIENT_SECRET: 'sandbox-client-secret-0001',
  DINTERO_SIGNATURE_SECRETS: 'sandbox-signature-secret-0001',
};

const SECRETS = {
  API_KEYS: 'dev_0123456789abcdefghijklmn',
  ORDER_WEBHOOK_SECRETS: `whsec_${Buffer.alloc(32, 1).toString('base64')}`,
};
const ANY_PORTS = { PORT: '0', SANDBOX_PORT: '0', SHOP_PORT: '0', TEMPORAL_PORT: '0', TEMPORAL_UI_PORT: '0' };
/** The settings as `paidonce dev` has them, after validation. */
const settingsOf = async (env: NodeJS.ProcessEnv) => {
  const given = { ...ANY_PORTS, ...env };
  checkEnvironment(given);
  return readSettings(given, SECRETS);
};

function wrongNames(check: () => void): string[] {
  try {
    check();
    return [];
  } catch (error) {
    const [, ...lines] = (error as ConfigError).message.split('\n');
    return lines.map((line) => line.trim().replace(/:.*/, '')).sort();
  }
}

describe('the settings of npm start', () => {
  it('need nothing: the sandbox with its values, the shop, a Temporal server', async () => {
    const { coreEnv, config, apiUrl, sandboxes, shop, temporal } = await settingsOf({});
    expect(coreEnv).toMatchObject({ ...SANDBOX_VALUES, ...SECRETS, HOST: '127.0.0.1', PUBLIC_URL: apiUrl });
    expect(config.gateways[0]?.values['DINTERO_CHECKOUT_URL']).toBe(sandboxes[0]?.url);
    expect(config.ORDER_WEBHOOK_URL).toBe(`${shop?.url}/webhooks/paidonce`);
    expect(config.TEMPORAL_ADDRESS).toBe(`127.0.0.1:${temporal?.port}`);
    expect(config.DATA_DIR).toBe(resolve('.data'));
  });

  it('use a service that a variable names, do not start it, and say so in urls.json', async () => {
    const named = {
      TEMPORAL_ADDRESS: 'temporal.example:7233',
      DINTERO_API_URL: 'http://127.0.0.1:9',
      DINTERO_CHECKOUT_URL: 'http://127.0.0.1:9',
      ORDER_WEBHOOK_URL: 'http://127.0.0.1:8/hook',
      ...SANDBOX_VALUES,
    };
    const settings = await settingsOf(named);
    expect(settings.coreEnv).toMatchObject(named);
    expect(urlsOf(settings)).toEqual({
      api: settings.apiUrl,
      docs: `${settings.apiUrl}/docs`,
      dashboard: `${settings.apiUrl}/dashboard`,
      temporal: null,
      temporalUi: null,
      codecServer: null,
      sandbox: null,
      sandboxes: {},
      shop: null,
    });
  });

  it('start a codec server for the Web UI where payloads are encrypted, and only for our own server', async () => {
    const keys = { PAYLOAD_KEYS: aPayloadKey('a'), CODEC_PORT: '0' };
    const settings = await settingsOf(keys);
    const children = await foundations(settings, '/bin/temporal');
    const { codecServer, temporalUi } = urlsOf(settings);
    const of = (name: string) => children.find((child) => child.name === name);
    expect(of('temporal')?.args.join(' ')).toContain(`--ui-codec-endpoint ${codecServer}`);
    expect(of('codec server')?.env).toMatchObject({
      ...keys,
      CODEC_PORT: new URL(codecServer ?? '').port,
      CODEC_ORIGINS: expect.stringContaining(`${temporalUi},`),
    });
    expect((await settingsOf({})).codec).toBeNull();
    expect((await settingsOf({ ...keys, TEMPORAL_ADDRESS: 'temporal.example:7233' })).codec).toBeNull();
  });

  it("do not use the sandbox's values for another Dintero", async () => {
    const url = 'https://dintero.example';
    const search = settingsOf({ DINTERO_API_URL: url, DINTERO_CHECKOUT_URL: url });
    await expect(search).rejects.toThrow(ConfigError);
    for (const name of Object.keys(SANDBOX_VALUES)) await expect(search).rejects.toThrow(`${name}: missing`);
  });

  it("refuse one of Dintero's two addresses without the other", () => {
    const check = () => checkEnvironment({ DINTERO_API_URL: 'http://127.0.0.1:9' });
    expect(check).toThrow('DINTERO_CHECKOUT_URL: missing');
    expect(check).not.toThrow('DINTERO_ACCOUNT_ID');
  });

  it('report every wrong variable in one error, with ports and the folder', () => {
    const wrong = {
      PORT: 'abc',
      SHOP_PORT: '70000',
      LOG_LEVEL: 'zz',
      SESSION_LIFETIME: '5',
      DATA_DIR: '',
      DINTERO_API_URL: 'http://127.0.0.1:9',
      HOST: ' ',
    };
    const named = [
      ...Object.keys(wrong).filter((name) => name !== 'DINTERO_API_URL'),
      'DINTERO_CHECKOUT_URL',
    ];
    expect(wrongNames(() => checkEnvironment(wrong))).toEqual(named.sort());
  });

  it.each(['API_KEYS', 'DATA_DIR', 'TEMPORAL_ADDRESS', 'ORDER_WEBHOOK_URL', 'DINTERO_SIGNATURE_SECRETS'])(
    'refuse an empty %s before anything is started',
    async (name) => {
      await expect(settingsOf({ [name]: '' })).rejects.toThrow(`${name}: expected`);
    },
  );

  it('reach a listener on all addresses by the local address', async () => {
    expect((await settingsOf({ HOST: '0.0.0.0' })).apiUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });
});

describe('the demo shop', () => {
  it('gets the intervals at which paidonce looks by itself', async () => {
    const settings = await settingsOf({ SWEEP_INTERVAL: '3s', ON_HOLD_POLL_INTERVAL: '2m' });
    const shop = (await foundations(settings, null)).find(({ name }) => name === 'demo shop');
    expect(readShopConfig(shop?.env ?? {}).lookIntervals).toEqual({ sweepMs: 3_000, onHoldPollMs: 120_000 });
  });
});

describe('the API key of the demo shop', () => {
  const seller = 'seller_0123456789abcdefghijkl';
  const both = 'both_0123456789abcdefghijklmno';
  const API_KEYS = `web:shop:${seller},till:shop+money:${both}`;
  const keyOfShop = async (env: NodeJS.ProcessEnv) => {
    const children = await foundations(await settingsOf({ API_KEYS, ...env }), null);
    return children.find(({ name }) => name === 'demo shop')?.env?.['PAIDONCE_API_KEY'];
  };

  it('may move money too, where one of the keys may and all money is the sandbox’s', async () => {
    expect(await keyOfShop({})).toBe(both);
    expect(await keyOfShop({ API_KEYS: `web:shop:${seller}` })).toBe(seller);
  });

  it('is the first one that may sell, where money may be real', async () => {
    const url = 'https://dintero.example';
    const own = { DINTERO_API_URL: url, DINTERO_CHECKOUT_URL: url, ...SANDBOX_VALUES };
    expect(await keyOfShop(own)).toBe(seller);
  });
});

describe('the development secrets', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'paidonce-secrets-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('are created once, readable by their owner only, and accepted by the configuration', async () => {
    const made = await devSecrets(folder);
    expect(await devSecrets(folder)).toEqual(made);
    expect((await stat(join(folder, 'secrets.json'))).mode & 0o777).toBe(0o600);
    const { API_KEYS } = (await readSettings(ANY_PORTS, made)).config;
    expect(API_KEYS.map(({ key }) => key)).toEqual([made.API_KEYS]);
  });

  it('differ between folders', async () => {
    const other = await mkdtemp(join(tmpdir(), 'paidonce-secrets-'));
    expect((await devSecrets(folder)).API_KEYS).not.toBe((await devSecrets(other)).API_KEYS);
    await rm(other, { recursive: true });
  });

  it('are created again where a crash cut the file short', async () => {
    await writeFile(join(folder, 'secrets.json'), '{"API_KEYS": "dev_');
    const made = await devSecrets(folder);
    expect(JSON.parse(await readFile(join(folder, 'secrets.json'), 'utf8'))).toEqual(made);
  });

  it('are not used where a file has a key', async () => {
    const file = join(folder, 'key');
    await writeFile(file, 'a-key-of-a-person-0123456789\n');
    const { config, apiKey } = await settingsOf({ API_KEYS_FILE: file });
    expect(config.API_KEYS).toMatchObject([{ key: 'a-key-of-a-person-0123456789' }]);
    expect(apiKey).toBe('the one of API_KEYS_FILE');
  });

  it("are the only ones that are printed: of a person's key only its source", async () => {
    expect((await settingsOf({})).apiKey).toBe(SECRETS.API_KEYS);
    const { apiKey } = await settingsOf({ API_KEYS: 'a-key-of-a-person-0123456789' });
    expect(apiKey).toBe('the one of API_KEYS');
  });

  it('are not used where a file has webhook secrets, and the demo shop gets those too', async () => {
    const secret = `whsec_${Buffer.alloc(32, 2).toString('base64')}`;
    const file = join(folder, 'webhook-secrets');
    await writeFile(file, `${secret}\n`);
    const settings = await settingsOf({ ORDER_WEBHOOK_SECRETS_FILE: file });
    expect(settings.config.ORDER_WEBHOOK_SECRETS).toEqual([secret]);
    const shop = (await foundations(settings, null)).find(({ name }) => name === 'demo shop');
    const env = { ...shop?.env, ORDER_WEBHOOK_SECRETS_FILE: file };
    expect(readShopConfig(env).webhookSecrets).toEqual([secret]);
  });
});
