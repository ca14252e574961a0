/** Contract §7, and the headers of every answer. */
import { describe, expect, it } from '@jest/globals';
import { startAdmin } from '../../../src/api/http/server.ts';
import { anOrderBody, sendRaw, startTestApi } from '../../support/api.ts';
import { aReference } from '../../support/builders.ts';
import { useTestApi } from '../../support/door.ts';
import { freePort } from '../../support/ports.ts';

describe('the HTTP server', () => {
  const at = useTestApi();

  it.each([
    ['/healthz', 200],
    ['/nothing', 404],
    ['/v1/payments', 401],
    ['/callbacks/dintero', 400],
    ['/return/dintero', 404],
    ['/metrics', 200],
  ])('gives a request id and does not reveal its software at %s', async (target, status) => {
    const answer = await at.api.send('GET', target);
    expect(answer.status).toBe(status);
    expect(answer.headers['x-request-id']).toMatch(/^[\w.-]{1,64}$/);
    expect(answer.headers['x-powered-by']).toBeUndefined();
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.text).not.toMatch(/node_modules|\.ts:|\n\s+at /);
  });

  it("takes over a caller's request id when it is harmless, and repeats it in the problem", async () => {
    const good = await at.api.send('GET', '/nothing', { headers: { 'x-request-id': 'abc-1.2_3' } });
    expect(good.headers['x-request-id']).toBe('abc-1.2_3');
    expect(good.json.requestId).toBe('abc-1.2_3');
    for (const bad of ['a b', 'x'.repeat(65), '"}', 'é']) {
      const answer = await at.api.send('GET', '/nothing', { headers: { 'x-request-id': bad } });
      expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it('answers an unexpected error with its request id and nothing else', async () => {
    at.api.runs.answers.open = () => Promise.reject(new TypeError('secret internals at /srv/app.ts'));
    const answer = await at.api.post('/v1/payments', anOrderBody(aReference()));
    expect(answer).toMatchObject({
      status: 500,
      json: { code: 'internal', requestId: answer.headers['x-request-id'] },
    });
    expect(answer.text).not.toMatch(/secret internals|TypeError/);
  });

  describe('/readyz', () => {
    it.each([
      ['well', 'well', 200, 'ready'],
      ['down', 'well', 200, 'degraded'],
      ['hanging', 'well', 200, 'degraded'],
      ['well', 'down', 200, 'degraded'],
      ['well', 'hanging', 200, 'degraded'],
      ['down', 'down', 503, 'unavailable'],
      ['hanging', 'hanging', 503, 'unavailable'],
    ] as const)('with the store %s and Temporal %s is %s', async (mood, temporal, status, word) => {
      at.api.troubles.mood = mood;
      at.api.runs.temporal = temporal;
      const answer = await at.api.send('GET', '/readyz');
      expect(answer).toMatchObject({
        status,
        json: { status: word },
        headers: { 'cache-control': 'no-store' },
      });
      expect(answer.json.store === 'ok').toBe(mood === 'well');
      expect(answer.json.temporal === 'ok').toBe(temporal === 'well');
      expect(answer.ms).toBeLessThan(1_500);
    });

    it('gives the reason only to callers inside, since a reason may name a host', async () => {
      const adminPort = await freePort();
      const other = await startTestApi(at.store, { ADMIN_PORT: String(adminPort) });
      const stopAdmin = await startAdmin(other.service, adminPort);
      other.runs.temporal = 'down';
      const outside = await other.send('GET', '/readyz');
      const inside = await sendRaw(adminPort, 'GET', '/readyz');
      await stopAdmin();
      await other.stop();
      const said = { status: 'degraded', store: 'ok', temporal: 'away', openings: 'ok' };
      expect(outside.json).toEqual(said);
      expect(inside.json).toMatchObject({ status: 'degraded', temporal: '14 UNAVAILABLE: no connection' });
    });
  });
});
