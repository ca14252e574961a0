/** Bugs that people make in payment systems, each planted in the place of functions of ours: what the model is worth is whether it finds them. */
import type { Decision, Standing } from '../../src/domain/decide.ts';
import type { reservedFor, Trace } from '../../src/domain/operation.ts';
import { holdsMoney, isMoney } from '../../src/domain/payment.ts';
import type { Outcome, PaymentStanding, settle } from '../../src/domain/settle.ts';
import type { Mismatch, Opened, Reading, Transaction } from '../../src/domain/transaction.ts';
import type { LogWord, ReceivedDelivery } from '../../src/store/log-delivery.ts';
import type { Db } from '../../src/store/open.ts';
import type { Attempt, OperationRow } from '../../src/store/operations.ts';
import type { NextStep } from '../../src/store/outcomes.ts';
import type { Locked } from '../../src/store/outcome-rows.ts';
import type { OrderRow, PaymentRow } from '../../src/store/payments.ts';
import type { CallbackSignal } from '../../src/workflows/messages.ts';
import { isLookDue, type RunState } from '../../src/workflows/run-state.ts';
import { claimOperation } from './stand-ins/store-operations.ts';
import { tablesOf } from './world/tables.ts';

/** Functions by name, each called with the one in whose place it stands. */
type Planted = Readonly<Record<string, (real: never, ...args: never[]) => unknown>>;

export interface Plant {
  /** A part of what the model says of it. */
  readonly found: RegExp;
  /** Anew for each hunt, since some remember. */
  plant(): Planted;
}

type Compare = (opened: Opened, transaction: Transaction) => Mismatch | null;
type Decide = (now: Standing, opened: Opened, reading: Reading) => Decision;
type Settle = typeof settle;

const unmindful =
  (of: readonly Mismatch[]) =>
  (compare: Compare, opened: Opened, transaction: Transaction): Mismatch | null => {
    const differs = compare(opened, transaction);
    return differs !== null && of.includes(differs) ? null : differs;
  };

const FAILED: Decision = { kind: 'become', status: 'FAILED', pays: false };
const EXPIRED: Decision = { kind: 'become', status: 'EXPIRED', pays: false };

/** As if nobody had paid. */
const unpaid = <Order extends { paidPaymentId: string | null }>(order: Order): Order => ({
  ...order,
  paidPaymentId: null,
});

