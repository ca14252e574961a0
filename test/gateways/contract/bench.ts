/** One gateway under test: its stand, new for each test, and what the promises do with it again and again. */
import { afterEach, beforeEach, expect } from '@jest/globals';
import { until } from '../../support/until.ts';
import type { Proved } from '../../../src/domain/callback.ts';
import type { Money } from '../../../src/domain/money.ts';
import { traceOf, type OperationKind } from '../../../src/domain/operation.ts';
import type { PaymentSnapshot } from '../../../src/domain/payment.ts';
import type { Reading, Transaction } from '../../../src/domain/transaction.ts';
import type { Gateway, OperationRequest, SessionRequest } from '../../../src/gateways/gateway.ts';
import { inOurUnits } from '../../../src/gateways/in-gateway-units.ts';
import { withPossibleSums } from '../../../src/gateways/possible-sums.ts';
import type { Delivery, RawRequest } from '../../../src/gateways/verification.ts';
import { aSnapshot } from '../../support/domain-arbitraries.ts';
import type { Stand, StandKind } from './stand.ts';

export const AMOUNT = 72_200;
export const CURRENCY = 'NOK';
export const DAY_MS = 86_400_000;
/** In no cursor and in no error. */
export const CUSTOMER = { email: 'kari.nordmann@shop.example', phone: '+4799887766', name: 'Kari Nordmann' };

export interface Opened {
  readonly request: SessionRequest;
  readonly sessionId: string;
}

export interface Paid extends Opened {
  readonly transaction: Transaction;
}

export class Bench {
  readonly kind: StandKind;
  #stand: Stand | undefined;
  #gateway: Gateway | undefined;
  #count = 0;

  constructor(kind: StandKind) {
    this.kind = kind;
  }

  async start(): Promise<void> {
    this.#stand = await this.kind.start();
    this.#gateway = asRegistered(this.#stand.gateway);
  }

