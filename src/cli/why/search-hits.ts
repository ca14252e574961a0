/** Decides which order a search by one id means. */
import type { z } from 'zod';
import type { hit, searchAnswer } from '../../api/search/search-view.ts';

export type Hit = z.infer<typeof hit>;

export interface OrderNamed {
  /** The one order; null if there is none or more than one. */
  readonly reference: string | null;
  /** The other matches of the id, in other orders or in none. */
  readonly others: readonly Hit[];
  readonly hasMore: boolean;
}

/** An order's own reference means the order, even if something else has the same id. */
export function orderNamedBy({ data, hasMore }: z.infer<typeof searchAnswer>): OrderNamed {
  const references = new Set(data.flatMap(({ orderReference }) => orderReference ?? []));
  const [first] = references;
  const isOne = data[0]?.kind === 'order' || (references.size === 1 && !hasMore);
  const reference = isOne ? (first ?? null) : null;
  const others = data.filter((each) => reference === null || each.orderReference !== reference);
  return { reference, others, hasMore };
}
