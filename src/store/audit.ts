/** Who had money moved, or decided, by which key and from where. */
import { and, desc, eq, lt } from 'drizzle-orm';
import { newId } from './ids.ts';
import { madeSince } from './lists.ts';
import type { Db } from './open.ts';
import { audit, payments } from './schema.ts';

export type AuditRow = typeof audit.$inferSelect;
export type NewAudit = Pick<AuditRow, 'key' | 'address' | 'requestId' | 'what' | 'paymentId'>;

/** Written before anything is done; its id. */
export async function beginAudit(db: Db, call: NewAudit): Promise<string> {
  const id = newId('aud');
  await db.insert(audit).values({ ...call, id });
  return id;
}

/** What was asked for and what it was answered. */
export async function answerAudit(
  db: Db,
  id: string,
  answer: Pick<AuditRow, 'actor' | 'asked' | 'status' | 'code'>,
): Promise<void> {
  await db.update(audit).set(answer).where(eq(audit.id, id));
}

export interface AuditFilter {
  readonly key?: string | undefined;
  readonly what?: AuditRow['what'] | undefined;
  readonly payment?: string | undefined;
  readonly order?: string | undefined;
  readonly createdAfter?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export type AuditedRow = AuditRow & { readonly orderReference: string | null };

/** Newest first, one more than `limit` where there are more. */
export async function listAudit(db: Db, filter: AuditFilter): Promise<AuditedRow[]> {
  const { key, what, payment, order, createdAfter, cursor, limit } = filter;
  const found = await db
    .select({ row: audit, orderReference: payments.orderReference })
    .from(audit)
    .leftJoin(payments, eq(payments.id, audit.paymentId))
    .where(
      and(
        key === undefined ? undefined : eq(audit.key, key),
        what === undefined ? undefined : eq(audit.what, what),
        payment === undefined ? undefined : eq(audit.paymentId, payment),
        order === undefined ? undefined : eq(payments.orderReference, order),
        madeSince(audit.id, 'aud', audit.at, createdAfter),
        cursor === undefined ? undefined : lt(audit.id, cursor),
      ),
    )
    .orderBy(desc(audit.id))
    .limit(limit + 1);
  return found.map(({ row, orderReference }) => ({ ...row, orderReference }));
}
