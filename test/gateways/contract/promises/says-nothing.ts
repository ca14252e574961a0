import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Reading } from '../../../../src/domain/transaction.ts';
import { GatewayUnavailable } from '../../../../src/gateways/gateway-errors.ts';
import type { CallOptions } from '../../../../src/gateways/gateway.ts';
import { Bench, CUSTOMER, type Paid } from '../bench.ts';
import { RETRY_AFTER_S, TROUBLES, type StandKind, type Trouble } from '../stand.ts';

/** These say for certain that nothing was done. */
const REFUSALS: readonly Trouble[] = ['unreachable', 'forbidden_403', 'too_many_429'];
/** The longest that a call may take without an answer, with some seconds for a busy machine. */
const LIMIT_MS = 20_000;
/** Sooner than the limit of any call. */
const SOON_MS = 8_000;
const SIGNAL_MS = 100;

type Calls = Readonly<Record<string, (options?: CallOptions) => Promise<unknown>>>;

/** Every call but `operate`, whose silence has an answer of its own. */
function callsOf(bench: Bench, paid: Paid): Calls {
  const { gateway } = bench;
  const { sessionId, request, transaction } = paid;
  const since = new Date(Date.now() - 60_000);
  const [listing] = gateway.listings;
  const update = gateway.updateReference?.bind(gateway);
  return {
    createSession: (options) => gateway.createSession(bench.request({ customer: CUSTOMER }), options),
    findSessions: (options) => gateway.findSessions(request, since, options),
    readSession: (options) => gateway.readSession(sessionId, options),
    readPayment: (options) => gateway.readPayment({ sessionId }, options),
    cancelSession: (options) => gateway.cancelSession(sessionId, options),
    listPage: (options) => gateway.listPage({ listing: listing?.name ?? '', since, cursor: null }, options),
    checkCredentials: (options) => gateway.checkCredentials(options),
    ...(update && { updateReference: (options) => update(transaction.transactionId, 'r-2', options) }),
    findSubscription: async (options) => {
      const found = await gateway.findSubscription(options);
      // It may know without a call that there is nothing to ask.
      if (found !== 'not_expected' && found !== 'not_shown') return found;
      throw new GatewayUnavailable('not asked', { kind: 'credentials' });
    },
  };
}

function refundOf(bench: Bench, { transaction }: Paid, options?: CallOptions) {
  return bench.gateway.operate(bench.operation(transaction, 'refund', 1_000), options);
}

