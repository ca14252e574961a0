/** The condition that a payment has recorded one of these transactions as surplus. */
import { and, or, sql, type SQL } from 'drizzle-orm';
import { payments } from './schema/order-tables.ts';

/** The condition of the index. */
export const anySurplus = sql`${payments.surplus} <> '[]'::jsonb`;

/** Few payments have surplus: an index has those alone, and they are compared one by one. */
export function hasSurplus(transactionIds: readonly string[]): SQL | undefined {
  if (transactionIds.length === 0) return undefined;
  const named = transactionIds.map(
    (transactionId) => sql`${payments.surplus} @> ${JSON.stringify([{ transactionId }])}::jsonb`,
  );
  return and(anySurplus, or(...named));
}