export const PLANTS: Readonly<Record<string, Plant>> = {
  'no amount check': {
    found: /pay an order of/,
    plant: () => ({ mismatch: unmindful(['amount', 'currency']) }),
  },
  'no reference check': {
    found: /a transaction for another pays/,
    plant: () => ({ mismatch: unmindful(['reference']) }),
  },
  'no session check': {
    found: /pays with what belongs to|without money|never had any money|knows of|gateway says/,
    plant: () => ({
      mismatch: (compare: Compare, opened: Opened, transaction: Transaction) =>
        compare({ ...opened, sessionId: transaction.sessionId }, transaction),
    }),
  },
  'expires whatever the last read says': {
    found: /expires although|are held for/,
    plant: () => ({
      decideExpiry: (_: never, now: Standing, decision: Decision) =>
        now.status === 'PENDING' ? EXPIRED : decision,
    }),
  },
  'takes a callback for handled when it comes': {
    found: /are held for|knows of|gateway says|long after a callback/,
    plant: () => ({ logDelivery: handleAtOnce }),
  },
  'takes an equal callback for a duplicate while the payment is open': {
    found: /long after a callback|are held for|knows of|gateway says/,
    plant: () => ({ logDelivery: forgetEqual }),
  },
  'sends an operation again whose answer was lost': {
    found: /is sent again after its fate/,
    plant: () => ({ readAttempt: asUnsent, markSending: sendAnyway }),
  },
  "believes the callback's claim": {
    found: /never had any money|pays with what belongs to undefined/,
    plant: believer,
  },
  'gives back the money of a paid order': {
    found: /nobody has asked for it \(late_money\)/,
    plant: () => ({
      nextSteps: giveBackAlways,
      claimGiveBack: claimAnother,
      findOrder: async (
        find: (db: Db, reference: string) => Promise<{ order: OrderRow } | null>,
        db: Db,
        reference: string,
      ) => {
        const found = await find(db, reference);
        return found && { ...found, order: unpaid(found.order) };
      },
      readAttempt: async (read: (db: Db, id: string) => Promise<Attempt>, db: Db, id: string) =>
        unpaid(await read(db, id)),
    }),
  },
  'takes an operation that failed for done': {
    found: /done here and not at the gateway|is sent beside|are held for|gateway says/,
    plant: () => ({
      traceOf: (trace: (...args: unknown[]) => Trace, ...args: unknown[]): Trace => {
        const shown = trace(...args);
        return shown.state === 'failed' ? { state: 'done', amountMinor: shown.amountMinor } : shown;
      },
    }),
  },
  'reserves no sums': {
    found: /is sent beside/,
    plant: () => ({
      reservedFor: (() => 0) satisfies (real: never, ...args: Parameters<typeof reservedFor>) => number,
    }),
  },
  'gives money back twice': {
    found: /is sent beside/,
    plant: () => ({ claimGiveBack: claimTwo, reservedFor: ofGiveBacks }),
  },
  'drops late money': {
    found: /are held for/,
    plant: () => ({ settle: dropLate }),
  },
  'gives back what the policy says to review': {
    found: /nobody has asked for it \(late_money\)/,
    plant: () => ({
      settle: (real: Settle, order: Parameters<Settle>[0], payment: PaymentStanding, outcome: Outcome) =>
        real(order, payment, outcome, 'give_back'),
    }),
  },
  'takes UNKNOWN for failed': {
    found: /becomes FAILED, and the gateway says UNCLEAR/,
    plant: () => ({
      decide: (real: Decide, now: Standing, opened: Opened, reading: Reading) => {
        const decision = real(now, opened, reading);
        const isUnknown = reading.kind === 'transaction' && reading.transaction.status === 'UNCLEAR';
        return decision.kind === 'unclear' && isUnknown ? FAILED : decision;
      },
    }),
  },
  'lets a second payment pay a paid order': {
    found: /is paid a second time/,
    plant: () => ({
      settle: (real: Settle, order: Parameters<Settle>[0], ...rest: [PaymentStanding, Outcome, never]) =>
        real(unpaid(order), ...rest),
    }),
  },
  'moves money back by an old answer': {
    found: /goes back from|go back/,
    plant: () => ({ decide: decideWithoutMemory, isStale: () => false }),
  },
  'cancels without a look first': {
    found: /is released/,
    plant: () => ({
      look: (real: (run: RunState) => Promise<boolean>, run: RunState) =>
        isLookDue(run, Date.now()) ? real(run) : Promise.resolve(true),
    }),
  },
  'polls no hold': {
    found: /is on hold, and nobody has asked|is ON_HOLD/,
    plant: () => ({
      planAfterClearAnswer: (real: (run: RunState, now: number) => void, run: RunState, now: number) => {
        real(run, now);
        if (run.status === 'ON_HOLD') run.nextLook = null;
      },
    }),
  },
  'tells the merchant nothing of a payment': {
    found: /is untold|heard 0 times/,
    plant: () => ({
      tell: (real: (run: object, untold: string[]) => void, run: object, untold: string[]) =>
        real(
          run,
          untold.filter((effect) => !effect.endsWith('/order.paid')),
        ),
    }),
  },
};

async function handleAtOnce(
  log: (db: Db, received: ReceivedDelivery) => Promise<LogWord>,
  db: Db,
  received: ReceivedDelivery,
): Promise<LogWord> {
  const word = await log(db, received);
  const row = tablesOf(db).deliveries.get(received.eventId);
  if (row !== undefined) tablesOf(db).deliveries.set(received.eventId, { ...row, state: 'handled' });
  return word;
}

