/** Which secret signs, since when, and which may be removed. A secret itself is never shown. */
import { z } from 'zod';
import type { Config } from '../../config/config.ts';
import type { Gateway } from '../../gateways/gateway.ts';
import { fingerprintOf } from '../../lib/fingerprint.ts';
import type { Db } from '../../store/open.ts';
import { usedSecrets } from '../../store/refused-deliveries.ts';
import { readSecretUse, retirableSince, type SecretUse } from '../../store/secret-use.ts';
import { timestamp } from '../http/fields.ts';
import { GATEWAY } from '../payments/payment-examples.ts';

const secretView = z
  .object({
    gateway: z
      .string()
      .nullable()
      .meta({ description: 'Whose callbacks it signs; null for the secrets of order updates' }),
    kind: z.string().meta({ description: '`session` or `account`: what it signs; `updates`: order updates' }),
    variable: z.string().nullable().meta({ description: 'The variable that lists it; null if none does' }),
    place: z.int().nullable().meta({ description: 'In that variable; 0 is the newest' }),
    fingerprint: z.string().meta({ description: 'The first 8 digits of its SHA-256' }),
    state: z.enum(['signs', 'unused', 'old', 'retirable', 'removed']).meta({
      description:
        '`signs`: the newest one, in use. `unused`: the newest one, which has signed nothing yet. `old`: keep it, since the gateway may still sign with it. `retirable`: safe to remove. `removed`: it has signed, and is no longer configured',
    }),
    firstSignedAt: timestamp
      .nullable()
      .meta({ description: 'Null if unknown; never known of order updates' }),
    lastSignedAt: timestamp.nullable(),
    retirableSince: timestamp
      .nullable()
      .meta({ description: 'Since then, for a day or longer, only newer secrets have signed' }),
  })
  .meta({ id: 'SigningSecret' });

type SecretView = z.infer<typeof secretView>;

export const secretsAnswer = z.object({ data: z.array(secretView) });

export async function listSecrets(
  db: Db,
  gateways: readonly Gateway[],
  { ORDER_WEBHOOK_SECRETS: ofUpdates = [] }: Pick<Config, 'ORDER_WEBHOOK_SECRETS'>,
  now: Date,
): Promise<SecretView[]> {
  const ofGateways = await Promise.all(gateways.map((gateway) => secretsOf(db, gateway, now)));
  return [...ofGateways.flat(), ...ofUpdates.map(ofUpdate)];
}

async function secretsOf(db: Db, { id: gateway, secrets }: Gateway, now: Date): Promise<SecretView[]> {
  const configured = await Promise.all(
    secrets.map(async ({ kind, variable, fingerprints }) => {
      const uses = await readSecretUse(db, fingerprints);
      const since = retirableSince(uses, now);
      return fingerprints.map((fingerprint, place) => {
        const use = uses[place] ?? null;
        const retirable = since[place] ?? null;
        const state = stateOf(place, use, retirable);
        return { gateway, kind, variable, place, fingerprint, state, ...timesOf(use, retirable) };
      });
    }),
  );
  const known = new Set(secrets.flatMap(({ fingerprints }) => fingerprints));
  return [...configured.flat(), ...(await removedOf(db, gateway, known))];
}

async function removedOf(db: Db, gateway: string, known: ReadonlySet<string>): Promise<SecretView[]> {
  const used = (await usedSecrets(db, gateway)).map(({ fingerprint }) => fingerprint);
  const removed = used.filter((fingerprint) => !known.has(fingerprint));
  const uses = await readSecretUse(db, removed);
  return removed.map((fingerprint, index) => ({
    gateway,
    kind: 'unknown',
    variable: null,
    place: null,
    fingerprint,
    state: 'removed' as const,
    ...timesOf(uses[index] ?? null, null),
  }));
}

function stateOf(place: number, use: SecretUse | null, retirable: Date | null): SecretView['state'] {
  if (place === 0) return use === null ? 'unused' : 'signs';
  return retirable === null ? 'old' : 'retirable';
}

function timesOf(use: SecretUse | null, retirable: Date | null) {
  return {
    firstSignedAt: use?.first.toISOString() ?? null,
    lastSignedAt: use?.last.toISOString() ?? null,
    retirableSince: retirable?.toISOString() ?? null,
  };
}

/** Each update is signed with all of them, so the shop may know either. */
function ofUpdate(secret: string, place: number): SecretView {
  return {
    gateway: null,
    kind: 'updates',
    variable: 'ORDER_WEBHOOK_SECRETS',
    place,
    fingerprint: fingerprintOf(secret),
    state: 'signs',
    ...timesOf(null, null),
  };
}

export const secretsExample: z.infer<typeof secretsAnswer> = {
  data: [
    {
      gateway: GATEWAY.id,
      kind: 'account',
      variable: `${GATEWAY.variables.prefix}_WEBHOOK_SECRETS`,
      place: 1,
      fingerprint: '9c56cc51',
      state: 'retirable',
      firstSignedAt: '2026-06-01T08:00:11.000Z',
      lastSignedAt: '2026-11-19T08:42:12.000Z',
      retirableSince: '2026-11-20T08:42:12.000Z',
    },
  ],
};
