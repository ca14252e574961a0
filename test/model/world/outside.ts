/** The replacements of `Date`, `fetch` and `AbortSignal` in the sources. Load it before them. */
import { ModelDate } from './clock.ts';

interface Endpoint {
  hear(effectId: string, body: string): Promise<{ status: number }>;
}

/** The merchants' endpoints by order; an effect's id begins with its order or its payment. */
export const shops = new Map<string, Endpoint>();

/** The only HTTP request in the model: an order update. */
async function modelFetch(_: string, request: { headers: Record<string, string>; body: string }) {
  const effectId = request.headers['webhook-id'] ?? '';
  const reference = effectId.replace(/(-p\d+)?\/.*$/, '');
  const shop = shops.get(reference);
  if (shop === undefined) throw new Error(`there is no merchant of order ${reference}`);
  return { ...(await shop.hear(effectId, request.body)), body: null };
}

const NEVER = new AbortController().signal;

const ModelAbortSignal = {
  any: () => NEVER,
  timeout: () => NEVER,
  abort: () => globalThis.AbortSignal.abort(),
};

Object.assign(globalThis, { ModelDate, modelFetch, ModelAbortSignal });
