/** The authorizations that lapse unless they are captured, by day. */
import { sql } from 'drizzle-orm';
import { rows, type Db } from '../open.ts';

export interface Lapsing {
  /** In UTC: 2026-12-03. */
  readonly day: string;
  readonly currency: string;
  readonly count: number;
  /** Authorized and not captured, in minor units. */
  readonly amount: number;
}

/** As it is now, from today on. */
export function readLapsing(db: Db, gateway?: string): Promise<Lapsing[]> {
  const ofGateway = gateway === undefined ? sql`` : sql` and gateway = ${gateway}`;
  return rows(
    db,
    sql`select to_char(authorization_expires_at at time zone 'UTC', 'YYYY-MM-DD') as day,
        coalesce(accepted_currency, currency) as currency, count(*)::int as count, sum(authorized - captured)::float8 as amount
      from payments where authorization_expires_at >= now() and status in ('AUTHORIZED', 'PARTIALLY_CAPTURED')
        and authorized > captured${ofGateway}
      group by 1, 2 order by 1, 2`,
  );
}
