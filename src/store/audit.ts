/** The audit log: who moved money or made a decision, with which key and from which address. */
import { and, desc, eq, getTableColumns, lt } from 'drizzle-orm';
import { newId } from './new-ids.ts';
import { is, madeBefore, madeSince, pageOf, type Page } from './lists.ts';
import type { Db } from './open.ts';
import { audit } from './schema/audit-table.ts';
import { payments } from './schema/order-tables.ts';

export type AuditRow = typeof audit.$inferSelect;
export type NewAudit = Pick<AuditRow, 'key' | 'address' | 'requestId' | 'what' | 'paymentId'>;

/** Written before anything is done. Returns its id. */
export async function beginAudit(db: Db, call: NewAudit): Promise<string> {
  const id = newId('aud');
  await db.insert(audit).values({ ...call, id });
  return id;
}

/** Adds what was asked for, and the answer. */
export async function answerAudit(
  db: Db,
  id: string,
  answer: Pick<AuditRow, 'actor' | 'asked' | 'status' | 'code'> & Partial<Pick<AuditRow, 'paymentId'>>,
): Promise<void> {
  await db.update(audit).set(answer).where(eq(audit.id, id));
}

export interface AuditFilter {
  readonly key?: string | undefined;
  readonly what?: AuditRow['what'] | undefined;
  readonly payment?: string | undefined;
  readonly order?: string | undefined;
  readonly createdAfter?: string | undefined;
  readonly createdBefore?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export type AuditedRow = AuditRow & { readonly orderReference: string | null };

/** Newest first. */
export async function listAudit(db: Db, filter: AuditFilter): Promise<Page<AuditedRow>> {
  const { key, what, payment, order, createdAfter, createdBefore, cursor, limit } = filter;
  const { orderReference } = payments;
  const found = await db
    .select({ ...getTableColumns(audit), orderReference })
    .from(audit)
    .leftJoin(payments, eq(payments.id, audit.paymentId))
    .where(
      and(
        is(audit.key, key),
        is(audit.what, what),
        is(audit.paymentId, payment),
        is(payments.orderReference, order),
        madeSince(audit.id, 'aud', audit.at, createdAfter),
        madeBefore(audit.id, 'aud', audit.at, createdBefore),
        cursor === undefined ? undefined : lt(audit.id, cursor),
      ),
    )
    .orderBy(desc(audit.id))
    .limit(limit + 1);
  return pageOf(found, limit);
}
