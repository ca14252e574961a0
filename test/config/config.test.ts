/** The environment, contract §2. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readCodecServerConfig, readConfig } from '../../src/config/config.ts';
import { ConfigError } from '../../src/config/environment.ts';
import { ENVIRONMENT, SECRETS } from '../support/api.ts';

const WEBHOOK_SECRET = `whsec_${Buffer.from('a secret of 24 bytes....').toString('base64')}`;

/** The variables of contract §2 that concern the API and the worker. */
const EVERY_VARIABLE = [
  'PORT',
  'HOST',
  'PUBLIC_URL',
  'ADMIN_PORT',
  'TRUST_PROXY',
  'TEMPORAL_ADDRESS',
  'TEMPORAL_NAMESPACE',
  'TEMPORAL_TASK_QUEUE',
  'TEMPORAL_API_KEY',
  'TEMPORAL_TLS_CERT',
  'TEMPORAL_TLS_KEY',
  'TEMPORAL_TLS_CA',
  'TEMPORAL_UI_URL',
  'PAYLOAD_KEYS',
  'CODEC_PORT',
  'CODEC_HOST',
  'CODEC_ORIGINS',
  'TEMPORAL_DEPLOYMENT_NAME',
  'TEMPORAL_WORKER_BUILD_ID',
  'DATABASE_URL',
  'DATA_DIR',
  'API_KEYS',
  'DINTERO_ACCOUNT_ID',
  'DINTERO_CLIENT_ID',
  'DINTERO_CLIENT_SECRET',
  'DINTERO_PROFILE_ID',
  'DINTERO_SIGNATURE_SECRETS',
  'DINTERO_WEBHOOK_SECRETS',
  'DINTERO_API_URL',
  'DINTERO_CHECKOUT_URL',
  'DINTERO_ALLOWED_IPS',
  'DINTERO_IP_POLICY',
  'ORDER_WEBHOOK_URL',
  'ORDER_WEBHOOK_TIMEOUT',
  'RETURN_URL_SCHEMES',
  'ORDER_WEBHOOK_SECRETS',
  'ON_HOLD_POLL_INTERVAL',
  'SESSION_LIFETIME',
  'SWEEP_INTERVAL',
  'LATE_MONEY_POLICY',
  'RETENTION_DELIVERIES',
  'RETENTION_TIMELINE',
  'RETENTION_UPDATES',
  'LOG_LEVEL',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OTEL_SERVICE_NAME',
  'OTEL_RESOURCE_ATTRIBUTES',
  'OTEL_TRACES_SAMPLER',
  'OTEL_TRACES_SAMPLER_ARG',
];

