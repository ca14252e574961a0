/** How large the store is, and how fast it grows. */
import { sql } from 'drizzle-orm';
import { rows, type Db } from './open.ts';

/** Called each minute; writes once an hour, whichever process comes first. */
export async function noteStoreSize(db: Db): Promise<void> {
  await db.execute(sql`insert into store_sizes (hour, bytes)
    select date_trunc('hour', now()), pg_database_size(current_database())
      where not exists (select 1 from store_sizes where hour = date_trunc('hour', now()))
    on conflict do nothing`);
}

export interface StoreSize {
  readonly bytes: number;
  /** Null until it is known for an hour. */
  readonly growthBytesPerDay: number | null;
}

/** The present size, and its growth since the oldest of the last seven days that is known. */
export async function readStoreSize(db: Db): Promise<StoreSize> {
  const [row] = await rows<{ bytes: number; before: number | null; days: number | null }>(
    db,
    sql`select pg_database_size(current_database())::float8 as bytes, oldest.bytes::float8 as before,
        (extract(epoch from now() - oldest.hour) / 86400)::float8 as days
      from (select 1) one left join (select hour, bytes from store_sizes
        where hour > now() - interval '7 days' order by hour limit 1) oldest on true`,
  );
  const { bytes = 0, before = null, days = null } = row ?? {};
  const isKnown = before !== null && days !== null && days >= 1 / 24;
  return { bytes, growthBytesPerDay: isKnown ? Math.round((bytes - before) / days) : null };
}

export async function pruneSizes(db: Db): Promise<void> {
  await db.execute(sql`delete from store_sizes where hour < now() - interval '32 days'`);
}
