/** The configuration is composed of the gateways' variables: a second gateway needs no change of it. */
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { readConfig } from '../../src/config/config.ts';
import { ConfigError } from '../../src/config/environment.ts';
import { list, secret, url } from '../../src/lib/variable-forms.ts';
import type { GatewayDescriptor } from '../../src/gateways/gateway-descriptor.ts';
import { GATEWAYS } from '../../src/gateways/registry.ts';
import { ENVIRONMENT } from '../support/api.ts';

const ACME: GatewayDescriptor<{ ACME_SECRET_KEY: string }, { readonly key: string }> = {
  ...GATEWAYS[0],
  id: 'acme',
  name: 'Acme',
  page: 'docs/acme.md',
  variables: {
    prefix: 'ACME',
    shape: {
      ACME_SECRET_KEY: z.string().regex(/^sk_(test|live)_/, 'a key such as sk_test_…'),
      ACME_WEBHOOK_SECRETS: list(secret),
      ACME_API_URL: url.default('https://api.acme.example'),
    },
    secrets: ['ACME_SECRET_KEY', 'ACME_WEBHOOK_SECRETS'],
    hosts: { ACME_API_URL: 'https://api.acme.example' },
    madeByCommands: ['ACME_WEBHOOK_SECRETS'],
    mode: (values) => (String(values['ACME_SECRET_KEY']).startsWith('sk_live_') ? 'live' : 'test'),
    liveBecause: 'the key is live (sk_live_…)',
    contradictions: (texts) =>
      texts['ACME_SECRET_KEY'] === 'sk_test_odd' ? ['ACME_SECRET_KEY: is odd'] : [],
  },
  settings: ({ ACME_SECRET_KEY: key }) => ({ key }),
  create: () => {
    throw new Error('is not called');
  },
};
const BOTH = [...GATEWAYS, ACME];
const FIRST = GATEWAYS[0].variables.prefix;
const WITHOUT = Object.fromEntries(
  Object.entries(ENVIRONMENT).filter(([name]) => !name.startsWith(`${FIRST}_`)),
);
const ACME_ENV = { ACME_SECRET_KEY: 'sk_test_4711', ACME_WEBHOOK_SECRETS: 'a,b' };

function complaints(env: NodeJS.ProcessEnv): string[] {
  try {
    readConfig(env, [], BOTH);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
}

describe('a gateway', () => {
  it('is configured where the environment has its variables, and only there', () => {
    const idsIn = (env: NodeJS.ProcessEnv) =>
      readConfig(env, [], BOTH).gateways.map(({ descriptor }) => descriptor.id);
    expect(idsIn(ENVIRONMENT)).toEqual([GATEWAYS[0].id]);
    expect(idsIn({ ...WITHOUT, ...ACME_ENV })).toEqual(['acme']);
    expect(idsIn({ ...ENVIRONMENT, ...ACME_ENV })).toEqual([GATEWAYS[0].id, 'acme']);
  });

  it('brings its variables, and has those of the core for every gateway', () => {
    const env = { ...WITHOUT, ...ACME_ENV, ACME_ALLOWED_IPS: '192.0.2.7', ACME_MAX_CALLS_PER_SECOND: '20' };
    const [acme] = readConfig(env, [], BOTH).gateways;
    expect(acme).toMatchObject({
      mode: 'test',
      settings: { key: 'sk_test_4711' },
      values: { ACME_WEBHOOK_SECRETS: ['a', 'b'], ACME_API_URL: 'https://api.acme.example' },
      sources: { variable: 'ACME_ALLOWED_IPS', allowed: ['192.0.2.7'], policy: 'report' },
      maxCallsPerSecond: 20,
    });
  });

  it('that is configured by half gets the names of the other half, and no secret is shown', () => {
    expect(complaints({ ...WITHOUT, ACME_SECRET_KEY: 'pk_test_4711' })).toEqual([
      'ACME_SECRET_KEY: expected a key such as sk_test_…',
      'ACME_WEBHOOK_SECRETS: missing',
    ]);
    expect(complaints({ ...WITHOUT, ACME_API_URL: 'nonsense' })).toContainEqual(
      expect.stringMatching(/^ACME_API_URL: expected an absolute http or https URL, found "nonsense"/),
    );
  });

  it('is the default only where it is configured', () => {
    const both = { ...ENVIRONMENT, ...ACME_ENV };
    expect(readConfig({ ...both, DEFAULT_GATEWAY: 'acme' }, [], BOTH).DEFAULT_GATEWAY).toBe('acme');
    expect(complaints({ ...WITHOUT, ...ACME_ENV, DEFAULT_GATEWAY: 'dintero' })).toEqual([
      'DEFAULT_GATEWAY: expected a gateway that is configured (acme), found "dintero"',
    ]);
  });

  it('reports its own contradictions', () => {
    expect(complaints({ ...WITHOUT, ...ACME_ENV, ACME_SECRET_KEY: 'sk_test_odd' })).toEqual([
      'ACME_SECRET_KEY: is odd',
    ]);
  });

  it('that calls its own hosts requires an https PUBLIC_URL', () => {
    const plain = { ...WITHOUT, ...ACME_ENV, PUBLIC_URL: 'http://127.0.0.1:3000' };
    expect(complaints(plain)).toEqual([
      expect.stringMatching(/^PUBLIC_URL: expected an https URL, since Acme itself calls it/),
    ]);
    expect(complaints({ ...plain, ACME_API_URL: 'http://127.0.0.1:3001' })).toEqual([]);
  });

  it('that is live requires strong secrets, and no test gateway beside it', () => {
    const live = { ...ACME_ENV, ACME_SECRET_KEY: 'sk_live_0123456789' };
    expect(complaints({ ...WITHOUT, ...live })).toEqual([
      expect.stringMatching(
        /^ACME_WEBHOOK_SECRETS: expected secrets of .*since the key is live \(sk_live_…\)$/,
      ),
    ]);
    const strong = { ...live, ACME_WEBHOOK_SECRETS: 'Zk3-a-webhook-secret' };
    expect(complaints({ ...WITHOUT, ...strong })).toEqual([]);
    expect(complaints({ ...ENVIRONMENT, ...strong })).toEqual([
      `gateways: expected all in test mode or all live, found ${GATEWAYS[0].id} test, acme live`,
    ]);
  });
});

it('an environment without any gateway gets the required variables of each', () => {
  const [line, ...more] = complaints(WITHOUT);
  expect(more).toEqual([]);
  expect(line).toMatch(
    /^gateway: none is configured; set .*\), or ACME_SECRET_KEY, ACME_WEBHOOK_SECRETS \(Acme: docs\/acme\.md\)$/,
  );
});
