/** Since when and until when secrets have signed: tells when an old one may be retired. */
import { sql } from 'drizzle-orm';
import { rows, type Db } from './open.ts';

export interface SecretUse {
  readonly first: Date;
  readonly last: Date;
}

/** When each of these fingerprints has signed a delivery that is in the log, in their order; null for one that never has. */
export async function readSecretUse(db: Db, fingerprints: readonly string[]): Promise<(SecretUse | null)[]> {
  if (fingerprints.length === 0) return [];
  const each = sql.join(
    fingerprints.map(
      (secret, index) => sql`select ${index}::integer as "index",
        (select min(last_received_at) from deliveries where secret = ${secret}) as "first",
        (select max(last_received_at) from deliveries where secret = ${secret}) as "last"`,
    ),
    sql` union all `,
  );
  const found = await rows<{ index: number; first: string | null; last: string | null }>(db, each);
  const byIndex = new Map(found.map((row) => [row.index, row]));
  return fingerprints.map((_, index) => useOf(byIndex.get(index)));
}

function useOf(row: { first: string | null; last: string | null } | undefined): SecretUse | null {
  if (row === undefined || row.first === null || row.last === null) return null;
  return { first: new Date(row.first), last: new Date(row.last) };
}

/** A gateway may go on for so long with what it signed before. */
const RETRIES_MS = 24 * 3_600_000;

/**
 * Since when each of a list of secrets, newest first, may be retired: once newer ones alone have signed for a day. Null for the newest,
 * and for one that still signs or whose successor has not signed yet.
 */
export function retirableSince(uses: readonly (SecretUse | null)[], now: Date): (Date | null)[] {
  return uses.map((use, index) => {
    const newer = uses.slice(0, index).filter((each) => each !== null);
    if (newer.length === 0) return null;
    const firstOfNewer = Math.min(...newer.map(({ first }) => first.getTime()));
    const lastOfNewer = Math.max(...newer.map(({ last }) => last.getTime()));
    const lastOfOld = use?.last.getTime() ?? 0;
    const since = Math.max(firstOfNewer, lastOfOld) + RETRIES_MS;
    return lastOfNewer > lastOfOld && since <= now.getTime() ? new Date(since) : null;
  });
}
