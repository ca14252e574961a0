import type { Gateway } from '../gateways/gateway.ts';
import type { Db } from '../store/open.ts';
import { readSecretUse, retirableSince } from '../store/secret-use.ts';
import type { Metrics } from '../telemetry/metrics.ts';

/** Sets the gauges of when each configured secret signed last, and since when it may be retired. */
export async function refreshSecretFigures(
  db: Db,
  gateways: readonly Gateway[],
  { secretLastUsed, secretRetirable }: Metrics['store'],
): Promise<void> {
  const now = new Date();
  for (const { id: gateway, secrets } of gateways)
    for (const { kind, fingerprints } of secrets) {
      const uses = await readSecretUse(db, fingerprints);
      const since = retirableSince(uses, now);
      for (const [index, use] of uses.entries()) {
        const labels = { gateway, kind, secret: String(index) };
        secretLastUsed.set(labels, seconds(use?.last));
        secretRetirable.set(labels, seconds(since[index]));
      }
    }
}

/** 0 for never. */
function seconds(at: Date | null | undefined): number {
  return at == null ? 0 : at.getTime() / 1_000;
}
