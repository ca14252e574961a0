/** Which secret signed last, and which may be removed, according to the figures of the running service. */
import type { Gateway } from '../gateways/gateway.ts';
import type { SigningSecrets } from '../gateways/verification.ts';
import { ok, type Check } from './check.ts';
import type { Figures } from './figures.ts';

/**
 * One check for each kind of signed message, with its secrets, newest first. Always ok: an old secret is only
 * reported.
 */
export function secretChecks(figures: Figures, gateways: readonly Gateway[]): Check[] {
  return gateways.flatMap(({ id, secrets }) =>
    secrets
      .filter(({ fingerprints }) => fingerprints.length > 0)
      .map((group) => ({ name: `${id} ${group.kind} secrets`, ...ok(wordsOf(figures, id, group)) })),
  );
}

function wordsOf(figures: Figures, gateway: string, { kind, fingerprints }: SigningSecrets): string {
  const of = (name: string, index: number) =>
    figures.of(`paidonce_signature_secret_${name}_timestamp_seconds`, {
      gateway,
      kind,
      secret: String(index),
    }) ?? 0;
  return fingerprints
    .map((fingerprint, index) => {
      const lastUsed = of('last_used', index);
      const used = lastUsed === 0 ? 'never used' : `last used ${utcOf(lastUsed)}`;
      if (index === 0) return `newest (${fingerprint}) ${used}`;
      const since = of('retirable', index);
      const verdict = since === 0 ? waits(lastUsed) : `safe to retire since ${utcOf(since)}`;
      return `older (${fingerprint}) ${used}, ${verdict}`;
    })
    .join('; ');
}

function waits(lastUsed: number): string {
  return lastUsed === 0 ? 'keep it until the newer one has signed for a day' : 'still signs';
}

function utcOf(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().slice(0, 16).replace('T', ' ');
}
