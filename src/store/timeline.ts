import { asc, eq, sql } from 'drizzle-orm';
import type { Note } from '../domain/note.ts';
import type { Db } from './open.ts';
import { timeline } from './schema/order-tables.ts';

/** A payment's timeline, oldest first. */
export async function readTimeline(db: Db, paymentId: string): Promise<(typeof timeline.$inferSelect)[]> {
  return db
    .select()
    .from(timeline)
    .where(eq(timeline.paymentId, paymentId))
    .orderBy(asc(timeline.at), asc(timeline.id));
}

/** Adds one note. A retry does not add it twice. */
export async function addNote(db: Db, paymentId: string, note: Note, key: string): Promise<void> {
  const { at, ...rest } = note;
  await db
    .insert(timeline)
    .values({ ...rest, paymentId, key, ...(at !== undefined && { at: new Date(at) }) })
    .onConflictDoNothing();
}

/** Notes the payer's first return, where no run has noted one. */
export async function noteFirstReturn(db: Db, paymentId: string): Promise<void> {
  await db.execute(sql`insert into timeline (payment_id, kind, text, key)
    select ${paymentId}, 'return', 'the browser came back, the payment being settled by then', 'first-return'
    where not exists (select 1 from timeline where payment_id = ${paymentId} and kind = 'return')
    on conflict do nothing`);
}
