/** The passes of the sweeps over the listings of a gateway, for people. The marks alone decide what is read next. */
import { and, asc, eq, gte, isNull, sql } from 'drizzle-orm';
import type { Db } from './open.ts';
import { sweepPasses } from './schema/system-tables.ts';

export type PassRow = typeof sweepPasses.$inferSelect;

interface Sweep {
  readonly gateway: string;
  readonly startedAt: Date;
}

/** Before the first page of the first listing is read. */
export async function beginPasses(
  db: Db,
  { gateway, startedAt }: Sweep,
  listings: readonly string[],
): Promise<void> {
  if (listings.length === 0) return;
  const begun = listings.map((listing) => ({ gateway, startedAt, listing }));
  await db.insert(sweepPasses).values(begun).onConflictDoNothing();
}

/** A page could not be read. The next try may read it. */
export async function noteFailedPass(
  db: Db,
  { gateway, startedAt, listing, failure }: Sweep & { readonly listing: string; readonly failure: string },
): Promise<void> {
  await db
    .insert(sweepPasses)
    .values({ gateway, startedAt, listing, failure })
    .onConflictDoUpdate({
      target: [sweepPasses.gateway, sweepPasses.startedAt, sweepPasses.listing],
      set: { failure },
      setWhere: isNull(sweepPasses.finishedAt),
    });
}

/** The passes that began at that time or later, oldest first. */
export function readPasses(db: Db, gateway: string, since: Date): Promise<PassRow[]> {
  return db
    .select()
    .from(sweepPasses)
    .where(and(eq(sweepPasses.gateway, gateway), gte(sweepPasses.startedAt, since)))
    .orderBy(asc(sweepPasses.startedAt), asc(sweepPasses.listing));
}

/** When the oldest known pass began; null before the first. */
export async function firstPassAt(db: Db, gateway: string): Promise<Date | null> {
  const [first] = await db
    .select({ at: sweepPasses.startedAt })
    .from(sweepPasses)
    .where(eq(sweepPasses.gateway, gateway))
    .orderBy(asc(sweepPasses.startedAt))
    .limit(1);
  return first?.at ?? null;
}

export async function prunePasses(db: Db): Promise<void> {
  await db.delete(sweepPasses).where(sql`started_at < now() - interval '8 days'`);
}
