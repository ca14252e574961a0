/** When each secret signed first and last. It shows when an old secret may be retired. */
import { sql } from 'drizzle-orm';
import { rows, type Db } from './open.ts';

export interface SecretUse {
  readonly first: Date;
  readonly last: Date;
}

/**
 * When each of these fingerprints signed a delivery in the log, in their order. Null for one that never did.
 */
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

/** For so long a gateway may still retry callbacks that it signed with the old secret. */
const RETRIES_MS = 24 * 3_600_000;

/**
 * For each of a list of secrets, newest first: since when it may be retired, which is once only newer secrets
 * have signed for a day. Null for the newest, for one that still signs, and for one whose successor has not
 * signed yet.
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
