/** Payments that have paid their orders in the same way as real ones: by a recorded transaction. */
import type { ShownOperation } from '../../src/domain/operation.ts';
import type { PaymentStatus } from '../../src/domain/payment.ts';
import type { Transaction, TransactionStatus } from '../../src/domain/transaction.ts';
import type { Db } from '../../src/store/open.ts';
import type { FailedOperation } from '../../src/domain/finish-operations.ts';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import type { NewPayment } from '../../src/store/claim-payment.ts';
import { findPayment, type PaymentRow } from '../../src/store/payments.ts';
import { aFinding, aPayment, aRecord, aTransaction, TELLS } from './builders.ts';

type Sums = Partial<Pick<Transaction, 'capturedMinor' | 'refundedMinor' | 'capturableMinor'>>;

/** A payment of 722.00 whose state follows its transaction. */
export async function aPaidPayment(
  db: Db,
  status: TransactionStatus & PaymentStatus = 'AUTHORIZED',
  changes: { sums?: Sums; opened?: Partial<NewPayment> } = {},
): Promise<PaymentRow> {
  const payment = await aPayment(db, changes.opened);
  if (status !== 'AUTHORIZED') await becomes(db, payment, 'AUTHORIZED');
  return becomes(db, payment, status, changes.sums);
}

/** The transaction shows another status, other sums and its operations, as the money run records it. */
export async function becomes(
  db: Db,
  payment: PaymentRow,
  status: TransactionStatus & PaymentStatus,
  sums: Sums = {},
  operations: readonly ShownOperation[] = [],
): Promise<PaymentRow> {
  const updatedAt = new Date().toISOString();
  const transaction = aTransaction(payment, { status, ...sums, operations, updatedAt });
  const finding = aFinding(status, { pays: true, cause: `${status}-${looks++}` });
  await recordFinding(db, aRecord(payment, { finding, transaction }), TELLS);
  return (await findPayment(db, payment.id)) as PaymentRow;
}

let looks = 0;

/** An operation failed. */
export async function fails(db: Db, payment: PaymentRow, failed: FailedOperation): Promise<void> {
  await recordFinding(db, aRecord(payment, { finding: null, failed }), TELLS);
}
