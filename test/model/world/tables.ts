/** The store in memory. Rows are replaced and never changed, so that a reader's row stays the same. */
import type { Db } from '../../../src/store/open.ts';
import type { DeliveryRow } from '../../../src/store/deliveries.ts';
import type { Decided } from '../../../src/store/decisions.ts';
import type { OperationRow } from '../../../src/store/operations.ts';
import type { OutboxRow } from '../../../src/store/outbox.ts';
import type { wakes } from '../../../src/store/schema/wake-table.ts';
import type { OrderRow, PaymentRow } from '../../../src/store/payments.ts';
import type { OrderChange } from '../../../src/domain/order-change.ts';
import type { Finding } from '../../../src/domain/finding.ts';
import type { Transaction } from '../../../src/domain/transaction.ts';
import type { Locked } from '../../../src/store/record-finding/lock-order.ts';

/** The reason of a change of payment and order. */
export interface Shown {
  readonly finding: Finding | null;
  readonly transaction: Transaction | undefined;
}

/** Makes the faults of the store, and watches all writes. */
export interface StoreKeeper {
  /** Makes a call: at once, later, not at all, or without its answer. */
  call<Result>(what: string, effect: () => Result): Promise<Result>;
  /** Called before a finding is written. @throws Error for one that breaks a promise */
  settling(before: Locked, change: OrderChange, shown: Shown): void;
  settled(before: Locked, payment: PaymentRow): void;
}

/** Times in milliseconds, as the model's clock has them. */
export type WakeRow = Omit<typeof wakes.$inferSelect, 'dueAt'> & { readonly dueAt: number };

export class Tables {
  readonly orders = new Map<string, OrderRow>();
  readonly payments = new Map<string, PaymentRow>();
  readonly operations = new Map<string, OperationRow>();
  readonly outbox = new Map<string, OutboxRow>();
  readonly deliveries = new Map<string, DeliveryRow>();
  readonly wakes = new Map<string, WakeRow>();
  readonly notes = new Map<string, Set<string>>();
  readonly decisions = new Map<
    string,
    {
      readonly paymentId: string;
      readonly decision: Decided;
      readonly usedBy: string | null;
      readonly replaces: boolean;
    }
  >();
  /** The time of a payment's last note. */
  readonly heard = new Map<string, number>();
  readonly keeper: StoreKeeper;

  constructor(keeper: StoreKeeper) {
    this.keeper = keeper;
  }

  call<Result>(what: string, effect: () => Result): Promise<Result> {
    return this.keeper.call(what, effect);
  }

  note(paymentId: string, key: string, at: number): void {
    const keys = this.notes.get(paymentId) ?? new Set();
    this.notes.set(paymentId, keys.add(key));
    this.heard.set(paymentId, Math.max(at, this.heard.get(paymentId) ?? 0));
  }

  paymentsOf(orderReference: string): PaymentRow[] {
    return [...this.payments.values()].filter((payment) => payment.orderReference === orderReference);
  }

  operationsOf(paymentId: string): OperationRow[] {
    return [...this.operations.values()].filter((operation) => operation.paymentId === paymentId);
  }

  changePayment(id: string, changes: Partial<PaymentRow>): void {
    const payment = this.payments.get(id);
    if (payment !== undefined) this.payments.set(id, { ...payment, ...changes, updatedAt: new Date() });
  }

  changeOperation(id: string, changes: Partial<OperationRow>): void {
    const operation = this.operations.get(id);
    if (operation !== undefined) this.operations.set(id, { ...operation, ...changes, updatedAt: new Date() });
  }
}

/** The sources never look into their database object, so the tables can take its place. */
export function tablesOf(db: Db): Tables {
  return db as unknown as Tables;
}

export function dbOf(tables: Tables): Db {
  return tables as unknown as Db;
}

export function isUnfinished({ state }: Pick<OperationRow, 'state'>): boolean {
  return state === 'pending' || state === 'unknown';
}
