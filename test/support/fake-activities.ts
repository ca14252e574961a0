/** The activities of `paymentSession` on the simulated gateway and the in-memory store, so that a test can see and move everything. */
import { retryableGatewayFailure } from '../../src/activities/gateway-failure.ts';
import type {
  GiveBackPlan,
  OpenSessionInput,
  OpenSessionOutcome,
  OperationAttempt,
  OutcomeRecord,
} from '../../src/activities/payment-activities.ts';
import type { Reading } from '../../src/domain/transaction.ts';
import { isOpen, isSettled } from '../../src/domain/payment.ts';
import type { LateMoneyPolicy } from '../../src/domain/settle.ts';
import { GatewayUnavailable } from '../../src/gateways/gateway.ts';
import {
  deadlines,
  giveBack,
  paymentOf,
  recordOutcome,
  untoldOf,
  type StoredOrder,
  type StoredPayment,
} from './memory-store.ts';
import { openedPayment, POLL_INTERVAL_MS } from './model-run.ts';
import type { RunActivities } from './run-activities.ts';
import {
  cancelSession,
  createSession,
  readingOf,
  resolveHolds,
  sessionOf,
  type SimulatedPsp,
  type SimulatedSession,
} from './simulated-psp.ts';

/** One order with a gateway of its own, so that orders can't disturb one another. */
export interface FakeOrder {
  readonly order: StoredOrder;
  readonly psp: SimulatedPsp;
  policy: LateMoneyPolicy;
  /** When the gateway was read, on the server's clock. */
  readonly reads: number[];
  /** When a session was tried to be opened, on the server's clock. */
  readonly openings: number[];
  readonly records: OutcomeRecord[];
  readonly foreign: string[];
  readonly surplusClosed: string[];
  /** The gateway answers nothing when a session is wanted. */
  isDeafToOpenings: boolean;
  /** Whatever a test wants to happen instead of an activity's own work, before it. */
  before: Partial<Record<keyof RunActivities, () => unknown>>;
  /** Said of the next session opened: an earlier try may have left another behind. */
  mayHaveSurplus: boolean;
  pollIntervalMs: number;
  capture: 'manual' | 'auto';
  /** The store knows of nobody who has decided what a person is said to have. */
  isUndecided: boolean;
  /** Said instead of opening a session. */
  refusal: Exclude<OpenSessionOutcome, { kind: 'opened' }> | null;
  /** What the gateway says instead of what its session shows. */
  says: Reading | null;
  /** What comes of the next attempts at an operation, and of the next plans to give money back, in order. */
  readonly attempts: OperationAttempt[];
  readonly plans: GiveBackPlan[];
  /** The server's clock. */
  readonly now: () => Promise<number>;
}

export function newFakeOrder(order: StoredOrder, psp: SimulatedPsp, now: () => Promise<number>): FakeOrder {
  return {
    order,
    psp,
    now,
    policy: 'give_back',
    reads: [],
    openings: [],
    isDeafToOpenings: false,
    records: [],
    foreign: [],
    surplusClosed: [],
    before: {},
    mayHaveSurplus: false,
    pollIntervalMs: POLL_INTERVAL_MS,
    capture: 'manual',
    isUndecided: false,
    refusal: null,
    says: null,
    attempts: [],
    plans: [],
  };
}

/** Builds what a Worker registers. @throws Error for an order that no test has made */
export function createFakeActivities(orders: ReadonlyMap<string, FakeOrder>): RunActivities {
  const at = async (reference: string, name: keyof FakeOrder['before']): Promise<FakeOrder> => {
    const fake = orders.get(reference);
    if (fake === undefined) throw new Error(`no test has made order ${reference}`);
    await fake.before[name]?.();
    return fake;
  };
  return {
    async openSession(input) {
      const fake = await at(input.orderReference, 'openSession');
      fake.openings.push(await fake.now());
      return open(fake, input);
    },
    async readTransaction({ orderReference, sessionId }) {
      const fake = await at(orderReference, 'readTransaction');
      return read(fake, sessionId);
    },
    async cancelSession({ orderReference, sessionId }) {
      const { psp } = await at(orderReference, 'cancelSession');
      return cancelSession(sessionOf(psp, sessionId));
    },
    async cancelSurplusSessions({ orderReference, sessionId }) {
      const fake = await at(orderReference, 'cancelSurplusSessions');
      return closeSurplus(fake, sessionId);
    },
    async recordOutcome(record) {
      const fake = await at(referenceOf(record.paymentId), 'recordOutcome');
      fake.records.push(record);
      const isHeeded = record.noteKey === undefined || !fake.isUndecided;
      return recordOutcome(fake.order, isHeeded ? record : { ...record, outcome: null }, fake.policy);
    },
    async wakeMoney({ orderReference, paymentId }) {
      const { order, psp, policy } = await at(orderReference, 'wakeMoney');
      giveBack(order, sessionOf(psp, paymentOf(order, paymentId).sessionId ?? ''), policy);
    },
    async closeOthers({ orderReference, paymentId }) {
      const { order, psp } = await at(orderReference, 'closeOthers');
      const others = order.payments.filter(({ id, status }) => id !== paymentId && isOpen(status));
      for (const { sessionId } of others) if (sessionId !== null) cancelSession(sessionOf(psp, sessionId));
    },
    async attemptOperation({ orderReference }) {
      return next((await at(orderReference, 'attemptOperation')).attempts);
    },
    async planGiveBack({ orderReference }) {
      return next((await at(orderReference, 'planGiveBack')).plans);
    },
    async watchPayment({ orderReference }) {
      await at(orderReference, 'watchPayment');
    },
    async notifyMerchant(effectId) {
      const fake = await at(referenceOf(effectId), 'notifyMerchant');
      for (const update of fake.order.updates) update.told ||= update.effectId === effectId;
      return 'delivered';
    },
  };
}

