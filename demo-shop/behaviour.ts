import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';

/** How a test makes the shop's webhook endpoint misbehave. */
export const behaviourSchema = z.strictObject({
  mode: z.enum(['ok', 'hang', 'error', 'gone', 'slow']),
  /** `slow`: wait this long before the answer; `hang`: at most this long, or until the sender gives up. */
  ms: z.number().int().min(0).max(600_000).optional(),
  /** Only for these orders; the others get mode `ok`. */
  orders: z.array(z.string()).optional(),
});

export type Behaviour = z.infer<typeof behaviourSchema>;

/**
 * How the endpoint handles a verified update: it keeps the update and answers, or it answers with this status
 * and drops the update.
 */
export type Treatment =
  | { readonly keep: true; readonly delayMs: number }
  | { readonly keep: false; readonly status: number };

const WELL: Treatment = { keep: true, delayMs: 0 };
const HANG_LIMIT_MS = 600_000;

/**
 * Decides how to handle an update of this order. A hang waits here until `closed` says that the sender has
 * left.
 */
export async function treat(behaviour: Behaviour, order: string, closed: AbortSignal): Promise<Treatment> {
  if (behaviour.orders !== undefined && !behaviour.orders.includes(order)) return WELL;
  switch (behaviour.mode) {
    case 'ok':
      return WELL;
    case 'slow':
      return { keep: true, delayMs: behaviour.ms ?? 2_000 };
    case 'error':
      return { keep: false, status: 500 };
    case 'gone':
      return { keep: false, status: 410 };
    case 'hang':
      await waitUnlessClosed(behaviour.ms ?? HANG_LIMIT_MS, closed);
      return { keep: false, status: 503 };
  }
}

/** Waits, but not longer than the sender. */
export async function waitUnlessClosed(ms: number, closed: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal: closed, ref: false }).catch(() => undefined);
}
