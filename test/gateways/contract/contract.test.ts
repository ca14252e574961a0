/** What the core expects of every gateway: the interface of src/gateways/gateway.ts, promise by promise. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { tellsNews } from '../../../src/domain/callback.ts';
import { decide } from '../../../src/domain/decide.ts';
import { leftFor, traceOf, type OperationKind } from '../../../src/domain/operation.ts';
import { impossibleIn, mismatch, type Reading, type Transaction } from '../../../src/domain/transaction.ts';
import { GatewayUnavailable, KeySpent } from '../../../src/gateways/gateway-errors.ts';
import type { Gateway, OperationRequest, SessionRequest } from '../../../src/gateways/gateway.ts';
import type { Delivery, RawRequest, Verification } from '../../../src/gateways/verification.ts';
import { aSnapshot, aWatch } from '../../support/domain-arbitraries.ts';
import { DINTERO_STAND } from './dintero-stand.ts';
import { SIMULATOR_STAND } from './simulator-stand.ts';
import type { Stand, StandKind } from './stand.ts';
import { STRIPE_STAND } from './stripe-stand.ts';

/** A new gateway is added here, and passes without a change of this file's tests. */
const STANDS: readonly StandKind[] = [SIMULATOR_STAND, DINTERO_STAND, STRIPE_STAND];

const AMOUNT = 72_200;
const CURRENCY = 'NOK';
const DAY_MS = 86_400_000;
let payments = 0;

function aRequest(gateway: Gateway, changes: Partial<SessionRequest> = {}): SessionRequest {
  const paymentId = `pay_contract${(payments += 1)}`;
  const { shortestMs, longestMs } = gateway.traits.lifetime;
  const lifetimeMs = Math.max(shortestMs, Math.min(longestMs, 3_600_000));
  return {
    paymentId,
    orderReference: `order-${payments}`,
    n: 1,
    money: { amountMinor: AMOUNT, currency: CURRENCY },
    lines: [],
    returnKey: 'return-key',
    expiresAt: new Date(Date.now() + lifetimeMs),
    capture: 'manual',
    idempotencyKey: `${paymentId}-open`,
    ...changes,
  };
}

