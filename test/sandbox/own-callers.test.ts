/** `/__sim` and the pages of a browser: it has no password, so a page must not reach it. */
import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type SandboxClient, startSandbox } from './sandbox-client.ts';

let client: SandboxClient;
beforeEach(async () => {
  client = await startSandbox();
});
afterEach(() => client.close());

/** With a custom Host and headers, which `fetch` does not send. */
function ask(method: string, path: string, headers: Record<string, string> = {}): Promise<number> {
  const { hostname, port } = new URL(client.url);
  const all = { host: `${hostname}:${port}`, 'content-type': 'application/json', ...headers };
  return new Promise((resolve, reject) => {
    const sending = request({ hostname, port, method, path, headers: all }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sending.once('error', reject);
    sending.end(method === 'POST' ? '{}' : undefined);
  });
}

describe('/__sim', () => {
  it.each(['evil.example', 'evil.example:3001', '127.0.0.1.evil.example', 'localhost.evil.example'])(
    'is refused with the host %s',
    async (host) => {
      expect(await ask('GET', '/__sim/state', { host })).toBe(403);
      expect(await ask('POST', '/__SIM/faults', { host })).toBe(403);
    },
  );

  it.each(['localhost:3001', '127.0.0.1', '[::1]:3001', 'sandbox:3001', 'shop.localhost'])(
    'is served with the host %s',
    async (host) => {
      expect(await ask('GET', '/__sim/state', { host })).toBe(200);
      expect(await ask('POST', '/__sim/faults', { host })).toBeLessThan(300);
    },
  );

  it('accepts nothing from a page of another origin, and its reads need no permission', async () => {
    const own = client.url;
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'http://127.0.0.1:1' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ])
      expect([headers, await ask('POST', '/__sim/faults', headers)]).toEqual([headers, 403]);
    expect(await ask('POST', '/__sim/faults', { origin: own, 'sec-fetch-site': 'same-origin' })).toBeLessThan(
      300,
    );
    expect(await ask('GET', '/__sim/state', { 'sec-fetch-site': 'same-site' })).toBe(200);
  });

  it('is the only protected part: a payer comes to the page from a shop, with any host', async () => {
    const headers = { host: 'evil.example', 'sec-fetch-site': 'cross-site' };
    expect(await ask('GET', '/v1/view/none', headers)).toBe(404);
  });
});
