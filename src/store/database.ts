/** Transactions on PostgreSQL that never leave a connection behind which nobody hears. */
import { drizzle } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import type { Db } from './open.ts';
import * as schema from './schema.ts';

/**
 * A database on the pool whose transactions give their connection back whatever happens. Drizzle's own keeps it for good when
 * `begin` fails, and gives a silent one back for reuse when `rollback` does: 20 of either, and the process never reaches its store again.
 */
export function databaseOn(pool: pg.Pool): Db {
  const db: Db = drizzle(pool, { schema });
  const onClient = new WeakMap<pg.PoolClient, Db>();
  db.transaction = async (body, config) => {
    const client = await pool.connect();
    const own = onClient.get(client) ?? drizzle(client, { schema });
    onClient.set(client, own);
    try {
      const result = await own.transaction(body, config);
      client.release();
      return result;
    } catch (error) {
      // Whosever fault it was: it is not known what the server has heard last.
      client.release(true);
      throw error;
    }
  };
  return db;
}
