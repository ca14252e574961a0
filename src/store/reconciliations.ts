/** Reconciliations: begun, ended, found and listed. Their rows are in reconciled.ts. */
import { and, desc, eq, gt, inArray, lt, sql, type SQL } from 'drizzle-orm';
import { DRIFT_CLASSES, type DriftClass } from '../domain/reconcile.ts';
import { is, pageOf, type Page } from './lists.ts';
import { rows, type Db } from './open.ts';
import {
  foreignSessions,
  reconciliationRows,
  reconciliations,
  type Coverage,
  type Drift,
} from './schema/reconciliation-tables.ts';

export type ReconciliationRow = typeof reconciliations.$inferSelect;
export type ReconciledRow = typeof reconciliationRows.$inferSelect;

export interface NewReconciliation {
  readonly id: string;
  readonly gateway: string;
  readonly since: Date;
  readonly until: Date | null;
  readonly coverage: Coverage;
  readonly askedBy: string | null;
}

/** Writes that it runs. One that was written before stays as it is. */
export async function beginReconciliation(db: Db, begun: NewReconciliation): Promise<ReconciliationRow> {
  await db.insert(reconciliations).values(begun).onConflictDoNothing();
  return (await findReconciliation(db, begun.id)) as ReconciliationRow;
}

export async function findReconciliation(db: Db, id: string): Promise<ReconciliationRow | null> {
  const [found] = await db.select().from(reconciliations).where(eq(reconciliations.id, id));
  return found ?? null;
}

/** Never begun: its run could not be started. */
export async function dropReconciliation(db: Db, id: string): Promise<void> {
  await db.delete(reconciliations).where(eq(reconciliations.id, id));
}

interface Counts {
  readonly class: ReconciledRow['class'];
  readonly found: number;
  readonly repaired: number;
  readonly unexplained: number;
}

/** Counts its rows and keeps the result. A repeated call changes nothing. */
export async function completeReconciliation(db: Db, id: string): Promise<void> {
  const counted = await rows<Counts>(
    db,
    sql`select class, count(*)::int as found, (count(*) filter (where is_repaired))::int as repaired,
      (count(*) filter (where explanation is null))::int as unexplained
      from reconciliation_rows where reconciliation_id = ${id} group by class`,
  );
  const of = (name: Counts['class']): Counts =>
    counted.find((one) => one.class === name) ?? { class: name, found: 0, repaired: 0, unexplained: 0 };
  const drift = Object.fromEntries(
    DRIFT_CLASSES.map((name) => {
      const { found, unexplained } = of(name);
      return [name, { found, unexplained }];
    }),
  ) as Record<DriftClass, Drift[DriftClass]>;
  const { found: matched, repaired } = of('match');
  const { found: foreign } = of('foreign');
  const differing = drift.mismatch.found + drift.missing_here.found + drift.missing_there.found;
  const result = { matched, repaired, foreign, compared: matched + differing, drift };
  await end(db, id, { ...result, state: 'complete' });
}

export function failReconciliation(db: Db, id: string, failure: string): Promise<void> {
  return end(db, id, { state: 'failed', failure });
}

async function end(db: Db, id: string, result: Partial<ReconciliationRow>): Promise<void> {
  await db
    .update(reconciliations)
    .set({ ...result, finishedAt: sql`now()` })
    .where(and(eq(reconciliations.id, id), eq(reconciliations.state, 'running')));
}

/** Those of a gateway that are not ended. */
export function countRunningReconciliations(db: Db, gateway: string): Promise<number> {
  return db.$count(
    reconciliations,
    and(eq(reconciliations.gateway, gateway), eq(reconciliations.state, 'running')),
  );
}

