/** The merchant's endpoint as the API shows it. */
import { z } from 'zod';
import type { Service } from '../../service.ts';
import { readEndpointFigures, type EndpointFigures } from '../../store/endpoint-figures.ts';
import { timestamp } from '../http/fields.ts';

const answered = z.object({
  attempts: z.int().meta({ description: 'Attempts that have ended' }),
  acknowledged: z.int().meta({ description: 'Those that were answered 2xx' }),
  p95Ms: z
    .int()
    .nullable()
    .meta({ description: '95 % of them took at most this long, in milliseconds; null if there were none' }),
});

export const endpointView = z
  .object({
    host: z
      .string()
      .nullable()
      .meta({ description: 'The host of ORDER_WEBHOOK_URL as this process has it; null if it has none' }),
    lastAcknowledgedAt: timestamp.nullable().meta({
      description:
        'When the last attempt that was answered 2xx began; null if none of the last 10,000 attempts was',
    }),
    lastHour: answered,
    lastDay: answered,
    pending: z.int().meta({ description: 'Updates that are under way or wait for their next attempt' }),
    oldestPendingAt: timestamp.nullable().meta({ description: 'When the oldest of them was queued' }),
    minutes: z
      .array(
        z.object({
          at: timestamp,
          attempts: z.int(),
          acknowledged: z.int(),
          waiting: z.int().meta({ description: 'Updates that were not acknowledged at its end' }),
        }),
      )
      .meta({ description: 'The last 90 minutes, the oldest first' }),
  })
  .meta({ id: 'MerchantEndpoint' });

/** The figures of the endpoint, at most some seconds old. */
export type EndpointReader = () => Promise<EndpointFigures>;

const REMEMBERED_MS = 5_000;

/** One per process: many open pages cause one read. */
export function createEndpointReader(
  { store }: Pick<Service, 'store'>,
  rememberedMs = REMEMBERED_MS,
): EndpointReader {
  let last: { readonly at: number; readonly read: Promise<EndpointFigures> } | null = null;
  return () => {
    const now = performance.now();
    if (last !== null && now - last.at < rememberedMs) return last.read;
    const read = readEndpointFigures(store.db);
    last = { at: now, read };
    read.catch(() => (last = null));
    return read;
  };
}

/** Of the address only the host is shown: its path and its user may be secrets. */
export function viewEndpoint(
  url: string | undefined,
  figures: EndpointFigures,
): z.infer<typeof endpointView> {
  return {
    host: url === undefined ? null : new URL(url).host,
    ...figures,
    lastAcknowledgedAt: figures.lastAcknowledgedAt?.toISOString() ?? null,
    oldestPendingAt: figures.oldestPendingAt?.toISOString() ?? null,
    minutes: figures.minutes.map(({ at, ...minute }) => ({ ...minute, at: at.toISOString() })),
  };
}

export const endpointExample: z.infer<typeof endpointView> = {
  host: 'shop.example',
  lastAcknowledgedAt: '2026-11-21T13:47:16.274Z',
  lastHour: { attempts: 212, acknowledged: 209, p95Ms: 84 },
  lastDay: { attempts: 4_018, acknowledged: 4_011, p95Ms: 91 },
  pending: 3,
  oldestPendingAt: '2026-11-21T13:41:02.110Z',
  minutes: [
    { at: '2026-11-21T13:46:00.000Z', attempts: 4, acknowledged: 4, waiting: 2 },
    { at: '2026-11-21T13:47:00.000Z', attempts: 3, acknowledged: 2, waiting: 3 },
  ],
};
