/** Requests that wait for a second person: asked for once, decided once, carried out until it is certain. */
import { randomUUID } from 'node:crypto';
import { and, desc, eq, getTableColumns, gt, isNull, lt, lte, ne, or, sql, type SQL } from 'drizzle-orm';
import type { Asker } from './asker.ts';
import { is, pageOf, type Page } from './lists.ts';
import { newId } from './new-ids.ts';
import type { Db } from './open.ts';
import { approvals, type ApprovedCall, type AskedOfSecond } from './schema/approval-table.ts';
import { payments } from './schema/order-tables.ts';

export type ApprovalRow = typeof approvals.$inferSelect;

/** For how long a second person may approve. */
const LIFETIME = sql`interval '24 hours'`;

export interface NewApproval extends Omit<Asker, 'reason'> {
  readonly paymentId: string;
  readonly what: ApprovedCall;
  /** Of a refund. Of a decision there is one request at a time. */
  readonly reference?: string;
  readonly bodyHash: string;
  readonly asked: AskedOfSecond;
  readonly amount: number;
  readonly currency: string;
  readonly reason?: string | undefined;
}

/**
 * The approval of a request: a new one, or the one that an equal request has asked for. A refund has one for its
 * reference, for all time. A decision gets another one once the last was carried
 * out, was rejected or has expired.
 */
export function askApproval(db: Db, wanted: NewApproval): Promise<ApprovalRow> {
  const { paymentId, what, reference } = wanted;
  return db.transaction(async (tx) => {
    // Two equal requests at once must find one approval.
    await tx
      .select({ id: payments.id })
      .from(payments)
      .where(eq(payments.id, paymentId))
      .for('no key update');
    const isUndone = and(eq(approvals.state, 'approved'), isNull(approvals.doneAt));
    const isKnown = reference === undefined ? or(isAwaiting(), isUndone) : eq(approvals.reference, reference);
    const [known] = await tx
      .select()
      .from(approvals)
      .where(and(eq(approvals.paymentId, paymentId), eq(approvals.what, what), isKnown))
      .orderBy(desc(approvals.id))
      .limit(1);
    if (known !== undefined) return known;
    const id = newId('apr');
    const [made] = await tx
      .insert(approvals)
      .values({ ...wanted, id, reference: reference ?? id, expiresAt: sql`now() + ${LIFETIME}` })
      .returning();
    return made as ApprovalRow;
  });
}

function isAwaiting(): SQL | undefined {
  return and(eq(approvals.state, 'awaiting'), gt(approvals.expiresAt, sql`now()`));
}

export async function findApproval(db: Db, id: string): Promise<ApprovalRow | null> {
  const [found] = await db.select().from(approvals).where(eq(approvals.id, id));
  return found ?? null;
}

/**
 * Decides once: of several persons the first. Null where it does not wait any more, or the key has the name of the one
 * that asked.
 */
export async function decideApproval(
  db: Db,
  id: string,
  state: 'approved' | 'rejected',
  by: { readonly key: string; readonly actor: string; readonly reason?: string | undefined },
): Promise<ApprovalRow | null> {
  const [decided] = await db
    .update(approvals)
    .set({
      state,
      decidedKey: by.key,
      decidedActor: by.actor,
      decidedReason: by.reason ?? null,
      decidedAt: sql`now()`,
      noteKey: `decision-${randomUUID()}`,
      carriedAt: sql`now()`,
    })
    .where(and(eq(approvals.id, id), isAwaiting(), ne(approvals.key, by.key)))
    .returning();
  return decided ?? null;
}

/** It was carried out, or refused with a code. */
export async function finishApproval(
  db: Db,
  id: string,
  refused: { readonly code: string; readonly detail: string } | null,
): Promise<ApprovalRow | null> {
  const [finished] = await db
    .update(approvals)
    .set({ doneAt: sql`now()`, ...refused })
    .where(and(eq(approvals.id, id), isNull(approvals.doneAt)))
    .returning();
  return finished ?? findApproval(db, id);
}

/** The process that was to carry it out within this time is dead, or could reach nothing. */
const UNDONE_AFTER = sql`interval '30 seconds'`;

/** Takes approved requests that were not carried out. Each is taken by one process. */
export function takeUndone(db: Db, limit: number): Promise<ApprovalRow[]> {
  const undone = db
    .select({ id: approvals.id })
    .from(approvals)
    .where(
      and(
        eq(approvals.state, 'approved'),
        isNull(approvals.doneAt),
        lt(approvals.carriedAt, sql`now() - ${UNDONE_AFTER}`),
      ),
    )
    .orderBy(approvals.carriedAt)
    .limit(limit)
    .for('update', { skipLocked: true });
  return db
    .update(approvals)
    .set({ carriedAt: sql`now()` })
    .where(sql`${approvals.id} in ${undone}`)
    .returning();
}

export const APPROVAL_STATUSES = ['awaiting_approval', 'approved', 'rejected', 'expired'] as const;
export type ApprovalStatus = (typeof APPROVAL_STATUSES)[number];

/** One that was not decided in time has expired. */
export function approvalStatus({ state, expiresAt }: ApprovalRow, now = Date.now()): ApprovalStatus {
  if (state !== 'awaiting') return state;
  return expiresAt.getTime() > now ? 'awaiting_approval' : 'expired';
}

const OF_STATUS = {
  awaiting_approval: isAwaiting(),
  approved: eq(approvals.state, 'approved'),
  rejected: eq(approvals.state, 'rejected'),
  expired: and(eq(approvals.state, 'awaiting'), lte(approvals.expiresAt, sql`now()`)),
} as const satisfies Record<ApprovalStatus, SQL | undefined>;

export interface ApprovalFilter {
  readonly status?: ApprovalStatus | undefined;
  readonly payment?: string | undefined;
  readonly order?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export type ListedApproval = ApprovalRow & { readonly orderReference: string };

/** Newest first. */
export async function listApprovals(db: Db, filter: ApprovalFilter): Promise<Page<ListedApproval>> {
  const { status, payment, order, limit, cursor } = filter;
  const found = await db
    .select({ ...getTableColumns(approvals), orderReference: payments.orderReference })
    .from(approvals)
    .innerJoin(payments, eq(payments.id, approvals.paymentId))
    .where(
      and(
        status && OF_STATUS[status],
        is(approvals.paymentId, payment),
        is(payments.orderReference, order),
        cursor === undefined ? undefined : lt(approvals.id, cursor),
      ),
    )
    .orderBy(desc(approvals.id))
    .limit(limit + 1);
  return pageOf(found, limit);
}
