/** Reads all pages of listings, like the sweep. */
import type { Gateway, ListedTransaction } from '../../src/gateways/gateway.ts';

export async function* pagesOf(
  gateway: Pick<Gateway, 'listPage'>,
  listing: string,
  since: Date,
): AsyncGenerator<readonly ListedTransaction[]> {
  let cursor: string | null = null;
  do {
    const { rows, next } = await gateway.listPage({ listing, since, cursor });
    yield rows;
    cursor = next;
  } while (cursor !== null);
}

/** Everything that the listings of changes show. */
export async function changesAt(
  gateway: Pick<Gateway, 'listPage' | 'listings'>,
  since: Date,
): Promise<ListedTransaction[]> {
  const rows: ListedTransaction[] = [];
  for (const { name, every } of gateway.listings)
    if (every !== 'sweep') for await (const page of pagesOf(gateway, name, since)) rows.push(...page);
  return rows;
}
