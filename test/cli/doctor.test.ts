/**
 * The checks of `paidonce doctor` from the machine on which it runs. The service's checks of itself are
 * in test/health.
 */
import { describe, expect, it } from '@jest/globals';
import { checkAddress } from '../../src/cli/doctor/address-checks.ts';
import { checkOwnStore } from '../../src/cli/doctor/examine-alone.ts';
import { aConfig, useAnswering } from '../support/health-samples.ts';
import { aSimulator } from '../support/simulation.ts';

const answering = useAnswering();

const PAGE = { data: [], hasMore: false, nextCursor: null };

describe('the public address', () => {
  const whole = {
    '/readyz': { body: { status: 'ready', store: 'ok', temporal: 'ok' } },
    '/v1/payments': { body: PAGE },
    '/callbacks/dintero': { status: 400, body: { code: 'malformed' } },
  };

  it('is fine when the service answers there, accepts the key and sees callbacks', async () => {
    const found = await checkAddress(aConfig({ PUBLIC_URL: await answering(whole) }), [aSimulator()]);
    expect(found.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'service ok',
      'API key ok',
      'dintero callback address warn',
    ]);
  });

  it('is not fine when a proxy answers callbacks itself', async () => {
    const url = await answering({ ...whole, '/callbacks/dintero': { status: 403, text: 'blocked' } });
    const found = await checkAddress(aConfig({ PUBLIC_URL: url }), [aSimulator()]);
    expect(found.at(-1)).toMatchObject({ state: 'fail', text: `${url}/callbacks/dintero answered 403` });
  });

  it('must be https for a live account', async () => {
    const found = await checkAddress(aConfig({ PUBLIC_URL: await answering(whole) }), [
      aSimulator({ mode: 'live' }),
    ]);
    expect(found.at(-1)?.state).toBe('fail');
  });

  it('reports a failure when the service is degraded, refuses the key, or is another program', async () => {
    const degraded = { '/readyz': { body: { status: 'degraded', store: 'no answer', temporal: 'ok' } } };
    const [ready] = await checkAddress(aConfig({ PUBLIC_URL: await answering(degraded) }), []);
    expect(ready).toMatchObject({ state: 'fail' });
    expect(ready?.text).toContain('store no answer');
    const locked = { ...whole, '/v1/payments': { status: 401, body: {} } };
    const [, key] = await checkAddress(aConfig({ PUBLIC_URL: await answering(locked) }), []);
    expect(key).toMatchObject({ name: 'API key', state: 'fail' });
    const [other] = await checkAddress(aConfig({ PUBLIC_URL: await answering({}) }), []);
    expect(other?.text).toContain('not like this service');
  });
});

describe('the store', () => {
  it('is not created by the check', async () => {
    const [found] = await checkOwnStore(aConfig({ DATA_DIR: '/nonexistent' }), []);
    expect(found).toMatchObject({ state: 'warn' });
  });

  it('is reported as failed with the reason when the server is away, without the password', async () => {
    const [found] = await checkOwnStore(aConfig({ DATABASE_URL: 'postgres://u:secret@127.0.0.1:1/x' }), []);
    expect(found).toMatchObject({ state: 'fail' });
    expect(JSON.stringify(found)).not.toContain('secret');
  });
});
