/** What a reconciliation has compared so far, by transaction: it has no state of its own but this. */
import { and, eq, gt, inArray, lt, sql } from 'drizzle-orm';
import { isMoney, PAYMENT_STATUSES } from '../domain/payment.ts';
import type { Compared, Explanation, Holding } from '../domain/reconcile.ts';
import { isUnfinished } from './operations.ts';
import { madeSince } from './lists.ts';
import { rows, type Db } from './open.ts';
import type { PaymentRow } from './payments.ts';
import type { ReconciledRow, ReconciliationRow } from './reconciliations.ts';
import { operations } from './schema/operation-table.ts';
import { payments } from './schema/order-tables.ts';
import { reconciliationRows } from './schema/reconciliation-tables.ts';
import { wakes } from './schema/wake-table.ts';

export interface ComparedRow extends Omit<
  ReconciledRow,
  'reconciliationId' | 'isRepaired' | 'holdings' | 'class'
> {
  readonly class: Compared;
}

/** Writes the results of comparisons. A transaction that was compared before keeps its newest result. */
export async function writeCompared(
  db: Db,
  reconciliationId: string,
  compared: readonly ComparedRow[],
): Promise<void> {
  // One statement can't write a row twice, and a page may show a transaction twice.
  const distinct = [...new Map(compared.map((row) => [row.key, row])).values()];
  if (distinct.length === 0) return;
  await db
    .insert(reconciliationRows)
    .values(distinct.map((row) => ({ ...row, reconciliationId })))
    .onConflictDoUpdate({
      target: [reconciliationRows.reconciliationId, reconciliationRows.key],
      set: {
        class: sql`excluded.class`,
        orderReference: sql`excluded.order_reference`,
        paymentId: sql`excluded.payment_id`,
        here: sql`excluded.here`,
        there: sql`excluded.there`,
        explanation: sql`excluded.explanation`,
      },
    });
}

/** What a later comparison of a row has found. */
export interface ComparedAgain extends Partial<Pick<ReconciledRow, 'here' | 'there' | 'paymentId'>> {
  readonly class: Compared;
  readonly explanation: Explanation | null;
  readonly isRepaired: boolean;
}

export async function writeComparedAgain(
  db: Db,
  { reconciliationId, key }: Pick<ReconciledRow, 'reconciliationId' | 'key'>,
  now: ComparedAgain,
): Promise<void> {
  await db
    .update(reconciliationRows)
    .set(now)
    .where(and(eq(reconciliationRows.reconciliationId, reconciliationId), eq(reconciliationRows.key, key)));
}

const DIFFERING = ['mismatch', 'missing_here', 'missing_there'] as const;

