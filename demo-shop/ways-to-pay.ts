import type { PaidonceApi, WayToPay } from './paidonce-api.ts';

/** The list changes only with paidonce's configuration. */
const FRESH_MS = 30_000;

/**
 * The gateways that a payer may choose from, the default one first; none while paidonce does not answer: it then
 * uses its default.
 */
export function waysToPay(api: Pick<PaidonceApi, 'listGateways'>): () => Promise<readonly WayToPay[]> {
  let known: readonly WayToPay[] = [];
  let readAt = 0;
  return async () => {
    if (Date.now() - readAt < FRESH_MS) return known;
    try {
      const found = await api.listGateways();
      known = found.toSorted((left, right) => Number(right.isDefault) - Number(left.isDefault));
      readAt = Date.now();
    } catch {
      // A page without the choice is better than no page.
    }
    return known;
  };
}
