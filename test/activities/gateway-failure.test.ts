import { describe, expect, it } from '@jest/globals';
import type { ApplicationFailure } from '@temporalio/common';
import { retryableGatewayFailure } from '../../src/activities/gateway-failure.ts';
import { GatewayRejected, GatewayUnavailable } from '../../src/gateways/gateway-errors.ts';
import { anActivityRun } from '../support/activity.ts';

async function failureOf(error: unknown, attempt = 1): Promise<ApplicationFailure> {
  const made: unknown[] = [];
  await anActivityRun(attempt).run(async () => void made.push(retryableGatewayFailure(error)));
  return made[0] as ApplicationFailure;
}

describe('a gateway that is silent or refuses us', () => {
  it('is asked again after 1, 2, 5, 15 and 60 s, then every five minutes without end, each up to a fifth off', async () => {
    const planned = [1, 2, 5, 15, 60, 300, 300, 300];
    const factors: number[] = [];
    for (const [index, attempt] of [1, 2, 3, 4, 5, 6, 7, 500].entries()) {
      const failure = await failureOf(new GatewayUnavailable('silence', { kind: 'silent' }), attempt);
      expect(failure).toMatchObject({ type: 'GATEWAY_SILENT', nonRetryable: false });
      factors.push(Number(failure.nextRetryDelay) / 1_000 / (planned[index] ?? 0));
    }
    expect(Math.min(...factors)).toBeGreaterThanOrEqual(0.8);
    expect(Math.max(...factors)).toBeLessThanOrEqual(1.2);
    expect(new Set(factors).size).toBeGreaterThan(4);
  });

  it.each([1, 4, 9])(
    'is asked again after its own wait, up to a fifth off, where it was not called at all: try %d',
    async (attempt) => {
      const error = new GatewayUnavailable('not called', { kind: 'stopped', turnInMs: 7_000 });
      const failure = await failureOf(error, attempt);
      expect(failure).toMatchObject({ type: 'GATEWAY_STOPPED', nonRetryable: false });
      expect(Number(failure.nextRetryDelay) / 7_000).toBeGreaterThanOrEqual(0.8);
      expect(Number(failure.nextRetryDelay) / 7_000).toBeLessThanOrEqual(1.2);
    },
  );

  it.each([
    [90_000, 90_000],
    [999_999_999_000, 3_600_000],
  ])('that says Retry-After %d ms is asked again after %d ms', async (retryAfterMs, expected) => {
    const error = new GatewayUnavailable('too many', { kind: 'rate_limited', retryAfterMs });
    expect(await failureOf(error)).toMatchObject({ type: 'GATEWAY_RATE_LIMITED', nextRetryDelay: expected });
  });

  it('is not asked sooner than planned because of a short Retry-After', async () => {
    const error = new GatewayUnavailable('too many', { kind: 'rate_limited', retryAfterMs: 200 });
    expect(Number((await failureOf(error)).nextRetryDelay)).toBeGreaterThanOrEqual(800);
  });

  it('is asked again too after it refuses our credentials', async () => {
    const error = new GatewayUnavailable('401', { kind: 'credentials' });
    expect(await failureOf(error)).toMatchObject({ type: 'GATEWAY_CREDENTIALS', nonRetryable: false });
  });

  it('is distinguished from a gateway that understood and refused the request', async () => {
    const error = new GatewayRejected('no');
    expect(await failureOf(error)).toBe(error);
  });
});