/** Transactions that differ, after this key. */
export function differing(
  db: Db,
  reconciliationId: string,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<ReconciledRow[]> {
  return db
    .select()
    .from(reconciliationRows)
    .where(
      and(
        eq(reconciliationRows.reconciliationId, reconciliationId),
        inArray(reconciliationRows.class, [...DIFFERING]),
        gt(reconciliationRows.key, after),
      ),
    )
    .orderBy(reconciliationRows.key)
    .limit(limit);
}

const WITH_MONEY = PAYMENT_STATUSES.filter(isMoney);

/** Payments of the period with money that the gateway's listing has not shown, after this id. */
export function unlistedPayments(
  db: Db,
  { id, gateway, since, until }: Pick<ReconciliationRow, 'id' | 'gateway' | 'since' | 'until'>,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<PaymentRow[]> {
  // Qualified by hand: drizzle writes bare column names here, which would refer to `seen`.
  const isUnseen = sql`not exists (select 1 from reconciliation_rows seen where seen.reconciliation_id = ${id}
    and seen.key in (payments.transaction_id, 'payment/' || payments.id))`;
  return db
    .select()
    .from(payments)
    .where(
      and(
        eq(payments.gateway, gateway),
        inArray(payments.status, WITH_MONEY),
        madeSince(payments.id, 'pay', payments.createdAt, since.toISOString()),
        until === null ? undefined : lt(payments.createdAt, until),
        gt(payments.id, after),
        isUnseen,
      ),
    )
    .orderBy(payments.id)
    .limit(limit);
}

export async function findPayments(
  db: Db,
  ids: readonly (string | null)[],
): Promise<ReadonlyMap<string, PaymentRow>> {
  const wanted = ids.filter((id) => id !== null);
  if (wanted.length === 0) return new Map();
  const found = await db.select().from(payments).where(inArray(payments.id, wanted));
  return new Map(found.map((row) => [row.id, row]));
}

/**
 * How many of these payments this reconciliation has asked to look, and no look of them is recorded since. Those
 * that were woken recently for the same observation were not asked.
 */
export async function countExpectedLooks(
  db: Db,
  reconciliationId: string,
  paymentIds: readonly string[],
  since: Date,
): Promise<number> {
  if (paymentIds.length === 0) return 0;
  // Qualified by hand: drizzle writes bare column names here, which would refer to `looked`.
  const hasLooked = sql`exists (select 1 from timeline looked where looked.payment_id = wakes.payment_id
    and looked.kind = 'read' and looked.at >= ${since.toISOString()}::timestamptz)`;
  const isAsked = and(
    inArray(wakes.paymentId, [...paymentIds]),
    eq(wakes.why, 'reconciliation'),
    eq(wakes.takenBy, reconciliationId),
  );
  return db.$count(wakes, and(isAsked, sql`not ${hasLooked}`));
}

/** Whether money of a payment is moving: any operation, or one that gives back its own transaction's money. */
export interface Moving {
  readonly any: ReadonlySet<string>;
  readonly back: ReadonlySet<string>;
}

export async function movingMoney(db: Db, paymentIds: readonly string[]): Promise<Moving> {
  if (paymentIds.length === 0) return { any: new Set(), back: new Set() };
  const found = await db
    .select({ id: operations.paymentId, cause: operations.cause, of: operations.transactionId })
    .from(operations)
    .where(and(inArray(operations.paymentId, [...paymentIds]), isUnfinished));
  const back = found.filter(
    ({ cause, of }) => of === null && (cause === 'late_money' || cause === 'operator'),
  );
  return { any: new Set(found.map(({ id }) => id)), back: new Set(back.map(({ id }) => id)) };
}

/**
 * Orders of compared transactions that may have money in more than one, after this reference: they have several
 * payments, surplus, or a transaction that is missing here.
 */
export async function doubtfulOrders(
  db: Db,
  reconciliationId: string,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<string[]> {
  const found = await rows<{ reference: string }>(
    db,
    sql`select compared.order_reference as reference from reconciliation_rows compared
      left join payments p on p.order_reference = compared.order_reference
      where compared.reconciliation_id = ${reconciliationId} and compared.order_reference > ${after}
      group by compared.order_reference
      having count(distinct p.id) > 1 or bool_or(p.surplus <> '[]'::jsonb) or bool_or(compared.class = 'missing_here')
      order by compared.order_reference limit ${limit}`,
  );
  return found.map(({ reference }) => reference);
}

/** All payments of these orders, and what is missing of them on either side. */
export async function moneyOfOrders(
  db: Db,
  reconciliationId: string,
  references: readonly string[],
): Promise<{ payments: PaymentRow[]; missing: ReconciledRow[] }> {
  if (references.length === 0) return { payments: [], missing: [] };
  const [ours, missing] = await Promise.all([
    db
      .select()
      .from(payments)
      .where(inArray(payments.orderReference, [...references])),
    db
      .select()
      .from(reconciliationRows)
      .where(
        and(
          eq(reconciliationRows.reconciliationId, reconciliationId),
          inArray(reconciliationRows.orderReference, [...references]),
          inArray(reconciliationRows.class, ['missing_here', 'missing_there']),
        ),
      ),
  ]);
  return { payments: ours, missing };
}

export interface Duplicate {
  readonly orderReference: string;
  readonly holdings: readonly Holding[];
  readonly explanation: Explanation | null;
}

export async function writeDuplicates(
  db: Db,
  reconciliationId: string,
  found: readonly Duplicate[],
): Promise<void> {
  if (found.length === 0) return;
  await db
    .insert(reconciliationRows)
    .values(
      found.map((one) => ({
        ...one,
        reconciliationId,
        key: `order/${one.orderReference}`,
        class: 'duplicate' as const,
      })),
    )
    .onConflictDoUpdate({
      target: [reconciliationRows.reconciliationId, reconciliationRows.key],
      set: { holdings: sql`excluded.holdings`, explanation: sql`excluded.explanation` },
    });
}