describe.each(STANDS.map((kind) => [kind.name, kind] as const))('the gateway %s', (_, kind) => {
  let stand: Stand;
  let gateway: Gateway;
  beforeEach(async () => {
    stand = await kind.start();
    gateway = stand.gateway;
  });
  afterEach(() => stand.close());

  const hasKeys = (): boolean => gateway.traits.keys.openMs > 0;
  const read = (sessionId: string, transactionId?: string): Promise<Reading> =>
    gateway.readPayment({ sessionId, ...(transactionId !== undefined && { transactionId }) });

  async function opened(changes: Partial<SessionRequest> = {}) {
    const request = aRequest(gateway, changes);
    const { sessionId } = await gateway.createSession(request);
    return { request, sessionId };
  }

  async function shown(sessionId: string): Promise<Transaction> {
    const reading = await read(sessionId);
    if (reading.kind !== 'transaction') throw new Error(JSON.stringify(reading));
    return reading.transaction;
  }

  async function paid(changes: Partial<SessionRequest> = {}) {
    const { request, sessionId } = await opened(changes);
    await stand.act(sessionId, 'pay');
    return { request, sessionId, transaction: await shown(sessionId) };
  }

  let operations = 0;
  function anOperation(
    { transactionId, capturedMinor, capturableMinor }: Transaction,
    kind: OperationKind,
    amountMinor?: number,
  ): OperationRequest {
    operations += 1;
    const all = kind === 'refund' ? capturedMinor : capturableMinor;
    const reference = `${kind}-${operations}`;
    return {
      transactionId,
      kind,
      amountMinor: amountMinor ?? all,
      currency: CURRENCY,
      reference,
      idempotencyKey: `op_contract${payments}x${operations}`,
    };
  }

  /** Carries out an operation and reads its result. */
  async function moved(sessionId: string, request: OperationRequest): Promise<Transaction> {
    const answer = await gateway.operate(request);
    expect(answer.kind).toBe('answered');
    return shown(sessionId);
  }

  const traced = (request: OperationRequest, transaction: Transaction) =>
    traceOf({ ...request, isSent: true }, transaction).state;

  function deliveryOf(verification: Verification): Delivery {
    if (!('deliveries' in verification)) throw new Error(JSON.stringify(verification));
    return verification.deliveries[0];
  }

  describe('describes itself:', () => {
    it('its traits are possible', () => {
      const { lifetime, keys, currencies } = gateway.traits;
      expect(lifetime.shortestMs).toBeGreaterThan(0);
      expect(lifetime.longestMs).toBeGreaterThan(lifetime.shortestMs);
      for (const ms of [keys.openMs, ...Object.values(keys.operateMs)]) expect(ms).toBeGreaterThanOrEqual(0);
      for (const [currency, { digits = 2, multipleOf = 1 }] of Object.entries(currencies)) {
        expect(currency).toMatch(/^[A-Z]{3}$/);
        expect([0, 1, 2, 3, 4]).toContain(digits);
        expect(multipleOf).toBeGreaterThanOrEqual(1);
      }
    });

    it('shows only fingerprints of its secrets', () => {
      const [first] = gateway.secrets;
      expect(first?.fingerprints).toHaveLength(stand.secrets.length);
      for (const secret of stand.secrets) expect(JSON.stringify(gateway.secrets)).not.toContain(secret);
    });

    it('its descriptor has a page, its traits and an account', () => {
      const { descriptor } = kind;
      if (descriptor !== null) {
        const page = readFileSync(join(import.meta.dirname, '..', '..', '..', descriptor.page), 'utf8');
        expect(page).toContain(descriptor.name);
        expect(descriptor.traits).toEqual(gateway.traits);
        expect(descriptor.id).toBe(gateway.id);
      }
      expect(gateway.account).not.toBe('');
    });
  });

  describe('opens a session', () => {
    it('with an address for the payer, and shows it as open', async () => {
      const request = aRequest(gateway);
      const session = await gateway.createSession(request);
      expect(session.checkoutUrl).toMatch(/^https?:\/\//);
      expect(await read(session.sessionId)).toMatchObject({ kind: 'session', state: 'open' });
    });

    it('that names its payment when it is read and when it is searched', async () => {
      const { request, sessionId } = await opened();
      const { paymentId, orderReference, n, money } = request;
      const found = {
        sessionId,
        key: { paymentId, orderReference, n },
        reference: orderReference,
        money,
        live: true,
      };
      expect(await gateway.readSession(sessionId)).toMatchObject(found);
      const since = new Date(Date.now() - 60_000);
      expect(await gateway.findSessions(request, since)).toMatchObject([found]);
      expect(await gateway.findSessions({ ...request, paymentId: 'pay_other' }, since)).toEqual([]);
    });

    it('once for one key, where it takes keys', async () => {
      if (!hasKeys()) return;
      const request = aRequest(gateway);
      const first = await gateway.createSession(request);
      expect(await gateway.createSession(request)).toEqual(first);
      const changed = { ...request, money: { amountMinor: AMOUNT + 100, currency: CURRENCY } };
      await expect(gateway.createSession(changed)).rejects.toThrow(KeySpent);
      expect(await gateway.findSessions(request, new Date(Date.now() - 60_000))).toHaveLength(1);
    });

    it('that is found after its answer was lost', async () => {
      const request = aRequest(gateway);
      await (stand.trouble('open', 'lost_after') ?? Promise.resolve());
      await expect(gateway.createSession(request)).rejects.toThrow(GatewayUnavailable);
      if (hasKeys()) await gateway.createSession(request);
      const found = await gateway.findSessions(request, new Date(Date.now() - 60_000));
      expect(found).toHaveLength(1);
    });

    it('that can be closed once, and then takes no money: the payment is cancelled', async () => {
      const { request, sessionId } = await opened();
      expect(await gateway.cancelSession(sessionId)).toBe('cancelled');
      const reading = await read(sessionId);
      expect(reading).toMatchObject({ kind: 'session', state: expect.stringMatching(/cancelled|expired/) });
      const { orderReference, paymentId, money } = request;
      const payment = aSnapshot({
        account: gateway.account,
        sessionId,
        orderReference,
        paymentId,
        money,
      });
      const decision = decide(payment, reading, aWatch({ closing: 'merchant' }));
      expect(decision).toMatchObject({ kind: 'find', finding: { status: 'CANCELLED', pays: false } });
      const again = await gateway.readSession(sessionId);
      expect(again).toMatchObject({ live: false });
    });

    it('that is not closed over money: it is refused, or what was authorized is voided', async () => {
      const { sessionId } = await paid();
      const answer = await gateway.cancelSession(sessionId);
      expect((await shown(sessionId)).status).toBe(answer === 'refused' ? 'AUTHORIZED' : 'VOIDED');
      const captured = await paid();
      await moved(captured.sessionId, anOperation(captured.transaction, 'capture'));
      expect(await gateway.cancelSession(captured.sessionId)).toBe('refused');
      expect((await shown(captured.sessionId)).capturedMinor).toBe(AMOUNT);
    });
  });

  it('knows nothing of a session that does not exist', async () => {
    const { sessionId } = await opened();
    const other = sessionId.replace(/.{4}$/, 'zzzz');
    expect(['absent', 'foreign']).toContain(await gateway.readSession(other));
    expect((await read(other)).kind).not.toBe('transaction');
  });

  describe('shows', () => {
    it('money that fits the payment, which pays it', async () => {
      const { request, sessionId, transaction } = await paid();
      const { account } = gateway;
      const { orderReference, paymentId, money } = request;
      const payment = aSnapshot({ account, sessionId, orderReference, paymentId, money });
      expect(mismatch(payment, transaction)).toBeNull();
      expect(impossibleIn(transaction)).toBeNull();
      expect(transaction).toMatchObject({
        status: 'AUTHORIZED',
        authorized: true,
        authorizedMinor: AMOUNT,
        capturedMinor: 0,
        capturableMinor: AMOUNT,
      });
      const decision = decide(payment, { kind: 'transaction', transaction }, aWatch());
      expect(decision).toMatchObject({ kind: 'find', finding: { pays: true } });
    });

    it('the same money whether the transaction is named or not, and never that of another session', async () => {
      const [one, other] = [await paid(), await paid()];
      const { transactionId } = one.transaction;
      expect(await read(one.sessionId, transactionId)).toMatchObject({ transaction: { transactionId } });
      const foreign = await read(one.sessionId, other.transaction.transactionId);
      expect(foreign.kind === 'transaction' && foreign.transaction.transactionId !== transactionId).toBe(
        false,
      );
    });

    it('captured money where the payment asks for that', async () => {
      const { transaction } = await paid({ capture: 'auto' });
      expect(transaction.authorized).toBe(true);
      // We capture by ourselves where the gateway does not.
      expect([0, AMOUNT]).toContain(transaction.capturedMinor);
    });

    it('no money where an attempt has failed or the payer has left', async () => {
      for (const act of ['fail', 'leave'] as const) {
        const { sessionId } = await opened();
        await stand.act(sessionId, act);
        const reading = await read(sessionId);
        if (reading.kind === 'transaction')
          expect(reading.transaction).toMatchObject({ authorized: false, capturedMinor: 0 });
        else expect(reading.kind).toBe('session');
      }
    });

    it('a hold, and how it ends', async () => {
      for (const outcome of ['paid', 'failed'] as const) {
        const { request, sessionId } = await opened();
        await stand.act(sessionId, 'hold');
        expect(await shown(sessionId)).toMatchObject({ status: 'ON_HOLD', authorized: false });
        await stand.decide(sessionId, outcome);
        const reading = await read(sessionId);
        // The payer may try again: then the failure is no transaction, and the hold is over.
        if (outcome === 'failed' && reading.kind === 'session') continue;
        const transaction = await shown(sessionId);
        expect(transaction.authorized).toBe(outcome === 'paid');
        const { orderReference, paymentId, money } = request;
        const payment = aSnapshot({
          account: gateway.account,
          sessionId,
          orderReference,
          paymentId,
          money,
          status: 'ON_HOLD',
        });
        const decision = decide(payment, { kind: 'transaction', transaction }, aWatch());
        expect(decision).toMatchObject({ kind: 'find', finding: { pays: outcome === 'paid' } });
      }
    });

    it("what the merchant did in the PSP's own back office", async () => {
      const { sessionId, transaction } = await paid();
      await stand.move(transaction.transactionId, 'capture', AMOUNT);
      expect(await shown(sessionId)).toMatchObject({
        status: 'CAPTURED',
        capturedMinor: AMOUNT,
        capturableMinor: 0,
      });
      await stand.move(transaction.transactionId, 'refund', 2_200);
      expect(await shown(sessionId)).toMatchObject({ status: 'PARTIALLY_REFUNDED', refundedMinor: 2_200 });
    });

    it('every payment in its listings', async () => {
      const all = [await paid(), await paid()];
      await stand.move((all[1] as (typeof all)[0]).transaction.transactionId, 'capture', AMOUNT);
      const rows = new Map<string, string>();
      for (const { name: listing } of gateway.listings) {
        const since = new Date(Date.now() - DAY_MS);
        for (let cursor: string | null = null, pages = 0; pages < 10; pages += 1) {
          const page = await gateway.listPage({ listing, since, cursor });
          for (const { transactionId, sessionId, status } of page.rows)
            if (sessionId !== null) rows.set(transactionId, `${sessionId} ${status}`);
          cursor = page.next;
          if (cursor === null) break;
        }
      }
      const [first, second] = all.map(({ sessionId, transaction }) => [
        sessionId,
        rows.get(transaction.transactionId),
      ]);
      expect(first?.[1]).toBe(`${first?.[0]} AUTHORIZED`);
      expect(second?.[1]).toBe(`${second?.[0]} CAPTURED`);
    });
  });

  describe('moves money:', () => {
    it('a capture of all, and a refund in parts, each shown with its reference', async () => {
      const { sessionId, transaction } = await paid();
      const capture = anOperation(transaction, 'capture');
      const captured = await moved(sessionId, capture);
      expect(captured).toMatchObject({ status: 'CAPTURED', capturedMinor: AMOUNT, capturableMinor: 0 });
      expect(traced(capture, captured)).toBe('done');
      const part = anOperation(captured, 'refund', 2_200);
      const partly = await moved(sessionId, part);
      expect(partly).toMatchObject({ status: 'PARTIALLY_REFUNDED', refundedMinor: 2_200 });
      expect(traced(part, partly)).toBe('done');
      const rest = anOperation(partly, 'refund', leftFor('refund', partly));
      const whole = await moved(sessionId, rest);
      expect(whole).toMatchObject({ status: 'REFUNDED', refundedMinor: AMOUNT });
      expect([traced(capture, whole), traced(part, whole), traced(rest, whole)]).toEqual([
        'done',
        'done',
        'done',
      ]);
      expect(impossibleIn(whole)).toBeNull();
    });

    it('a part, as its rules allow it', async () => {
      const { sessionId, transaction } = await paid();
      const { captures } = gateway.rulesFor(transaction);
      if (captures === 'whole') return;
      const isLast = captures === 'once';
      const capture = { ...anOperation(transaction, 'capture', 20_000), finalCapture: isLast };
      const captured = await moved(sessionId, capture);
      expect(captured).toMatchObject({
        capturedMinor: 20_000,
        refundedMinor: 0,
        capturableMinor: isLast ? 0 : AMOUNT - 20_000,
      });
      expect(captured.status).toMatch(/CAPTURED/);
      expect(traced(capture, captured)).toBe('done');
      expect(impossibleIn(captured)).toBeNull();
    });

    it('a void, once', async () => {
      const { sessionId, transaction } = await paid();
      const { voids } = gateway.rulesFor(transaction);
      const request = anOperation(transaction, 'void');
      if (voids === 'never' || voids === 'lapses') {
        expect((await gateway.operate(request)).kind).toBe('declined');
        expect((await shown(sessionId)).status).toBe('AUTHORIZED');
        return;
      }
      const voided = await moved(sessionId, request);
      expect(voided).toMatchObject({
        status: 'VOIDED',
        capturableMinor: 0,
        capturedMinor: 0,
        refundedMinor: 0,
      });
      expect(traced(request, voided)).toBe('done');
      const again = await gateway.operate(anOperation(voided, 'void', AMOUNT));
      expect(again.kind).toBe('declined');
    });

    it('not more than there is', async () => {
      const { sessionId, transaction } = await paid();
      expect((await gateway.operate(anOperation(transaction, 'capture', AMOUNT + 100))).kind).toBe(
        'declined',
      );
      expect((await gateway.operate(anOperation(transaction, 'refund', 100))).kind).toBe('declined');
      expect(await shown(sessionId)).toMatchObject({
        status: 'AUTHORIZED',
        capturedMinor: 0,
        refundedMinor: 0,
      });
    });

    it('once for one key, where it takes keys', async () => {
      const { sessionId, transaction } = await paid();
      const captured = await moved(sessionId, anOperation(transaction, 'capture'));
      if (gateway.traits.keys.operateMs.refund === 0) return;
      const refund = anOperation(captured, 'refund', 1_000);
      await gateway.operate(refund);
      await gateway.operate(refund);
      expect((await shown(sessionId)).refundedMinor).toBe(1_000);
      const other = await gateway.operate({ ...refund, amountMinor: 2_000 });
      expect(other).toMatchObject({ kind: 'lost', isKeySpent: true });
      expect((await shown(sessionId)).refundedMinor).toBe(1_000);
    });

    it.each(['lost_before', 'lost_after'] as const)(
      'a refund whose answer is %s the effect is found by a read',
      async (trouble) => {
        const { sessionId, transaction } = await paid();
        const captured = await moved(sessionId, anOperation(transaction, 'capture'));
        await (stand.trouble('operate', trouble) ?? Promise.resolve());
        const refund = anOperation(captured, 'refund', 1_000);
        expect(await gateway.operate(refund)).toMatchObject({ kind: 'lost' });
        const isDone = trouble === 'lost_after';
        expect(traced(refund, await shown(sessionId))).toBe(isDone ? 'done' : 'absent');
        if (gateway.traits.keys.operateMs.refund === 0) return;
        const again = await gateway.operate(refund);
        expect(again.kind).toBe('answered');
        expect((await shown(sessionId)).refundedMinor).toBe(1_000);
      },
    );

    it('never, where the request did not leave', async () => {
      const { sessionId, transaction } = await paid();
      const trouble = stand.trouble('operate', 'unreachable');
      if (trouble === null) return;
      await trouble;
      await expect(gateway.operate(anOperation(transaction, 'capture'))).rejects.toThrow(GatewayUnavailable);
      expect((await shown(sessionId)).capturedMinor).toBe(0);
    });

    it('never with a reference of another one', async () => {
      const { sessionId, transaction } = await paid();
      const captured = await moved(sessionId, anOperation(transaction, 'capture'));
      await stand.move(transaction.transactionId, 'refund', 500);
      const ours = anOperation(captured, 'refund', 500);
      expect(traced(ours, await shown(sessionId))).toBe('absent');
    });
  });

  describe('is not believed while it says nothing:', () => {
    it('silence is no reading', async () => {
      const { sessionId } = await paid();
      await (stand.trouble('read', 'lost_before') ?? Promise.resolve());
      await expect(read(sessionId)).rejects.toThrow(GatewayUnavailable);
      expect((await read(sessionId)).kind).toBe('transaction');
    });

    it('refused credentials are no answer about the payment, and no secret is in the error', async () => {
      const { sessionId, transaction } = await paid();
      await stand.lockOut();
      const errors = await Promise.all(
        [
          read(sessionId),
          gateway.checkCredentials(),
          gateway.createSession(aRequest(gateway)),
          gateway.operate(anOperation(transaction, 'capture')),
        ].map((call: Promise<unknown>) => call.catch((error: unknown) => error)),
      );
      for (const error of errors) {
        expect(error).toBeInstanceOf(GatewayUnavailable);
        expect((error as GatewayUnavailable).kind).toBe('credentials');
        for (const secret of stand.secrets) expect(String(error)).not.toContain(secret);
      }
    });
  });

  describe('calls us:', () => {
    it('every callback about a payment names it, and is proved by its signature', async () => {
      const { request, sessionId, transaction } = await paid();
      for (const callback of await stand.callbacks(sessionId)) {
        const verification = gateway.verify(callback);
        expect(verification.outcome).toBe('verified');
        const { key, isKeyless, claim, kind: of } = deliveryOf(verification);
        if (of === 'other') continue;
        expect(of).toBe('payment');
        const { paymentId, orderReference, n } = request;
        if (key !== null) expect(key).toEqual({ paymentId, orderReference, n });
        else
          expect([isKeyless, claim.sessionId ?? claim.transactionId]).toEqual([
            true,
            claim.sessionId === undefined ? transaction.transactionId : sessionId,
          ]);
      }
    });

    it('a copy is the same delivery, and nothing in it tells news once it is read', async () => {
      const { sessionId, transaction } = await paid();
      for (const each of await stand.callbacks(sessionId)) {
        const [first, copy] = [each, { ...each, receivedAt: new Date() }].map((one) =>
          deliveryOf(gateway.verify(one)),
        ) as [Delivery, Delivery];
        expect(copy.eventId).toBe(first.eventId);
        expect(copy.contentHash).toBe(first.contentHash);
        const { claim, kind: of } = deliveryOf(gateway.verify(each));
        const proved = {
          status: 'AUTHORIZED',
          transactionId: transaction.transactionId,
          capture: 'manual',
          knownEvents: transaction.knownEvents ?? [],
        } as const;
        if (of === 'payment' && claim.transactionId !== undefined)
          expect({ claim, isNews: tellsNews(claim, proved) }).toEqual({ claim, isNews: false });
      }
    });

    it('a changed, unsigned or wrongly signed callback is refused', async () => {
      const { sessionId } = await paid();
      const [callback] = (await stand.callbacks(sessionId)) as [RawRequest];
      const changed =
        callback.body.length > 2 && callback.method === 'POST'
          ? { ...callback, body: Buffer.from(callback.body.toString().replace(/[a-y](?=[^a-z]*$)/, 'z')) }
          : { ...callback, target: callback.target.replace(/n=1/, 'n=2') };
      const signature = Object.keys(callback.headers).filter((name) => name.includes('signature'));
      const headers = Object.fromEntries(
        Object.entries(callback.headers).filter(([name]) => !signature.includes(name)),
      );
      for (const wrong of [
        changed,
        { ...callback, headers },
        {
          ...callback,
          headers: {
            ...callback.headers,
            ...Object.fromEntries(signature.map((name) => [name, 'nonsense'])),
          },
        },
      ])
        expect(['refused', 'malformed']).toContain(gateway.verify(wrong).outcome);
      expect(gateway.verify(callback).outcome).toBe('verified');
    });

    it('an old one, and one from the future, are stale', async () => {
      const { sessionId } = await paid();
      const [callback] = (await stand.callbacks(sessionId)) as [RawRequest];
      const outcomes = [-280, -320, 320].map(
        (seconds) => gateway.verify(stand.signedAt(callback, seconds)).outcome,
      );
      expect(outcomes).toEqual(['verified', 'stale', 'stale']);
    });

    it('whatever is sent, the verification never throws', async () => {
      const { sessionId } = await paid();
      const [callback] = (await stand.callbacks(sessionId)) as [RawRequest];
      const headers = fc.dictionary(
        fc.constantFrom(...Object.keys(callback.headers)),
        fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constant('t=1,v1=')),
      );
      const odd = fc.record({
        target: fc.oneof(fc.string(), fc.constant(callback.target)),
        body: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        headers,
      });
      fc.assert(
        fc.property(odd, (parts) => {
          const signed = { ...callback, ...parts, headers: { ...callback.headers, ...parts.headers } };
          for (const request of [
            { ...callback, ...parts },
            signed,
            stand.signedAt({ ...callback, body: parts.body }, 0),
          ])
            expect(typeof gateway.verify(request).outcome).toBe('string');
        }),
        { numRuns: 300 },
      );
    });
  });

  it('says whether its credentials work, how it is subscribed and how many callbacks it has lost', async () => {
    const { account = gateway.account } = await gateway.checkCredentials();
    expect(account).toBe(gateway.account);
    const subscription = await gateway.findSubscription();
    expect(typeof subscription === 'object' ? 'wrong' : subscription).toMatch(
      /not_expected|there|missing|wrong/,
    );
    const { sessionId } = await paid();
    const missed = await gateway.countMissedCallbacks({
      sessionIds: [sessionId],
      from: new Date(Date.now() - DAY_MS),
      to: new Date(),
    });
    expect(missed).toBeGreaterThanOrEqual(0);
  });
});