/** The errors about an environment, line by line. */
function complaints(changes: NodeJS.ProcessEnv, base: NodeJS.ProcessEnv = ENVIRONMENT): string[] {
  try {
    readConfig({ ...base, ...changes });
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
}

const valuesOf = (env: NodeJS.ProcessEnv) => readConfig(env).gateways[0]?.values ?? {};

/** A live account, with all required settings. */
const LIVE = {
  DINTERO_ACCOUNT_ID: 'P12345678',
  DINTERO_API_URL: 'https://proxy.example',
  DINTERO_CHECKOUT_URL: 'https://proxy.example',
  DINTERO_CLIENT_SECRET: 'Zk3-a-client-secret',
} as const;

describe('the environment', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'paidonce-config-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const fileOf = async (content: string): Promise<string> => {
    const path = join(folder, Math.random().toString(36).slice(2));
    await writeFile(path, content);
    return path;
  };

  it('is enough with its required variables and has the defaults of the contract', () => {
    expect(readConfig(ENVIRONMENT)).toMatchObject({
      PORT: 3000,
      HOST: '127.0.0.1',
      TRUST_PROXY: 0,
      DATA_DIR: resolve('.data'),
      TEMPORAL_NAMESPACE: 'default',
      TEMPORAL_TASK_QUEUE: 'payments',
      gateways: [{ mode: 'test', values: { DINTERO_PROFILE_ID: 'default', DINTERO_IP_POLICY: 'report' } }],
      ON_HOLD_POLL_INTERVAL: 3_600_000,
      SESSION_LIFETIME: 14_400_000,
      SWEEP_INTERVAL: 300_000,
      LATE_MONEY_POLICY: 'give_back',
      RETENTION_DELIVERIES: 400 * 86_400_000,
      API_KEYS: ENVIRONMENT.API_KEYS.split(',').map((key) => ({ key, scopes: ['admin'] })),
    });
  });

  it.each(['RETENTION_TIMELINE', 'RETENTION_UPDATES'] as const)(
    'never deletes texts without %s, and keeps them for a week at least with it',
    (name) => {
      expect(readConfig(ENVIRONMENT)[name]).toBeUndefined();
      expect(readConfig({ ...ENVIRONMENT, [name]: '7d' })[name]).toBe(7 * 86_400_000);
      for (const wrong of ['6d', '167h', '0d', 'forever', ''])
        expect(complaints({ [name]: wrong })).toEqual([
          expect.stringContaining(`${name}: expected a duration`),
        ]);
    },
  );

  it('that is empty gets every missing variable, in one error', () => {
    expect(complaints({}, {}).toSorted()).toEqual([
      'API_KEYS: missing',
      'PUBLIC_URL: missing',
      'gateway: none is configured; set DINTERO_ACCOUNT_ID, DINTERO_CLIENT_ID, DINTERO_CLIENT_SECRET, DINTERO_SIGNATURE_SECRETS (Dintero: docs/dintero.md), or STRIPE_ACCOUNT_ID, STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRETS (Stripe: docs/stripe.md)',
    ]);
  });

  it('that configures one half of a gateway gets the names of the other half', () => {
    const { DINTERO_CLIENT_ID: _, DINTERO_SIGNATURE_SECRETS: __, ...half } = ENVIRONMENT;
    expect(complaints({}, half).toSorted()).toEqual([
      'DINTERO_CLIENT_ID: missing',
      'DINTERO_SIGNATURE_SECRETS: missing',
    ]);
  });

  it('gets all its errors at once, also those of combinations', () => {
    const names = complaints({
      PORT: '70000',
      PUBLIC_URL: 'http://pay.example',
      DINTERO_API_URL: undefined,
      DINTERO_CHECKOUT_URL: undefined,
      API_KEYS: 'short',
      ORDER_WEBHOOK_URL: 'https://shop.example/hook',
      TEMPORAL_TLS_CERT: '/no/such/cert.pem',
      SWEEP_INTERVAL: '5 minutes',
      DINTERO_CLIENT_ID: undefined,
    }).map((line) => line.split(':')[0]);
    expect(new Set(names)).toEqual(
      new Set([
        'PORT',
        'PUBLIC_URL',
        'API_KEYS',
        'ORDER_WEBHOOK_SECRETS',
        'TEMPORAL_TLS_CERT',
        'TEMPORAL_TLS_KEY',
        'SWEEP_INTERVAL',
        'DINTERO_CLIENT_ID',
      ]),
    );
  });

  it.each([
    ['PORT', ''],
    ['PORT', ' 80'],
    ['PORT', '0x50'],
    ['PORT', '1e3'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['ADMIN_PORT', ''],
    ['TRUST_PROXY', ''],
    ['TRUST_PROXY', 'true'],
    ['HOST', ''],
    ['PUBLIC_URL', ''],
    ['PUBLIC_URL', 'pay.example'],
    ['PUBLIC_URL', 'ftp://pay.example'],
    ['PUBLIC_URL', 'https://pay.example/?a=1'],
    ['PUBLIC_URL', 'https://user:pw@pay.example'],
    ['DATABASE_URL', 'mysql://localhost/x'],
    ['DATABASE_URL', ''],
    ['DATA_DIR', ''],
    ['TEMPORAL_ADDRESS', 'localhost'],
    ['TEMPORAL_ADDRESS', 'http://localhost:7233'],
    ['API_KEYS', ''],
    ['API_KEYS', '   '],
    ['API_KEYS', 'test_key_0123456789abcd'],
    ['API_KEYS', 'test_key_0123456789abcdef01,'],
    ['API_KEYS', 'test_key_0123456789abcdef01, test_key_0123456789abcdef02'],
    ['API_KEYS', 'test_key_0123456789abcdef01,test_key_0123456789abcdef01'],
    ['API_KEYS', 'backoffice:test_key_0123456789abcdef01'],
    ['API_KEYS', 'backoffice:money:short'],
    ['API_KEYS', 'backoffice:everything:test_key_0123456789abcdef01'],
    ['API_KEYS', 'backoffice::test_key_0123456789abcdef01'],
    ['API_KEYS', 'back office:money:test_key_0123456789abcdef01'],
    ['API_KEYS', 'backoffice:money:a:test_key_0123456789abcdef01'],
    ['DINTERO_ACCOUNT_ID', '12345678'],
    ['DINTERO_ACCOUNT_ID', 'X12345678'],
    ['DINTERO_ACCOUNT_ID', 'T1234567'],
    ['DINTERO_CLIENT_SECRET', ''],
    ['DINTERO_CLIENT_SECRET', '  '],
    ['DINTERO_CLIENT_SECRET', 'secret\n'],
    ['DINTERO_PROFILE_ID', ' '],
    ['DINTERO_SIGNATURE_SECRETS', ''],
    ['DINTERO_SIGNATURE_SECRETS', 'a,,b'],
    ['DINTERO_SIGNATURE_SECRETS', 'a, '],
    ['DINTERO_WEBHOOK_SECRETS', ' '],
    ['DINTERO_ALLOWED_IPS', '1.2.3.4,nonsense'],
    ['DINTERO_ALLOWED_IPS', '1.2.3.4,'],
    ['DINTERO_ALLOWED_IPS', '1.2.3'],
    ['DINTERO_ALLOWED_IPS', '1.2.3.256'],
    ['DINTERO_ALLOWED_IPS', '1.2.3.0/33'],
    ['DINTERO_ALLOWED_IPS', '1.2.3.0/'],
    ['DINTERO_ALLOWED_IPS', '2001:db8::/129'],
    ['DINTERO_ALLOWED_IPS', '2001:db8:::1'],
    ['TRUST_PROXY', '11'],
    ['TRUST_PROXY', '-1'],
    ['HOST', ' 127.0.0.1'],
    ['ORDER_WEBHOOK_URL', ''],
    ['TEMPORAL_TLS_CERT', ' '],
    ['TEMPORAL_TLS_CA', '/no/such/file.pem'],
    ['TEMPORAL_TLS_CA', import.meta.dirname],
    ['TEMPORAL_TLS_CA', import.meta.filename],
    ['TEMPORAL_TASK_QUEUE', 'q'.repeat(151)],
    ['DINTERO_IP_POLICY', 'deny'],
    ['ORDER_WEBHOOK_TIMEOUT', '500ms'],
    ['RETURN_URL_SCHEMES', 'https,javascript'],
    ['RETURN_URL_SCHEMES', 'https:'],
    ['PUBLIC_URL', 'https://shop.example/v1'],
    ['PUBLIC_URL', 'https://shop.example/pay?x=1'],
    ['PUBLIC_URL', 'https://shop.example/a%20b'],
    ['ORDER_WEBHOOK_TIMEOUT', '61s'],
    ['TEMPORAL_UI_URL', 'https://user:pass@ui.example'],
    ['DINTERO_API_URL', 'https://user:pass@api.example'],
    ['ORDER_WEBHOOK_SECRETS', 'secret'],
    ['ORDER_WEBHOOK_SECRETS', 'whsec_short'],
    ['LATE_MONEY_POLICY', 'keep'],
    ['LOG_LEVEL', 'loud'],
    ['ON_HOLD_POLL_INTERVAL', '0s'],
    ['ON_HOLD_POLL_INTERVAL', '1.5h'],
    ['ON_HOLD_POLL_INTERVAL', '60'],
    ['ON_HOLD_POLL_INTERVAL', '-1h'],
    ['SESSION_LIFETIME', '4H'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://user:word@collector:4318'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'authorization'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'authorization=Basic%2'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'authorization=a%0Ab'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'service.namespace=shop,'],
    ['OTEL_TRACES_SAMPLER', 'jaeger_remote'],
    ['OTEL_TRACES_SAMPLER_ARG', '1.5'],
    ['OTEL_TRACES_SAMPLER_ARG', '5%'],
  ])('is refused with %s=%j', (name, value) => {
    const lines = complaints({ [name]: value });
    expect(lines).toHaveLength(1);
    expect(lines[0]?.startsWith(`${name}: `)).toBe(true);
  });

  it.each(EVERY_VARIABLE)('is refused with a blank %s, and the error names no other variable', (name) => {
    for (const blank of ['', ' ', '\t\n']) {
      const lines = complaints({ [name]: blank });
      expect(lines.map((line) => line.split(':')[0])).toEqual([name]);
      expect(lines[0]).not.toMatch(/Invalid|Too small|characters but/);
    }
  });

  it('that is blank throughout gets every variable in one error', () => {
    const blank = Object.fromEntries(EVERY_VARIABLE.map((name) => [name, ' ']));
    const names = complaints(blank, {}).map((line) => line.split(':')[0]);
    expect(names).toHaveLength(EVERY_VARIABLE.length);
    expect(new Set(names)).toEqual(new Set(EVERY_VARIABLE));
  });

  it('may list addresses and networks of both kinds', () => {
    const listed = '192.0.2.7,198.51.100.0/24,2001:db8::1,2001:db8:1::/48';
    expect(readConfig({ ...ENVIRONMENT, DINTERO_ALLOWED_IPS: listed }).gateways[0]?.sources).toEqual({
      variable: 'DINTERO_ALLOWED_IPS',
      allowed: listed.split(','),
      policy: 'report',
    });
    expect(readConfig(ENVIRONMENT).gateways[0]?.sources).toBeNull();
  });

  it.each([
    ['API_KEYS', 'too-short-key'],
    ['DINTERO_CLIENT_SECRET', ' s3cr3t-value '],
    ['ORDER_WEBHOOK_SECRETS', 'not-a-webhook-secret'],
    ['DATABASE_URL', 'mysql://user:password@db/x'],
  ])('shows the value of %s in no error', (name, value) => {
    expect(complaints({ [name]: value }).join('\n')).not.toContain(value.trim());
  });

  it.each([
    ['250ms', 250],
    ['10s', 10_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['3d', 259_200_000],
  ])('understands the duration %s', (text, ms) => {
    expect(readConfig({ ...ENVIRONMENT, SWEEP_INTERVAL: text }).SWEEP_INTERVAL).toBe(ms);
  });

  it('takes a secret from a file, without the line break at its end', async () => {
    const path = await fileOf('from-a-file\n');
    const { DINTERO_CLIENT_SECRET: _, ...rest } = ENVIRONMENT;
    expect(valuesOf({ ...rest, DINTERO_CLIENT_SECRET_FILE: path })['DINTERO_CLIENT_SECRET']).toBe(
      'from-a-file',
    );
  });

  it.each([
    ['an empty file', ''],
    ['a file of blanks', '  \n'],
    ['a file of two lines', '\n\n'],
  ])('refuses a secret from %s', async (_, content) => {
    const { DINTERO_CLIENT_SECRET: _secret, ...rest } = ENVIRONMENT;
    const lines = complaints({ DINTERO_CLIENT_SECRET_FILE: await fileOf(content) }, rest);
    expect(lines).toEqual([expect.stringMatching(/^DINTERO_CLIENT_SECRET: expected a secret/)]);
  });

  it('refuses a missing file, and a secret that is given twice', async () => {
    const { DINTERO_CLIENT_SECRET: _, ...rest } = ENVIRONMENT;
    const missing = complaints({ DINTERO_CLIENT_SECRET_FILE: join(folder, 'none') }, rest);
    expect(missing.join()).toMatch(/DINTERO_CLIENT_SECRET_FILE: a readable file was expected \(ENOENT\)/);
    expect(missing.join()).not.toContain(folder);
    const twice = complaints({ DINTERO_CLIENT_SECRET_FILE: await fileOf('x') });
    expect(twice).toEqual([expect.stringMatching(/remove one of them/)]);
  });

  it.each([
    ['http', { DINTERO_CHECKOUT_URL: undefined }, 1],
    ['http', { DINTERO_API_URL: undefined }, 1],
    ['http', { DINTERO_API_URL: 'https://api.dintero.com/' }, 1],
    ['http', {}, 0],
    ['https', { DINTERO_CHECKOUT_URL: undefined, DINTERO_API_URL: undefined }, 0],
  ])('with an %s PUBLIC_URL and %j has %d errors', (scheme, changes, count) => {
    const lines = complaints({ PUBLIC_URL: `${scheme}://pay.example`, ...changes });
    expect(lines).toHaveLength(count);
    for (const line of lines) expect(line).toMatch(/^PUBLIC_URL: expected an https URL/);
  });

  it.each([
    ['the real hosts', { DINTERO_API_URL: undefined, DINTERO_CHECKOUT_URL: undefined }],
    ['one real host', { DINTERO_API_URL: 'https://api.dintero.com/' }],
    ['a live account', LIVE],
  ])('refuses crash points with %s', (_, changes) => {
    const crashing = { PUBLIC_URL: 'https://pay.example', PAIDONCE_CRASH_AT: 'record.after' };
    expect(complaints({ ...crashing, ...changes })).toEqual([
      expect.stringMatching(/^PAIDONCE_CRASH_AT: not allowed where money may be real/),
    ]);
    expect(complaints(crashing)).toEqual([]);
  });

  it.each([
    ['DINTERO_API_URL', 'http://proxy.example', 'an https URL'],
    ['DINTERO_CHECKOUT_URL', 'http://proxy.example', 'an https URL'],
    ['API_KEYS', 'a'.repeat(24), 'random secrets'],
    ['API_KEYS', `backoffice:money:${'a'.repeat(24)}`, 'random secrets'],
    ['API_KEYS', 'shop:shop:sandbox-0123456789abcdef01', 'your own secret'],
    ['DINTERO_CLIENT_SECRET', '?!', 'secrets of at least 16 characters'],
    ['DINTERO_CLIENT_SECRET', 'sandbox-client-secret-0001', 'your own secret'],
    ['DINTERO_SIGNATURE_SECRETS', `${SECRETS[0]},s`, 'secrets of at least 16 characters'],
    ['DINTERO_SIGNATURE_SECRETS', 'sandbox-signature-secret-0001', 'your own secret'],
    ['DINTERO_WEBHOOK_SECRETS', 'abababababababababab', 'random secrets'],
  ])('with a live account refuses a weak or published value: %s = %s', (name, value, expected) => {
    expect(complaints(LIVE)).toEqual([]);
    expect(complaints({ [name]: value })).toEqual([]);
    const [line, ...more] = complaints({ ...LIVE, [name]: value });
    expect(line).toContain(`${name}: expected ${expected}`);
    expect(more).toEqual([]);
    if (!value.startsWith('http')) expect(line).not.toContain(value);
  });

  it.each(['record.after@1001', 'record.after@1001#2', 'record.after,attempt.mark.after'])(
    'accepts the crash point %s',
    (points) => expect(complaints({ PAIDONCE_CRASH_AT: points })).toEqual([]),
  );

  it.each(['record', 'record.after@', 'record.after@1/2', 'record.after@1001#', 'record.after,'])(
    'does not accept %s as a crash point',
    (points) =>
      expect(complaints({ PAIDONCE_CRASH_AT: points })).toEqual([
        expect.stringMatching(/^PAIDONCE_CRASH_AT: expected names of crash points/),
      ]),
  );

  it.each([
    ['data', resolve('data')],
    ['/var/lib/paidonce', '/var/lib/paidonce'],
    ['memory://', 'memory://'],
  ])('takes %s as a folder relative to the working directory', (DATA_DIR, folder) => {
    expect(readConfig({ ...ENVIRONMENT, DATA_DIR }).DATA_DIR).toBe(folder);
  });

  const key = (id: string, bytes = 32) => `${id}:${randomBytes(bytes).toString('base64')}`;
  const again = key('a');

  it.each([
    ['no id', key('a').slice(2), /expected keyId:key as entry 1/],
    ['a blank', `${key('a')}, ${key('b')}`, /expected keyId:key as entry 2/],
    ['an odd id', key('a/b'), /expected keyId:key as entry 1/],
    ['other characters than base64', `a:${'_'.repeat(43)}=`, /expected keyId:key as entry 1/],
    ['too short a key', key('a', 16), /expected 32 bytes in base64 as the key "a", found 16 bytes/],
    ['too long a key', `${key('a')},${key('b', 33)}`, /the key "b", found 33 bytes/],
    ['an id twice', `${again},${key('a')}`, /expected each key id once, found "a" twice/],
    ['a key of zeros', `a:${Buffer.alloc(32).toString('base64')}`, /expected random bytes as the key "a"/],
    ['plain behind a key', `${key('a')},plain`, /expected keyId:key as entry 2/],
    ['plain alone', 'plain', /expected "plain" only in front of keys/],
    ['nothing', '', /expected a secret/],
  ])('refuses PAYLOAD_KEYS with %s, and shows no key', (_, PAYLOAD_KEYS, words) => {
    const [line = '', ...others] = complaints({ PAYLOAD_KEYS });
    expect(others).toEqual([]);
    expect(line).toMatch(/^PAYLOAD_KEYS: /);
    expect(line).toMatch(words);
    for (const entry of PAYLOAD_KEYS.split(',')) {
      const secret = entry.slice(entry.indexOf(':') + 1);
      if (secret.length > 10) expect(line).not.toContain(secret.slice(0, 10));
    }
  });

  it('reads headers and attributes for traces, and shows no header', () => {
    const given = {
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20YTpi, x-team=pay',
      OTEL_TRACES_SAMPLER_ARG: '0.05',
    };
    const { OTEL_EXPORTER_OTLP_HEADERS: headers, OTEL_TRACES_SAMPLER_ARG: ratio } = readConfig({
      ...ENVIRONMENT,
      ...given,
    });
    expect([headers, ratio]).toEqual([{ authorization: 'Basic YTpi', 'x-team': 'pay' }, 0.05]);
    expect(complaints({ OTEL_EXPORTER_OTLP_HEADERS: 'YTpi' }).join()).not.toContain('YTpi');
  });

  it('takes PAYLOAD_KEYS, of which the first one encrypts, also from a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'paidonce-keys-'));
    const file = join(folder, 'keys');
    await writeFile(file, `${key('b')},${key('a')}\n`);
    const { PAYLOAD_KEYS } = readConfig({ ...ENVIRONMENT, PAYLOAD_KEYS_FILE: file });
    await rm(folder, { recursive: true });
    expect([PAYLOAD_KEYS.encrypts, ...PAYLOAD_KEYS.byId.keys()]).toEqual(['b', 'b', 'a']);
    expect(JSON.stringify([...PAYLOAD_KEYS.byId.values()])).toBe('[{},{}]');
  });

  it('encrypts nothing without PAYLOAD_KEYS, or with plain in front of them', () => {
    expect(readConfig(ENVIRONMENT).PAYLOAD_KEYS).toMatchObject({ encrypts: null, byId: new Map() });
    const { encrypts, byId } = readConfig({ ...ENVIRONMENT, PAYLOAD_KEYS: `plain,${key('a')}` }).PAYLOAD_KEYS;
    expect([encrypts, ...byId.keys()]).toEqual([null, 'a']);
  });

  it.each(['temporal.example', 'https://temporal.example/path', 'https://a.example,ftp://b.example'])(
    'refuses %s as an origin of the Web UI',
    (CODEC_ORIGINS) =>
      expect(complaints({ CODEC_ORIGINS })).toEqual([
        expect.stringMatching(/^CODEC_ORIGINS: expected origins such as https:\/\/temporal.example/),
      ]),
  );

  it('needs the keys of the service for the codec server', () => {
    const { API_KEYS } = ENVIRONMENT;
    expect(() => readCodecServerConfig({ API_KEYS })).toThrow('PAYLOAD_KEYS: missing');
    expect(() => readCodecServerConfig({ PAYLOAD_KEYS: key('a') })).toThrow('API_KEYS: missing');
    const { CODEC_PORT, CODEC_HOST } = readCodecServerConfig({ API_KEYS, PAYLOAD_KEYS: key('a') });
    expect([CODEC_PORT, CODEC_HOST]).toEqual([8_234, '127.0.0.1']);
  });

  it('removes the slash at the end of a URL', () => {
    const { PUBLIC_URL, gateways } = readConfig({
      ...ENVIRONMENT,
      PUBLIC_URL: 'https://pay.example/path/',
      DINTERO_API_URL: 'http://a:1//',
    });
    const given = gateways[0]?.values['DINTERO_API_URL'];
    expect([PUBLIC_URL, given]).toEqual(['https://pay.example/path', 'http://a:1']);
  });

  it('takes several secrets, newest first', () => {
    const two = `${WEBHOOK_SECRET},${WEBHOOK_SECRET}`;
    const given = { ORDER_WEBHOOK_URL: 'https://shop.example/hook', ORDER_WEBHOOK_SECRETS: two };
    expect(readConfig({ ...ENVIRONMENT, ...given }).ORDER_WEBHOOK_SECRETS).toEqual([
      WEBHOOK_SECRET,
      WEBHOOK_SECRET,
    ]);
  });
});
