/** Backfills: begun, counted, ended, found and listed. Their rows are in backfilled.ts. */
import { and, desc, eq, lt, sql } from 'drizzle-orm';
import { is, pageOf, type Page } from './lists.ts';
import type { Db } from './open.ts';
import { backfills, type BackfillState } from './schema/backfill-table.ts';

export type BackfillRow = typeof backfills.$inferSelect;

export type NewBackfill = Pick<BackfillRow, 'id' | 'gateway' | 'since' | 'until' | 'limits' | 'askedBy'>;

/** Events by what became of them. `read` is the sum of the others. */
export type BackfillCounts = Pick<BackfillRow, 'read' | 'written' | 'known' | 'foreign'>;

/** Writes that it runs. One that was written before stays as it is. */
export async function beginBackfill(db: Db, begun: NewBackfill): Promise<BackfillRow> {
  await db.insert(backfills).values(begun).onConflictDoNothing();
  return (await findBackfill(db, begun.id)) as BackfillRow;
}

export async function findBackfill(db: Db, id: string): Promise<BackfillRow | null> {
  const [found] = await db.select().from(backfills).where(eq(backfills.id, id));
  return found ?? null;
}

/** Never begun: its run could not be started. */
export async function dropBackfill(db: Db, id: string): Promise<void> {
  await db.delete(backfills).where(eq(backfills.id, id));
}

/** The counts so far. The same call again changes nothing. */
export async function countBackfilled(db: Db, id: string, counts: BackfillCounts): Promise<void> {
  await db.update(backfills).set(counts).where(isRunning(id));
}

/** A repeated call changes nothing. */
export async function endBackfill(db: Db, id: string, failure: string | null): Promise<void> {
  const state = failure === null ? 'complete' : 'failed';
  await db
    .update(backfills)
    .set({ state, failure, finishedAt: sql`now()` })
    .where(isRunning(id));
}

const isRunning = (id: string) => and(eq(backfills.id, id), eq(backfills.state, 'running'));

/** Those of a gateway that are not ended. */
export function countRunningBackfills(db: Db, gateway: string): Promise<number> {
  return db.$count(backfills, and(eq(backfills.gateway, gateway), eq(backfills.state, 'running')));
}

export interface BackfillFilter {
  readonly gateway?: string | undefined;
  readonly state?: BackfillState | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export async function pageOfBackfills(
  db: Db,
  { gateway, state, limit, cursor }: BackfillFilter,
): Promise<Page<BackfillRow>> {
  const found = await db
    .select()
    .from(backfills)
    .where(
      and(
        is(backfills.gateway, gateway),
        is(backfills.state, state),
        cursor === undefined ? undefined : lt(backfills.id, cursor),
      ),
    )
    .orderBy(desc(backfills.id))
    .limit(limit + 1);
  return pageOf(found, limit);
}

const KEPT = sql`interval '90 days'`;
/** A page is retried for six hours, so a longer one has been terminated. */
const LONGEST = sql`interval '2 days'`;

/** Deletes old ones, and ends those whose run is lost. There are few: a person asks for each. */
export async function pruneBackfills(db: Db): Promise<void> {
  await db
    .update(backfills)
    .set({ state: 'failed', failure: 'it never ended: its run was terminated', finishedAt: sql`now()` })
    .where(and(eq(backfills.state, 'running'), sql`started_at < now() - ${LONGEST}`));
  await db.delete(backfills).where(sql`started_at < now() - ${KEPT}`);
}
