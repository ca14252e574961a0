/** What is known about the callbacks that were refused lately. */
import { sql } from 'drizzle-orm';
import type { Clue } from '../domain/refusal-clue.ts';
import { rows, type Db } from './open.ts';

/** Refused callbacks of one gateway with the same clue. */
export interface RefusedGroup {
  readonly gateway: string;
  /** Null in rows of older versions. */
  readonly clue: Clue | null;
  readonly count: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
}

/** The stored ones with a wrong signature, the largest groups first. Rows beyond the newest are not counted. */
export async function refusedByClue(db: Db, withinMs: number): Promise<RefusedGroup[]> {
  const found = await rows<{
    gateway: string;
    clue: Clue | null;
    count: number;
    firstAt: string;
    lastAt: string;
  }>(
    db,
    sql`select gateway, clues->0 as clue, count(*)::int as count, min(received_at) as "firstAt", max(received_at) as "lastAt"
      from (select gateway, clues, reason, received_at from deliveries where outcome = 'refused'
          and received_at > now() - ${withinMs / 1_000} * interval '1 second'
        order by received_at desc limit ${MOST_COUNTED}) lately
      where reason in (${SIGNATURE_REASONS})
      group by gateway, clues->0 order by count(*) desc, max(received_at) desc limit ${MOST_GROUPS}`,
  );
  return found.map(({ firstAt, lastAt, ...group }) => ({
    ...group,
    firstAt: new Date(firstAt),
    lastAt: new Date(lastAt),
  }));
}

export const MOST_REFUSED = 100;

/** Of one gateway within a time. */
export interface SinceProved {
  /** When the last callback was proved by a secret that is configured; null where none was. */
  readonly provedAt: Date | null;
  /** How many were refused for their signature since; `MOST_REFUSED` stands for more. */
  readonly refused: number;
}

/** After a rotation at the gateway none is proved any more; among forgeries the genuine ones still are. */
export async function refusedSinceProved(db: Db, gateway: string, withinMs: number): Promise<SinceProved> {
  const begin = sql`now() - ${withinMs / 1_000} * interval '1 second'`;
  const [found] = await rows<{ provedAt: string | null; refused: number }>(
    db,
    sql`with proved as (select max(received_at) as at from deliveries where received_at > ${begin} and gateway = ${gateway}
        and outcome = 'accepted' and secret is not null)
      select (select at from proved) as "provedAt", (select count(*)::int from (select 1 from deliveries where outcome = 'refused'
        and gateway = ${gateway} and reason in (${SIGNATURE_REASONS})
        and received_at > coalesce((select at from proved), ${begin}) limit ${sql.raw(String(MOST_REFUSED))}) since) as refused`,
  );
  const { provedAt = null, refused = 0 } = found ?? {};
  return { provedAt: provedAt === null ? null : new Date(provedAt), refused };
}

const SIGNATURE_REASONS = sql`'wrong_signature', 'malformed_signature', 'no_signature'`;
const MOST_COUNTED = 2_000;
const MOST_GROUPS = 20;

/** A secret that has signed callbacks, by its fingerprint. */
export interface UsedSecret {
  readonly fingerprint: string;
  readonly lastSignedAt: Date;
}

/** Every secret that has signed a stored callback of the gateway. They are few: each is one step in the index. */
export async function usedSecrets(db: Db, gateway: string): Promise<UsedSecret[]> {
  const found = await rows<{ fingerprint: string; lastSignedAt: string }>(
    db,
    sql`with recursive used as (
        (select min(secret) as secret from deliveries where secret is not null)
        union all
        select (select min(d.secret) from deliveries d where d.secret > used.secret) from used where used.secret is not null)
      select used.secret as fingerprint, newest.last_received_at as "lastSignedAt" from used
        cross join lateral (select d.gateway, d.last_received_at from deliveries d where d.secret = used.secret
          order by d.last_received_at desc limit 1) newest
      where newest.gateway = ${gateway}`,
  );
  return found.map(({ fingerprint, lastSignedAt }) => ({
    fingerprint,
    lastSignedAt: new Date(lastSignedAt),
  }));
}
