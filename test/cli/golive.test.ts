/** `paidonce golive` on a live account, and what its checks are made of. */
import { describe, expect, it, beforeEach } from '@jest/globals';
import { runCommand } from '../../src/cli/program.ts';
import { forgeriesOf } from '../../src/cli/golive/forged.ts';
import { LEAKS_ABOVE, timingOf, welch } from '../../src/cli/golive/timing.ts';
import { readGateways } from '../../src/config/config.ts';
import type { ProofMessage } from '../../src/gateways/gateway-proof.ts';
import { createGateways, GATEWAYS } from '../../src/gateways/registry.ts';
import { whichSecret } from '../../src/gateways/shared/which-secret.ts';
import type { RawRequest } from '../../src/gateways/verification.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { API_KEY, ENVIRONMENT } from '../support/api.ts';
import { useTestApi } from '../support/door.ts';
import { useTerminal } from '../support/terminal.ts';

const PUBLIC_URL = 'https://pay.example/shop';
const SECRET = 'a-secret-that-signs-0001';

const ABOUT_ORDER = {
  paymentId: 'pay_1',
  orderReference: 'golive-1',
  n: 1,
  transactionId: null,
};

describe.each(GATEWAYS.map((gateway) => [gateway.id, gateway] as const))(
  'messages of %s',
  (id, { proof, sandbox, document }) => {
    const env = sandbox?.variables('http://127.0.0.1:9') ?? {};
    const [configured] = readGateways({ ...env, PUBLIC_URL });
    if (configured === undefined) throw new Error(`the sandbox's variables configure ${id}`);
    const gateway = createGateways({ gateways: [configured] }, createMetrics()).named(id);
    const { settings } = configured;
    const ABOUT = { ...ABOUT_ORDER, sessionId: document.example.sessionId };
    const signed = { at: new Date(), deliveryId: 'golive-1' };
    const genuine = proof.callback(settings, ABOUT, signed);
    const verify = (message: ProofMessage) => gateway.verify(toRaw(message));

    it('are verified, and name the payment', () => {
      expect(verify(genuine)).toMatchObject({
        outcome: 'verified',
        deliveries: [{ kind: 'payment', key: { paymentId: 'pay_1', orderReference: 'golive-1', n: 1 } }],
      });
      expect(verify(proof.foreign(settings, signed))).toMatchObject({
        outcome: 'verified',
        deliveries: [{ key: null }],
      });
      const late = { ...signed, at: new Date(Date.now() - 360_000) };
      expect(verify(proof.callback(settings, ABOUT, late)).outcome).toBe('stale');
      if (proof.withUnsignedClaim)
        expect(verify(proof.withUnsignedClaim(settings, ABOUT, signed)).outcome).toBe('verified');
    });

    it('are refused with each wrong signature and after each change', () => {
      const byOther = (secret: string) => proof.callback(settings, ABOUT, { ...signed, secret });
      const forged = forgeriesOf(genuine, proof.signatureHeader, byOther, SECRET);
      expect(forged).toHaveLength(20);
      const changed = proof.changed(genuine);
      expect(changed.length).toBeGreaterThan(3);
      for (const { what, message } of [...forged, ...changed]) {
        expect([what, message]).not.toEqual([what, genuine]);
        expect([what, verify(message).outcome]).toEqual([what, 'refused']);
      }
    });
  },
);

function toRaw({ method, path, headers, body }: ProofMessage): RawRequest {
  const target = new URL(PUBLIC_URL + path);
  return {
    method,
    target: target.pathname + target.search,
    headers,
    body: Buffer.from(body),
    receivedAt: new Date(),
  };
}

describe('the time of a comparison', () => {
  it('tells nothing where it is constant, and is found where it is not', () => {
    const ours = (given: Buffer, expected: Buffer) => whichSecret(['s'], [given], () => expected) !== null;
    expect(timingOf(ours)).toBeLessThan(LEAKS_ABOVE);
    const byteByByte = (given: Buffer, expected: Buffer) => given.every((byte, at) => byte === expected[at]);
    expect(timingOf(byteByByte)).toBeGreaterThan(LEAKS_ABOVE);
  }, 60_000);

  it('is judged by the t of Welch', () => {
    // By scipy.stats.ttest_ind(equal_var=False).
    expect(welch([1, 2, 3, 4], [2, 4, 6, 8, 10])).toBeCloseTo(-2.2515, 3);
    expect(welch([1, 1], [1, 1])).toBe(0);
  });
});

describe('with a live account', () => {
  const LIVE = {
    DINTERO_ACCOUNT_ID: 'P12345678',
    DINTERO_CLIENT_SECRET: 'a-client-secret-that-is-long',
    DINTERO_API_URL: 'https://127.0.0.1:9',
    DINTERO_CHECKOUT_URL: 'https://127.0.0.1:9',
  };
  const at = useTestApi(LIVE);
  const terminal = useTerminal();
  beforeEach(() => {
    process.env = { ...ENVIRONMENT, ...LIVE, API_KEYS: API_KEY, DATA_DIR: '/nowhere' };
  });

  it('makes the checks that open no session, and no others', async () => {
    const url = `http://127.0.0.1:${at.api.port}`;
    expect([await runCommand(['golive', '--url', url, '--json']), terminal.complaints]).toEqual([0, '']);
    const { checks } = JSON.parse(terminal.output) as {
      checks: { id: string; ok: boolean | null; evidence: string }[];
    };
    const passed = checks.filter(({ ok }) => ok === true).map(({ id }) => id);
    expect(passed).toEqual(['timing', 'dintero/forged', 'dintero/changed', 'dintero/S5']);
    const others = checks.filter(({ id }) => !passed.includes(id));
    expect(others.every(({ ok, evidence }) => ok === null && evidence.includes('the account is live'))).toBe(
      true,
    );
    const { json } = await at.api.send('GET', '/v1/payments?limit=1', { key: API_KEY });
    expect(json.data).toEqual([]);
    expect([at.api.runs.started, at.api.runs.callbacks]).toEqual([[], []]);
  }, 60_000);

  it('prints each check, and what is left', async () => {
    expect(await runCommand(['golive', '--url', `http://127.0.0.1:${at.api.port}`])).toBe(0);
    expect(terminal.output).toContain('ok    dintero/forged: Published check 4');
    expect(terminal.output).toContain('--    dintero/concurrent: Published check 3');
    expect(terminal.output).toMatch(/4 checks passed, 0 failed, 13 can't be made here/);
  }, 60_000);
});
