/** The processes of the service, as they report themselves. */
import { desc, eq, sql } from 'drizzle-orm';
import type { Db } from './open.ts';
import { processes } from './schema/system-tables.ts';

export type ProcessRow = typeof processes.$inferSelect;

/** What a process knows about itself. */
export type ProcessReport = Omit<ProcessRow, 'seenAt'>;

/** Called every half minute. */
export async function noteProcess(db: Db, report: ProcessReport): Promise<void> {
  const { memoryBytes } = report;
  await db
    .insert(processes)
    .values(report)
    .onConflictDoUpdate({ target: processes.id, set: { memoryBytes, seenAt: sql`now()` } });
}

/** It has stopped, and is not missed. */
export async function forgetProcess(db: Db, id: string): Promise<void> {
  await db.delete(processes).where(eq(processes.id, id));
}

/** Those that were started last come first. */
export function readProcesses(db: Db): Promise<ProcessRow[]> {
  return db.select().from(processes).orderBy(desc(processes.startedAt), processes.id);
}

/** Those that were not seen for a day. */
export async function pruneProcesses(db: Db): Promise<void> {
  await db.delete(processes).where(sql`seen_at < now() - interval '1 day'`);
}
