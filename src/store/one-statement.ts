import { sql, type SQLWrapper } from 'drizzle-orm';
import { rows, type Db } from './open.ts';

/** A change that can be awaited alone or combined with others. */
export type Change = SQLWrapper & PromiseLike<unknown>;

/**
 * Makes changes to different tables in one statement, all or none, since the number of statements costs more
 * than their work. Returns the rows of the last change, with the database's column names.
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
