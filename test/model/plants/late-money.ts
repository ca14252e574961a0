/** Bugs in the choice of the payment that pays an order, and in the handling of late money. */
import type { reservedFor } from '../../../src/domain/operation.ts';
import type { applyFinding } from '../../../src/domain/apply-finding.ts';
import type { Finding } from '../../../src/domain/finding.ts';
import type { NextStep, nextSteps } from '../../../src/domain/finish-operations.ts';
import type { Transaction } from '../../../src/domain/transaction.ts';
import type { Db } from '../../../src/store/open.ts';
import type { Attempt } from '../../../src/store/operation-attempts.ts';
import type { OperationRow } from '../../../src/store/operations.ts';
import type { OrderRow, PaymentRow } from '../../../src/store/payments.ts';
import { claimOperation } from '../stand-ins/store-operations.ts';
import { tablesOf } from '../world/tables.ts';
import type { Plants } from './plant.ts';

type Apply = typeof applyFinding;
type ApplyArguments = Parameters<Apply>;

/** The order as if no payment had paid it. */
const unpaid = <Order extends { paidPaymentId: string | null }>(order: Order): Order => ({
  ...order,
  paidPaymentId: null,
});

export const LATE_MONEY: Plants = {
  'gives back the money of a paid order': {
    found: /is sent without a request \(late_money\)/,
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
      findPayment: async (find: (db: Db, id: string) => Promise<PaymentRow | null>, db: Db, id: string) => {
        const payment = await find(db, id);
        return payment && { ...payment, mustGiveBack: true };
      },
      readAttempt: async (read: (db: Db, id: string) => Promise<Attempt>, db: Db, id: string) =>
        unpaid(await read(db, id)),
    }),
  },
  'gives money back twice': {
    found: /is sent beside/,
    plant: () => ({ claimGiveBack: claimTwo, reservedFor: ofGiveBacks }),
  },
  'drops late money': {
    found: /are held for/,
    plant: () => ({ applyFinding: dropLate }),
  },
  'gives back what the policy says to review': {
    found: /is sent without a request \(late_money\)/,
    plant: () => ({
      applyFinding: (real: Apply, ...[order, payment, finding]: ApplyArguments) =>
        real(order, payment, finding, 'give_back'),
    }),
  },
  'lets a second payment pay a paid order': {
    found: /is paid a second time/,
    plant: () => ({
      applyFinding: (real: Apply, ...[order, ...rest]: ApplyArguments) => real(unpaid(order), ...rest),
    }),
  },
};

function giveBackAlways(real: typeof nextSteps, ...args: Parameters<typeof nextSteps>): NextStep[] {
  const [order, payment] = args;
  const steps = real(...args);
  return order.paidPaymentId === payment.paymentId ? [...new Set<NextStep>([...steps, 'give_back'])] : steps;
}

type ClaimGiveBack = (
  db: Db,
  paymentId: string,
  wanted: { kind: 'refund' | 'void'; cause: OperationRow['cause'] },
) => Promise<OperationRow | null>;

/** Claims without the checks of the real function. */
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

/** Counts the sums of the merchant's operations, and not those of other give-backs. */
function ofGiveBacks(
  real: typeof reservedFor,
  kind: Parameters<typeof reservedFor>[0],
  others: Parameters<typeof reservedFor>[1],
  transaction: Transaction,
): number {
  const minded = others.filter(({ reference }) => !reference.startsWith('give-back'));
  return real(kind, minded, transaction);
}

function dropLate(real: Apply, ...[order, payment, finding, policy]: ApplyArguments) {
  const isLate = finding.pays && payment.closedBy !== null && finding.decision !== 'accept';
  const dropped: Finding = { ...finding, pays: false, status: payment.status };
  return real(order, payment, isLate ? dropped : finding, policy);
}