  get stand(): Stand {
    if (this.#stand === undefined) throw new Error('the stand is not started');
    return this.#stand;
  }

  get gateway(): Gateway {
    if (this.#gateway === undefined) throw new Error('the stand is not started');
    return this.#gateway;
  }

  /** A request that can be opened; its lifetime is one that no gateway has by default. */
  request(changes: Partial<SessionRequest> = {}): SessionRequest {
    const paymentId = `pay_contract${(this.#count += 1)}`;
    return {
      paymentId,
      orderReference: `order-${this.#count}`,
      n: 1,
      money: { amountMinor: AMOUNT, currency: CURRENCY },
      lines: [],
      returnKey: `return-key-${this.#count}`,
      expiresAt: new Date(Date.now() + this.#lifetime(47 * 60_000)),
      capture: 'manual',
      idempotencyKey: `${paymentId}-open`,
      ...changes,
    };
  }

  #lifetime(ms: number): number {
    const { shortestMs, longestMs } = this.gateway.traits.lifetime;
    return Math.max(shortestMs, Math.min(longestMs, ms));
  }

  read(sessionId: string, transactionId?: string): Promise<Reading> {
    return this.gateway.readPayment({ sessionId, ...(transactionId !== undefined && { transactionId }) });
  }

  /** @throws Error where the session has no transaction */
  async shown(sessionId: string): Promise<Transaction> {
    const reading = await this.read(sessionId);
    if (reading.kind !== 'transaction') throw new Error(JSON.stringify(reading));
    return reading.transaction;
  }

  async opened(changes: Partial<SessionRequest> = {}): Promise<Opened> {
    const request = this.request(changes);
    const { sessionId } = await this.gateway.createSession(request);
    return { request, sessionId };
  }

  async paid(changes: Partial<SessionRequest> = {}): Promise<Paid> {
    const { request, sessionId } = await this.opened(changes);
    await this.stand.act(sessionId, 'pay');
    return { request, sessionId, transaction: await this.shown(sessionId) };
  }

  async captured(changes: Partial<SessionRequest> = {}): Promise<Paid> {
    const paid = await this.paid(changes);
    const transaction = await this.moved(paid.sessionId, this.operation(paid.transaction, 'capture'));
    return { ...paid, transaction };
  }

  /** All that is left, unless an amount is given. */
  operation(transaction: Transaction, kind: OperationKind, amountMinor?: number): OperationRequest {
    const { transactionId, capturedMinor, capturableMinor, money } = transaction;
    const reference = `${kind}-${(this.#count += 1)}`;
    return {
      transactionId,
      kind,
      amountMinor: amountMinor ?? (kind === 'refund' ? capturedMinor : capturableMinor),
      currency: money.currency,
      reference,
      idempotencyKey: `op_contract${this.#count}`,
    };
  }

  /** Carries out an operation, waits until it is not pending any more, and reads its result. */
  async moved(sessionId: string, request: OperationRequest): Promise<Transaction> {
    const answer = await this.gateway.operate(request);
    expect(answer.kind).toBe('answered');
    return this.settled(sessionId, request);
  }

  async settled(sessionId: string, request: OperationRequest): Promise<Transaction> {
    let transaction = await this.shown(sessionId);
    await until('the operation is decided', async () => {
      transaction = await this.shown(sessionId);
      return traced(request, transaction) !== 'pending';
    });
    return transaction;
  }

  /** The payment as the core would have recorded it. */
  snapshot({ request, sessionId }: Opened, more: Partial<PaymentSnapshot> = {}): PaymentSnapshot {
    const { orderReference, paymentId, n, money } = request;
    return aSnapshot({
      account: this.gateway.account,
      sessionId,
      orderReference,
      paymentId,
      n,
      money,
      ...more,
    });
  }

  /** A callback about a new payment. */
  async callback(): Promise<RawRequest> {
    const [callback] = await this.stand.callbacks((await this.paid()).sessionId);
    if (callback === undefined) throw new Error('the PSP has sent no callback');
    return callback;
  }

  /** Every delivery of a request. */
  deliveries(request: RawRequest): readonly Delivery[] {
    const verification = this.gateway.verify(request);
    if (!('deliveries' in verification)) throw new Error(JSON.stringify(verification));
    return verification.deliveries;
  }

  /** All deliveries about these payments so far. */
  async received(...payments: readonly Opened[]): Promise<readonly Delivery[]> {
    const requests = await Promise.all(payments.map(({ sessionId }) => this.stand.callbacks(sessionId)));
    return distinct(requests.flat()).flatMap((request) => this.deliveries(request));
  }
}

/** A batch may be about several payments. */
function distinct(requests: readonly RawRequest[]): readonly RawRequest[] {
  const textOf = ({ target, headers, body }: RawRequest) =>
    JSON.stringify([target, headers, body.toString()]);
  return [...new Map(requests.map((request) => [textOf(request), request])).values()];
}

/** A bench whose stand is new for each test. */
export function useBench(kind: StandKind): Bench {
  const bench = new Bench(kind);
  beforeEach(() => bench.start());
  afterEach(() => bench.stand.close());
  return bench;
}

/** What the registry puts around every adapter. */
export function asRegistered(gateway: Gateway): Gateway {
  return withPossibleSums(inOurUnits(gateway));
}

export function traced(request: OperationRequest, transaction: Transaction) {
  return traceOf({ ...request, isSent: true }, transaction).state;
}

/** What a reading has proved. */
export function provedBy({ status, transactionId, knownEvents = [] }: Transaction): Proved {
  if (status === 'UNCLEAR' || status === 'INITIATED')
    throw new Error(`a reading that proves nothing: ${status}`);
  return { status, transactionId, capture: 'manual', knownEvents };
}

export function money(amountMinor: number, currency: string): Money {
  return { amountMinor, currency };
}

/** Whether a delivery is about a payment of this deployment, by our own key or by an id of the PSP. */
export function isAbout(delivery: Delivery, { request, sessionId, transaction }: Paid): boolean {
  const { key, isKeyless = false, claim } = delivery;
  if (key !== null) return key.paymentId === request.paymentId;
  if (!isKeyless) return false;
  return claim.sessionId === undefined
    ? claim.transactionId === transaction.transactionId
    : claim.sessionId === sessionId;
}
