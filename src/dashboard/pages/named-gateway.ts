import type { Visit } from '../visit.ts';

const names = new Map<string, string>();

/** The name of a gateway; its id where it is not configured, or can't be read now. */
export async function gatewayName({ api }: Visit, id: string): Promise<string> {
  if (!names.has(id)) {
    const { data } = await api.gateways.list().catch(() => ({ data: [] }));
    for (const one of data) names.set(one.id, one.name);
  }
  return names.get(id) ?? (id === '' ? 'Gateway' : id);
}
