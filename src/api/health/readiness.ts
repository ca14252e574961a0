/** Whether a process can accept a callback. The check reads only. */
import type { z } from 'zod';
import type { Service } from '../../service.ts';
import { refusesNow } from '../../health/store-checks.ts';
import { withStoreTimeout } from '../../store/errors.ts';
import { ping } from '../../store/store-health.ts';
import { rootOf } from '../../lib/root-of.ts';
import { withTimeout } from '../../temporal/run-calls.ts';
import type { ready } from './health-view.ts';

export const LOOK_LIMIT_MS = 800;

/**
 * Only the inside gets the reason why something is unavailable: it may name hosts and ports that must not be
 * public.
 */
export async function readinessOf(service: Service, isInside: boolean): Promise<z.infer<typeof ready>> {
  const said = (reason: string | null) => (reason === null ? 'ok' : isInside ? reason : 'away');
  const [away, temporal] = await Promise.all([
    reasonOf(withStoreTimeout(ping(service.store.db), LOOK_LIMIT_MS)),
    temporalAway(service),
  ]);
  const store = away ?? refusesNow(service.store);
  const isAble = store === null || temporal === null;
  const isOpening = service.openings.failing() === 0;
  const isWhole = store === null && temporal === null && isOpening;
  return {
    status: isWhole ? 'ready' : isAble ? 'degraded' : 'unavailable',
    store: said(store),
    temporal: said(temporal),
    openings: isOpening ? 'ok' : 'failing',
  };
}

/** Why Temporal can't be used now; null if it can. */
export function temporalAway({ namespace }: Pick<Service, 'namespace'>): Promise<string | null> {
  return reasonOf(withTimeout(namespace.check(), LOOK_LIMIT_MS));
}

async function reasonOf(look: Promise<unknown>): Promise<string | null> {
  try {
    await look;
    return null;
  } catch (error) {
    return rootOf(error);
  }
}
