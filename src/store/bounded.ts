/** Lists whose filter may make PostgreSQL read many rows end after a while. */
import { sql } from 'drizzle-orm';
import { isErrorLike } from '../lib/root-of.ts';
import type { Db } from './open.ts';

/** Far above what a list takes that an index serves. */
export const LONGEST_LIST_MS = 3_000;

/** A list would have had to read too many rows. */
export class TooManyRows extends Error {
  override readonly name = 'TooManyRows';
}

/**
 * Reads in a transaction whose statements have a time limit. The embedded store has none: it is small.
 * @throws TooManyRows
 */
export async function inBounds<T>(
  db: Db,
  read: (tx: Db) => Promise<T>,
  longestMs = LONGEST_LIST_MS,
): Promise<T> {
  try {
    return await db.transaction(async (tx) => {
      await tx.execute(sql`select set_config('statement_timeout', ${String(longestMs)}, true)`);
      return read(tx);
    });
  } catch (error) {
    if (isTimeOut(error)) throw new TooManyRows('the list reads too many rows', { cause: error });
    throw error;
  }
}

/** PostgreSQL's code of a statement that was cancelled by its time limit. */
function isTimeOut(error: unknown, depth = 0): boolean {
  if (!isErrorLike(error) || depth > 5) return false;
  return error.code === '57014' || isTimeOut(error.cause, depth + 1);
}
