import { sql, type SQLWrapper } from 'drizzle-orm';
import { rows, type Db } from './open.ts';

/** A change that can be awaited by itself or made together with others. */
export type Change = SQLWrapper & PromiseLike<unknown>;

/**
 * Makes changes to different tables as one statement, all or none; what costs is the number of statements, more than what they do.
 * Returns the rows of the last change, with the names that the database gives them.
 */
export async function changeTogether<Row>(db: Db, changes: readonly Change[]): Promise<Row[]> {
  const last = changes.at(-1);
  if (last === undefined) return [];
  const others = changes
    .slice(0, -1)
    .map((change, index) => sql`${sql.identifier(`change_${index}`)} as ${change}`);
  const head = others.length === 0 ? sql`` : sql`with ${sql.join(others, sql`, `)} `;
  return rows<Row>(db, sql`${head}${last.getSQL()}`);
}
