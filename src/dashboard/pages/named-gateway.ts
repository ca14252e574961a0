import type { GatewayView } from '../glance.ts';
import type { Visit } from '../visit.ts';

/** What a page says of a gateway. */
export interface NamedGateway {
  readonly name: string;
  /** The page of a transaction at the gateway; null where there is none. */
  readonly transactionPage: (transactionId: string) => string | null;
}

const known = new Map<string, GatewayView>();

/** By its id, which is its name where it is not configured, or can't be read now. */
export async function gatewayNamed({ api }: Visit, id: string): Promise<NamedGateway> {
  if (!known.has(id)) {
    const { data } = await api.gateways.list().catch(() => ({ data: [] }));
    for (const one of data) known.set(one.id, one);
  }
  const found = known.get(id);
  return {
    name: found?.name ?? (id === '' ? 'Gateway' : id),
    transactionPage: (transactionId) =>
      found?.transactionPage?.replace('{transaction}', encodeURIComponent(transactionId)) ?? null,
  };
}
