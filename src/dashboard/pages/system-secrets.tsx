/** When each secret signed, as bars over time: which is in use, which may be removed. */
import type { PaidonceClient } from '@paidonce/client';
import type { VNode } from 'preact';
import type { Series } from '../charts/frame.tsx';
import { Gantt, type Span } from '../charts/gantt.tsx';
import { utc } from '../parts/text.ts';
import { TroubleNote } from '../parts/trouble.tsx';
import type { Part } from '../visit.ts';

export type Secrets = Awaited<ReturnType<PaidonceClient['system']['listSecrets']>>;
type Secret = Secrets['data'][number];

const STATES: readonly Series[] = [
  { name: 'signs', label: 'newest, in use', tone: 'good' },
  { name: 'unused', label: 'newest, has signed nothing yet', tone: 'warning' },
  { name: 'old', label: 'older: keep it', tone: 'first' },
  { name: 'retirable', label: 'safe to retire', tone: 'third' },
  { name: 'removed', label: 'no longer configured', tone: 'muted' },
];

const COLUMNS = ['Secret', 'State', 'First signed (UTC)', 'Last signed (UTC)', 'Safe to retire since (UTC)'];

export function SecretsPart({ secrets, now }: { secrets: Part<Secrets>; now: Date }): VNode {
  if (secrets.trouble !== undefined) return <TroubleNote trouble={secrets.trouble} what="The secrets" />;
  const all = secrets.data.data;
  if (all.length === 0) return <p class="muted empty">No signing secret is configured.</p>;
  const retirable = all.filter(({ state }) => state === 'retirable');
  return (
    <>
      {retirable.map((secret) => (
        <p>
          {nameOf(secret)} may be removed from {secret.variable}: since {timeOf(secret.retirableSince)} UTC,
          only newer secrets have signed for a day or longer.
        </p>
      ))}
      <Gantt
        id="secrets-in-use"
        title="When each secret has signed"
        summary={`${all.length} secrets, ${retirable.length} safe to retire. Secrets are shown by the first digits of their SHA-256.`}
        columns={COLUMNS}
        spans={all.map((secret) => spanOf(secret, now))}
        states={STATES}
        now={now}
      />
      <p class="muted">
        A line across a bar is the time from which it is safe to retire. Updates to the shop are signed with
        each of their secrets; when they signed is not recorded.
      </p>
    </>
  );
}

function spanOf(secret: Secret, now: Date): Span {
  const { state, firstSignedAt, lastSignedAt, retirableSince } = secret;
  const isInUse = state === 'signs' && firstSignedAt !== null;
  return {
    label: nameOf(secret),
    from: dateOf(firstSignedAt),
    to: isInUse ? now : dateOf(lastSignedAt),
    state,
    mark: dateOf(retirableSince),
    figures: [
      STATES.find(({ name }) => name === state)?.label ?? state,
      secret.gateway === null ? 'not recorded' : timeOf(firstSignedAt),
      secret.gateway === null ? 'not recorded' : timeOf(lastSignedAt),
      timeOf(retirableSince),
    ],
  };
}

function nameOf({ gateway, kind, place, fingerprint }: Secret): string {
  const of = gateway === null ? 'updates' : kind === 'unknown' ? gateway : `${gateway} ${kind}`;
  return place === null ? `${of} ${fingerprint}` : `${of}, place ${place + 1}: ${fingerprint}`;
}

function dateOf(at: string | null): Date | null {
  return at === null ? null : new Date(at);
}

function timeOf(at: string | null): string {
  return at === null ? '—' : utc(at).slice(0, 16);
}