export interface ReconciliationFilter {
  readonly gateway?: string | undefined;
  readonly state?: ReconciliationRow['state'] | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export async function pageOfReconciliations(
  db: Db,
  { gateway, state, limit, cursor }: ReconciliationFilter,
): Promise<Page<ReconciliationRow>> {
  const found = await db
    .select()
    .from(reconciliations)
    .where(
      and(
        is(reconciliations.gateway, gateway),
        is(reconciliations.state, state),
        cursor === undefined ? undefined : lt(reconciliations.id, cursor),
      ),
    )
    .orderBy(desc(reconciliations.id))
    .limit(limit + 1);
  return pageOf(found, limit);
}

export interface DifferencesFilter {
  readonly class?: DriftClass | undefined;
  readonly limit: number;
  /** The key of the last difference seen. */
  readonly cursor?: string | undefined;
}

/** What differs, by key. */
export async function pageOfDifferences(
  db: Db,
  id: string,
  { class: wanted, limit, cursor }: DifferencesFilter,
): Promise<Page<ReconciledRow>> {
  const classes = wanted === undefined ? DRIFT_CLASSES : [wanted];
  const found = await db
    .select()
    .from(reconciliationRows)
    .where(
      and(
        eq(reconciliationRows.reconciliationId, id),
        inArray(reconciliationRows.class, [...classes]),
        cursor === undefined ? undefined : gt(reconciliationRows.key, cursor),
      ),
    )
    .orderBy(reconciliationRows.key)
    .limit(limit + 1);
  return pageOf(found, limit);
}

/** The period of the daily Schedule, and the default of all others. */
export const USUAL_PERIOD_MS = 7 * 24 * 3_600_000;

/**
 * Only a reconciliation of the usual period or a longer one, up to now, shows that there is no drift. One hour is
 * given for clocks and for the time until its run began.
 */
const COVERS_USUAL_PERIOD = sql`state = 'complete' and until is null
  and since <= started_at - ${USUAL_PERIOD_MS - 3_600_000} * interval '1 millisecond'`;

/** The last complete reconciliation of each gateway that covers the usual period. */
export function lastReconciliations(
  db: Db,
): Promise<{ gateway: string; finishedAt: number; drift: Drift }[]> {
  return rows(
    db,
    sql`select distinct on (gateway) gateway, extract(epoch from finished_at)::float as "finishedAt", drift
      from reconciliations where ${COVERS_USUAL_PERIOD} order by gateway, id desc`,
  );
}

const KEPT_DAYS = 90;
const FOREIGN_KEPT_DAYS = 30;
/** A page is retried for six hours, so a longer one has been terminated. */
const LONGEST_DAYS = 2;
const SLICE = 2_000;

const days = (count: number): SQL => sql`${count} * interval '1 day'`;

/**
 * Deletes a slice of what is not needed any more. Returns whether there may be more. The last complete
 * reconciliation of a gateway stays, since the figures are made from it.
 */
export async function pruneReconciliations(db: Db): Promise<boolean> {
  await db
    .update(reconciliations)
    .set({
      state: 'failed',
      failure: 'it never ended: its run was terminated',
      finishedAt: sql`now()`,
    })
    .where(and(eq(reconciliations.state, 'running'), sql`started_at < now() - ${days(LONGEST_DAYS)}`));
  const passed = await rows(
    db,
    sql`delete from reconciliation_rows where ctid in (select passed.ctid from reconciliation_rows passed
      join reconciliations ended on ended.id = passed.reconciliation_id and ended.state <> 'running'
      where passed.class in ('match', 'foreign') limit ${SLICE}) returning 1`,
  );
  const old = sql`select id from reconciliations one where started_at < now() - ${days(KEPT_DAYS)}
    and id not in (select distinct on (gateway) id from reconciliations where ${COVERS_USUAL_PERIOD} order by gateway, id desc)`;
  const found = await rows(
    db,
    sql`delete from reconciliation_rows where ctid in (select ctid from reconciliation_rows
      where reconciliation_id in (${old}) limit ${SLICE}) returning 1`,
  );
  if (found.length < SLICE) await db.execute(sql`delete from reconciliations where id in (${old})`);
  const foreign = await rows(
    db,
    sql`delete from foreign_sessions where ctid in (select ctid from foreign_sessions
      where read_at < now() - ${days(FOREIGN_KEPT_DAYS)} limit ${SLICE}) returning 1`,
  );
  return [passed, found, foreign].some(({ length }) => length === SLICE);
}

/** Those of these sessions that are known to be of other shops. */
export async function knownForeign(
  db: Db,
  gateway: string,
  sessionIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (sessionIds.length === 0) return new Set();
  const found = await db
    .select({ sessionId: foreignSessions.sessionId })
    .from(foreignSessions)
    .where(and(eq(foreignSessions.gateway, gateway), inArray(foreignSessions.sessionId, [...sessionIds])));
  return new Set(found.map(({ sessionId }) => sessionId));
}

export async function rememberForeign(db: Db, gateway: string, sessionIds: readonly string[]): Promise<void> {
  if (sessionIds.length === 0) return;
  const values = [...new Set(sessionIds)].map((sessionId) => ({ gateway, sessionId }));
  await db.insert(foreignSessions).values(values).onConflictDoNothing();
}
