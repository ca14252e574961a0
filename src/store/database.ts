/** Transactions on PostgreSQL that never leak a connection. */
import { drizzle } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import type { Db } from './open.ts';

/**
 * A database on the pool. Its transactions always give their connection back. Drizzle's own transactions keep
 * the connection forever if `begin` fails, and return a dead one for reuse if `rollback` fails. After 20 of
 * either, the process never reaches its store again.
 */
export function databaseOn(pool: pg.Pool): Db {
  const db: Db = drizzle(pool);
  const onClient = new WeakMap<pg.PoolClient, Db>();
  db.transaction = async (body, config) => {
    const client = await pool.connect();
    const own = onClient.get(client) ?? drizzle(client);
    onClient.set(client, own);
    try {
      const result = await own.transaction(body, config);
      client.release();
      return result;
    } catch (error) {
      // Whatever the cause, we do not know which statements the server has received.
      client.release(true);
      throw error;
    }
  };
  return db;
}