function next<Answer>(answers: Answer[]): Answer {
  const answer = answers.shift();
  if (answer === undefined) throw new Error('the story has no more answers');
  return answer;
}

/** `1001-p2` and everything that begins with it belongs to order 1001, as `1001/order.paid` does. */
function referenceOf(id: string): string {
  return id.replace(/(-p\d+)?(\/.*)?$/, '');
}

async function open(fake: FakeOrder, input: OpenSessionInput): Promise<OpenSessionOutcome> {
  const { order, psp, mayHaveSurplus, pollIntervalMs, capture, refusal } = fake;
  if (refusal !== null) return refusal;
  const payment = order.payments.find(({ id }) => id === input.paymentId);
  if (payment === undefined) return adopt(fake, input);
  if (payment.sessionId === null && isSettled(payment.status))
    return { kind: 'closed', status: payment.status, reason: payment.reason ?? 'closed without a session' };
  if (payment.sessionId === null) {
    const { expiresAt } = payment;
    if ((await fake.now()) >= expiresAt)
      return { kind: 'never_opened', reason: 'no session before the payment expired' };
    if (fake.isDeafToOpenings)
      return { kind: 'unavailable', reason: 'create: 503', expiresAt: new Date(expiresAt).toISOString() };
    payment.sessionId = newSession(psp, payment).sessionId;
  }
  const opened = openedPayment(payment, untoldOf(order, payment.id));
  const reason = payment.reason === null ? {} : { reason: payment.reason };
  return { ...opened, ...reason, mayHaveSurplus, pollIntervalMs, capture };
}

function newSession(psp: SimulatedPsp, payment: StoredPayment): SimulatedSession {
  const { id: paymentId, orderReference: reference, money } = payment;
  return createSession(psp, { sessionId: `${paymentId}-s`, reference, money, paymentId });
}

/** A session is ours if its own metadata names the payment. */
async function adopt(fake: FakeOrder, input: OpenSessionInput): Promise<OpenSessionOutcome> {
  const { paymentId, orderReference, n, claimedSessionId } = input;
  const session = fake.psp.sessions.find(
    (candidate) => candidate.sessionId === claimedSessionId && candidate.paymentId === paymentId,
  );
  if (session === undefined) {
    fake.foreign.push(...input.eventIds);
    return { kind: 'unknown', reason: `no payment ${paymentId} of ours` };
  }
  const now = await fake.now();
  const { expiresAt, expiryDueAt } = deadlines(now);
  const payment: StoredPayment = {
    id: paymentId,
    orderReference,
    n,
    money: session.money,
    status: 'PENDING',
    reason: null,
    mark: null,
    closedBy: null,
    dismissed: false,
    capturedMinor: 0,
    refundedMinor: 0,
    sessionId: session.sessionId,
    transactionId: null,
    transactionUpdatedAt: null,
    expiresAt,
    expiryDueAt,
  };
  fake.order.payments.push(payment);
  return openedPayment(paymentOf(fake.order, paymentId));
}

async function read(fake: FakeOrder, sessionId: string): Promise<Reading> {
  const now = await fake.now();
  fake.reads.push(now);
  resolveHolds(fake.psp, now);
  if (fake.psp.isDown) throw retryableGatewayFailure(new GatewayUnavailable('read: 503', { kind: 'silent' }));
  return fake.says ?? readingOf(sessionOf(fake.psp, sessionId));
}

function closeSurplus(fake: FakeOrder, sessionId: string): number {
  const surplus = fake.psp.sessions.filter(
    (session) => session.sessionId !== sessionId && session.state === 'open',
  );
  for (const session of surplus) {
    cancelSession(session);
    fake.surplusClosed.push(session.sessionId);
  }
  return surplus.length;
}
