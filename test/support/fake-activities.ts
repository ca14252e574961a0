/**
 * The activities of our runs on the simulated gateway and the in-memory store, so that a test can see and
 * change everything.
 */
import type {
  AttemptResult,
  GiveBackPlan,
  NoSession,
  OpenSessionInput,
  OpenSessionOutcome,
} from '../../src/activities/contract.ts';
import { retryableGatewayFailure } from '../../src/activities/gateway-failure.ts';
import { decideLook, resultOf } from '../../src/activities/look-at-payment.ts';
import { notesOfLook, wordsOfReading } from '../../src/activities/look-notes.ts';
import type { LateMoneyPolicy } from '../../src/domain/apply-finding.ts';
import type { Callback } from '../../src/domain/callback.ts';
import { closedBy, type Decision, type Finding } from '../../src/domain/finding.ts';
import type { Note } from '../../src/domain/note.ts';
import type { OpenedPayment } from '../../src/domain/opened-payment.ts';
import { isOpen, isSettled, type PaymentSnapshot } from '../../src/domain/payment.ts';
import type { Reading } from '../../src/domain/transaction.ts';
import { GatewayUnavailable } from '../../src/gateways/gateway-errors.ts';
import { watched } from '../../src/sessions/opened-payment.ts';
import {
  newPayment,
  paymentOf,
  recordFinding,
  type MemoryRecord,
  type StoredOrder,
  type StoredPayment,
} from './memory-store.ts';
import type { RunActivities } from './run-activities.ts';
import {
  cancelSession,
  createSession,
  readingOf,
  resolveHolds,
  returnMoney,
  sessionOf,
  type SimulatedPsp,
} from './simulated-psp.ts';

export const POLL_INTERVAL_MS = 3_600_000;

