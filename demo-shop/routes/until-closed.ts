import type { ServerResponse } from 'node:http';
import type { Shop } from '../shop.ts';

/** Aborted as soon as the other side is gone or the shop closes. */
export function untilClosed(shop: Shop, response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return AbortSignal.any([gone.signal, shop.closing]);
}
