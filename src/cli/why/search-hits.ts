/** The order that a search by one id means. */
import type { z } from 'zod';
import type { hit, searchAnswer } from '../../api/search/search-view.ts';

export type Hit = z.infer<typeof hit>;

export interface OrderNamed {
  /** The one order; null where there is none, or more than one. */
  readonly reference: string | null;
  /** What else has that id: of other orders, or of none. */
  readonly others: readonly Hit[];
  readonly hasMore: boolean;
}

/** An order's own reference means the order, also where something else has the same id. */
export function orderNamedBy({ data, hasMore }: z.infer<typeof searchAnswer>): OrderNamed {
  const references = new Set(data.flatMap(({ orderReference }) => orderReference ?? []));
  const [first] = references;
  const isOne = data[0]?.kind === 'order' || (references.size === 1 && !hasMore);
  const reference = isOne ? (first ?? null) : null;
  const others = data.filter((each) => reference === null || each.orderReference !== reference);
  return { reference, others, hasMore };
}