/** One order with a gateway of its own, so that orders can't disturb one another. */
export interface FakeOrder {
  readonly order: StoredOrder;
  readonly psp: SimulatedPsp;
  policy: LateMoneyPolicy;
  /** When the gateway was read, on the server's clock. */
  readonly reads: number[];
  /** When an opening was tried, on the server's clock. */
  readonly openings: number[];
  /** The notes of looks for the timeline. */
  readonly notes: Note[];
  readonly foreign: string[];
  readonly surplusClosed: string[];
  /** The gateway does not answer openings. */
  isDeafToOpenings: boolean;
  /** No first attempt reaches the merchant, so a run has to retry. */
  isMerchantDeaf: boolean;
  /**
   * A test's own function, called before an activity's work, and able to replace it; or once the gateway was
   * read.
   */
  before: Partial<Record<keyof RunActivities | 'recording', () => unknown>>;
  /** For the next session that is opened: an earlier try may have left another session. */
  mayHaveSurplus: boolean;
  pollIntervalMs: number;
  capture: 'manual' | 'auto';
  /** The store has no note of the person's decision. */
  isUndecided: boolean;
  /** Returned instead of opening a session. */
  refusal: Exclude<OpenSessionOutcome, { kind: 'opened' }> | null;
  /** The gateway's reading, instead of that of its session. */
  says: Reading | null;
  /** The results of the next attempts at an operation, and the next plans to give money back, in order. */
  readonly attempts: AttemptResult[];
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
    isMerchantDeaf: false,
    notes: [],
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

export function callbackSignal(eventId: string): Callback {
  return { eventId, contentHash: eventId, claim: {}, receivedAt: '2026-01-01T00:00:00.000Z' };
}

/** Builds the activities that a Worker registers. @throws Error for an order that no test has made */
export function createFakeActivities(orders: ReadonlyMap<string, FakeOrder>): RunActivities {
  const at = async (reference: string, name: keyof RunActivities): Promise<FakeOrder> => {
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
    async closeUnopened({ orderReference, paymentId, because, callbacks }) {
      const fake = await at(orderReference, 'closeUnopened');
      const { status, sessionId } = endUnopened(fake, { paymentId, callbacks }, closedBy(because.why)).row;
      return { status, hasSession: sessionId !== '' };
    },
    async lookAtPayment(input) {
      const fake = await at(input.orderReference, 'lookAtPayment');
      const stored = paymentOf(fake.order, input.paymentId);
      const { triggers, decided, now } = input;
      const isAskedAbout =
        decided === undefined ||
        stored.status === 'REVIEW' ||
        (stored.reviewCode !== null && decided.decision === 'dismiss');
      if (!isAskedAbout)
        return {
          ...SETTLED,
          unclearSince: input.unclearSince,
          payment: watched(stored),
          decided: 'not_in_review',
        };
      const reading = await read(fake, stored.sessionId);
      await fake.before.recording?.();
      const heeded = (decision: Decision): Decision =>
        fake.isUndecided && decided !== undefined
          ? { kind: 'refuse', reason: 'no operator has decided that' }
          : decision;
      const decide = (payment: PaymentSnapshot) => heeded(decideLook(payment, reading, input));
      const recorded = recordFinding(
        fake.order,
        { paymentId: input.paymentId, decide, deliveries: triggers.callbacks },
        fake.policy,
      );
      fake.notes.push(...notesOfLook('simulated', triggers, { reading, decision: recorded.decision }, now));
      tell(fake, recorded);
      return resultOf(input, reading, recorded, wordsOfReading('simulated', reading));
    },
    async cancelSession({ orderReference, sessionId }) {
      const { psp } = await at(orderReference, 'cancelSession');
      return cancelSession(sessionOf(psp, sessionId));
    },
    async cancelSurplusSessions({ orderReference, sessionId }) {
      const fake = await at(orderReference, 'cancelSurplusSessions');
      return closeSurplus(fake, sessionId);
    },
    async wakeMoney({ orderReference, paymentId }) {
      giveBack(await at(orderReference, 'wakeMoney'), paymentId);
    },
    async closeOthers({ orderReference, paymentId }) {
      const { order, psp } = await at(orderReference, 'closeOthers');
      const others = order.payments.filter((one) => one.paymentId !== paymentId && isOpen(one.status));
      for (const { sessionId } of others) if (sessionId !== '') cancelSession(sessionOf(psp, sessionId));
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

const SETTLED = { answer: 'clear', said: 'not asked', isAbsent: false, next: [] } as const;

function next<Answer>(answers: Answer[]): Answer {
  const answer = answers.shift();
  if (answer === undefined) throw new Error('the story has no more answers');
  return answer;
}

/** `1001-p2` and everything that begins with it belongs to order 1001, and so does `1001/order.paid`. */
function referenceOf(id: string): string {
  return id.replace(/(-p\d+)?(\/.*)?$/, '');
}

/** The first attempt of the process that has committed. */
function tell({ isMerchantDeaf, order }: FakeOrder, { effects }: MemoryRecord): void {
  if (!isMerchantDeaf) for (const update of order.updates) update.told ||= effects.includes(update.effectId);
}

async function open(fake: FakeOrder, input: OpenSessionInput): Promise<OpenSessionOutcome> {
  const { order, psp, refusal } = fake;
  if (refusal?.kind === 'rejected')
    return ended(fake, input, refusal, {
      status: 'FAILED',
      pays: false,
      cause: 'rejected',
      reason: refusal.reason,
    });
  if (refusal?.kind === 'never_opened') return neverOpened(fake, input, refusal.reason);
  if (refusal !== null) return refusal;
  const payment = order.payments.find(({ paymentId }) => paymentId === input.paymentId);
  if (payment === undefined) return adopt(fake, input);
  if (payment.sessionId === '' && isSettled(payment.status)) {
    const reason = payment.reason ?? 'closed without a session';
    return ended(fake, input, { kind: 'closed', reason }, closedBy('merchant'));
  }
  if (payment.sessionId === '') {
    const { expiresAt } = payment;
    if ((await fake.now()) >= expiresAt)
      return neverOpened(fake, input, 'no session before the payment expired');
    if (fake.isDeafToOpenings)
      return { kind: 'unavailable', reason: 'create: 503', expiresAt: new Date(expiresAt).toISOString() };
    create(psp, payment);
  }
  return opened(fake, payment);
}

/** As the request that creates a payment does: what it starts the run with. */
export function openByRequest(fake: FakeOrder, payment: StoredPayment): OpenedPayment {
  create(fake.psp, payment);
  return opened(fake, payment);
}

function create(psp: FakeOrder['psp'], payment: StoredPayment): void {
  const { paymentId, orderReference: reference, money } = payment;
  payment.sessionId = createSession(psp, {
    sessionId: `${paymentId}-s`,
    reference,
    money,
    paymentId,
  }).sessionId;
}

function opened(
  { mayHaveSurplus, pollIntervalMs, capture }: FakeOrder,
  payment: StoredPayment,
): OpenedPayment {
  return {
    kind: 'opened',
    ...watched(payment),
    money: payment.money,
    sessionId: payment.sessionId,
    checkoutUrl: `https://checkout.example/${payment.sessionId}`,
    expiresAt: new Date(payment.expiresAt).toISOString(),
    expiryDueAt: new Date(payment.expiryDueAt).toISOString(),
    mayHaveSurplus,
    pollIntervalMs,
    capture,
  };
}

function neverOpened(fake: FakeOrder, input: OpenSessionInput, reason: string): NoSession {
  const cause = 'never_opened';
  const finding: Finding = { status: 'EXPIRED', pays: false, closedBy: 'expiry', cause, reason };
  return ended(fake, input, { kind: cause, reason }, finding);
}

function ended(
  fake: FakeOrder,
  input: OpenSessionInput,
  { kind, reason }: Pick<NoSession, 'kind' | 'reason'>,
  finding: Finding,
): NoSession {
  return { kind, reason, status: endUnopened(fake, input, finding).row.status };
}

function endUnopened(
  fake: FakeOrder,
  { paymentId, callbacks: deliveries }: Pick<OpenSessionInput, 'paymentId' | 'callbacks'>,
  finding: Finding,
): MemoryRecord {
  const decide = ({ status, sessionId }: PaymentSnapshot): Decision =>
    isOpen(status) && sessionId === '' && !fake.isUndecided ? { kind: 'find', finding } : { kind: 'keep' };
  const recorded = recordFinding(fake.order, { paymentId, decide, deliveries }, fake.policy);
  tell(fake, recorded);
  return recorded;
}

/** A session is ours if its own metadata names the payment. */
async function adopt(fake: FakeOrder, input: OpenSessionInput): Promise<OpenSessionOutcome> {
  const { paymentId, n, callbacks } = input;
  const claimed = callbacks.find(({ claim }) => claim.sessionId !== undefined)?.claim.sessionId;
  const session = fake.psp.sessions.find(
    (candidate) => candidate.sessionId === claimed && candidate.paymentId === paymentId,
  );
  if (session === undefined) {
    fake.foreign.push(...callbacks.map(({ eventId }) => eventId));
    return { kind: 'unknown', status: 'PENDING', reason: `no payment ${paymentId} of ours` };
  }
  const payment = newPayment({ reference: input.orderReference, money: session.money }, n, await fake.now());
  payment.sessionId = session.sessionId;
  fake.order.payments.push(payment);
  return opened(fake, payment);
}

async function read(fake: FakeOrder, sessionId: string): Promise<Reading> {
  const now = await fake.now();
  fake.reads.push(now);
  resolveHolds(fake.psp, now);
  if (fake.psp.isDown) throw retryableGatewayFailure(new GatewayUnavailable('read: 503', { kind: 'silent' }));
  return fake.says ?? readingOf(sessionOf(fake.psp, sessionId));
}

/** The effect of the run of `moneyOperations` for a give-back: at the gateway, and then in the store. */
function giveBack(fake: FakeOrder, paymentId: string): void {
  const { order, psp, policy } = fake;
  const session = sessionOf(psp, paymentOf(order, paymentId).sessionId);
  returnMoney(session);
  const reading = readingOf(session);
  if (reading.kind !== 'transaction' || reading.transaction.status === paymentOf(order, paymentId).status)
    return;
  const { transaction } = reading;
  const { transactionId: cause } = transaction;
  const status = transaction.status as PaymentSnapshot['status'];
  const decide = (): Decision => ({ kind: 'find', finding: { status, pays: true, cause, transaction } });
  tell(fake, recordFinding(order, { paymentId, decide, deliveries: [] }, policy));
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