export function promisesOfSilence(bench: Bench): void {
  const expectNoSecret = (error: unknown): void => {
    const text = inspect(error, { depth: 12 });
    for (const secret of [...bench.stand.credentials, ...bench.stand.secrets.flat()])
      expect(text).not.toContain(secret);
    for (const personal of Object.values(CUSTOMER)) expect(text).not.toContain(personal);
  };

  describe('is not believed while it says nothing:', () => {
    it.each(TROUBLES.filter((trouble) => trouble !== 'hangs'))(
      '%s leaves an operation lost, unless nothing was done for certain, and is no answer to any other call',
      async (trouble) => {
        const paid = await bench.captured();
        const failing = bench.stand.trouble('operate', trouble);
        if (failing === null) return;
        await failing;
        const operated = await refundOf(bench, paid).catch((error: unknown) => error);
        if (!REFUSALS.includes(trouble)) expect(operated).toMatchObject({ kind: 'lost' });
        else expect(operated).toBeInstanceOf(GatewayUnavailable);
        expectNoSecret(operated);
        const { refundedMinor } = await bench.shown(paid.sessionId);
        if (trouble !== 'lost_after') expect(refundedMinor).toBe(0);

        await bench.stand.trouble('all', trouble);
        for (const [name, call] of Object.entries(callsOf(bench, paid))) {
          const answer = await call().catch((error: unknown) => error);
          if (name === 'readPayment' && isUnreadable(answer)) continue;
          expect({ name, answer }).toEqual({ name, answer: expect.any(GatewayUnavailable) });
          expectNoSecret(answer);
        }
      },
    );

    it('a rate limit says how long to wait', async () => {
      const paid = await bench.captured();
      const failing = bench.stand.trouble('all', 'too_many_429');
      if (failing === null) return;
      await failing;
      for (const call of [bench.read(paid.sessionId), refundOf(bench, paid)]) {
        const error = await (call as Promise<unknown>).catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({ kind: 'rate_limited', retryAfterMs: RETRY_AFTER_S * 1_000 });
      }
    });

    it('a read that follows is believed again', async () => {
      const { sessionId } = await bench.paid();
      await bench.stand.trouble('read', 'lost_before');
      await expect(bench.read(sessionId)).rejects.toThrow(GatewayUnavailable);
      expect((await bench.read(sessionId)).kind).toBe('transaction');
    });

    it('refused credentials are no answer about the payment, and no secret is in the error', async () => {
      const paid = await bench.captured();
      await bench.stand.lockOut();
      const calls: (() => Promise<unknown>)[] = Object.values(callsOf(bench, paid));
      calls.push(() => refundOf(bench, paid));
      for (const call of calls) {
        const error = await call().catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(GatewayUnavailable);
        expect((error as GatewayUnavailable).kind).toBe('credentials');
        expectNoSecret(error);
      }
    });

    it('a call is given up with its signal', async () => {
      const paid = await bench.captured();
      const failing = bench.stand.trouble('all', 'hangs');
      if (failing === null) return;
      await failing;
      const giveUp = new AbortController();
      const { signal } = giveUp;
      setTimeout(() => giveUp.abort(), SIGNAL_MS);
      const begun = performance.now();
      const refund = refundOf(bench, paid, { signal }).catch((error: unknown) => error);
      const calls = Object.entries(callsOf(bench, paid)).map(async ([name, call]) => {
        const error = await call({ signal }).catch((thrown: unknown) => thrown);
        expect({ name, isError: error instanceof GatewayUnavailable }).toEqual({ name, isError: true });
      });
      expect(await refund).toMatchObject({ kind: 'lost' });
      await Promise.all(calls);
      expect(performance.now() - begun).toBeLessThan(SOON_MS);
    });
  });
}

/** On a stand of its own, begun before all other tests of the gateway: so the wait costs next to nothing. */
export function promisesOfLimits(kind: StandKind): void {
  const bench = new Bench(kind);
  let hanging: Promise<readonly Ended[]> = Promise.resolve([]);
  beforeAll(async () => {
    await bench.start();
    hanging = hang(bench);
    // The test below shows it.
    hanging.catch(() => undefined);
  });
  afterAll(() => bench.stand.close());

  const limit = 2 * LIMIT_MS;
  const promise = async () => {
    for (const { name, answer, ms } of await hanging) {
      if (name === 'operate') expect(answer).toMatchObject({ kind: 'lost' });
      else expect({ name, answer }).toEqual({ name, answer: expect.any(GatewayUnavailable) });
      expect(ms).toBeLessThan(LIMIT_MS);
    }
  };
  it('a call without an answer ends by itself', promise, limit);
}

interface Ended {
  readonly name: string;
  readonly answer: unknown;
  readonly ms: number;
}

async function hang(bench: Bench): Promise<readonly Ended[]> {
  const paid = await bench.captured();
  const failing = bench.stand.trouble('all', 'hangs');
  if (failing === null) return [];
  await failing;
  const begun = performance.now();
  const calls: Calls = { ...callsOf(bench, paid), operate: (options) => refundOf(bench, paid, options) };
  const ends = Object.entries(calls).map(async ([name, call]) => {
    const answer = await call().catch((error: unknown) => error);
    return { name, answer, ms: performance.now() - begun };
  });
  return Promise.all(ends);
}

/** The gateway has answered, but the answer can't be understood. */
function isUnreadable(reading: unknown): boolean {
  return (reading as Reading).kind === 'unreadable';
}