function forgetEqual(
  log: (db: Db, received: ReceivedDelivery) => Promise<LogWord>,
  db: Db,
  received: ReceivedDelivery,
): Promise<LogWord> {
  const rows = [...tablesOf(db).deliveries.values()];
  const isKnown = rows.some(({ contentHash }) => contentHash === received.contentHash);
  return isKnown ? Promise.resolve({ id: '', result: 'duplicate', toSignal: false }) : log(db, received);
}

async function asUnsent(
  read: (db: Db, id: string) => Promise<Attempt>,
  db: Db,
  id: string,
): Promise<Attempt> {
  const attempt = await read(db, id);
  return { ...attempt, operation: { ...attempt.operation, sentAt: null } };
}

function sendAnyway(
  mark: (db: Db, id: string, amountMinor: number) => Promise<Date | null>,
  db: Db,
  id: string,
  amountMinor: number,
): Promise<Date | null> {
  tablesOf(db).changeOperation(id, { sentAt: null });
  return mark(db, id, amountMinor);
}

/** One that has heard of a transaction takes it for paid. */
function believer(): Planted {
  const believed = new Set<string>();
  return {
    receiveCallback: (
      real: (run: RunState, callback: CallbackSignal) => void,
      run: RunState,
      callback: CallbackSignal,
    ) => {
      const { transactionId, error } = callback.claim;
      if (transactionId !== undefined && error === undefined) believed.add(run.payment?.sessionId ?? '');
      real(run, callback);
    },
    decide: (real: Decide, now: Standing, opened: Opened, reading: Reading): Decision => {
      const decision = real(now, opened, reading);
      if (now.status !== 'PENDING' || !believed.delete(opened.sessionId)) return decision;
      return { kind: 'become', status: 'AUTHORIZED', pays: true };
    },
  };
}

function giveBackAlways(
  real: (before: Locked, settled: unknown) => NextStep[],
  before: Locked,
  settled: { status: PaymentRow['status'] } | null,
): NextStep[] {
  const isHeld = holdsMoney(settled?.status ?? before.payment.status);
  return isHeld ? [...new Set<NextStep>([...real(before, settled), 'give_back'])] : real(before, settled);
}

type ClaimGiveBack = (
  db: Db,
  paymentId: string,
  wanted: { kind: 'refund' | 'void'; cause: OperationRow['cause'] },
) => Promise<OperationRow | null>;

/** Nobody looks whether it may. */
async function claimAnother(
  _: ClaimGiveBack,
  db: Db,
  paymentId: string,
  { kind, cause }: Parameters<ClaimGiveBack>[2],
): Promise<OperationRow> {
  const reference = `give-back-${tablesOf(db).operationsOf(paymentId).length + 1}`;
  const wanted = { paymentId, kind, reference, cause, bodyHash: '', wanted: null, finalCapture: false };
  return (await claimOperation(db, wanted)).operation;
}

async function claimTwo(
  claim: ClaimGiveBack,
  ...args: Parameters<ClaimGiveBack>
): Promise<OperationRow | null> {
  const first = await claim(...args);
  if (first !== null) await claimAnother(claim, ...args);
  return first;
}

/** Minds the sums of others, and not those of its own. */
function ofGiveBacks(
  real: typeof reservedFor,
  kind: Parameters<typeof reservedFor>[0],
  others: Parameters<typeof reservedFor>[1],
  transaction: Transaction,
): number {
  const minded = others.filter(({ reference }) => !reference.startsWith('give-back'));
  return real(kind, minded, transaction);
}

function dropLate(
  real: Settle,
  order: Parameters<Settle>[0],
  payment: PaymentStanding,
  outcome: Outcome,
  policy: never,
) {
  const isLate = outcome.pays && payment.closedBy !== null && outcome.accept !== true;
  return real(order, payment, isLate ? { ...outcome, pays: false, status: payment.status } : outcome, policy);
}

function decideWithoutMemory(real: Decide, now: Standing, opened: Opened, reading: Reading): Decision {
  const status = isMoney(now.status) ? 'ON_HOLD' : now.status;
  return real({ status, capturedMinor: -1, refundedMinor: -1 }, opened, reading);
}
