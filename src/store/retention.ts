/**
 * RETENTION_TIMELINE and RETENTION_UPDATES: texts, bodies, answers and addresses are deleted, ids and sums
 * stay. Rows are changed and not deleted, since their remaining data makes things happen only once
 * (docs/adr/0025).
 *
 * A stretch of neighbouring rows is done in `TURNS` parts, each with a few rows of every page. The next part
 * reuses the room that the last one has freed on the page, so neither the table nor its indexes grow
 * (PostgreSQL's HOT updates).
 */
import { eq, sql, type SQL } from 'drizzle-orm';
import { idsFrom } from './new-ids.ts';
import { rows, type Db } from './open.ts';
import { retentionMarks } from './schema/retention-tables.ts';

/** The kinds of rows. `operations` and `audit` have the age limit of the timeline. */
export type Retained = 'timeline' | 'operations' | 'audit' | 'updates';

/**
 * The number of rows of a stretch. A slice changes about 100 of them, within 20 ms: `npm run prove:store`.
 */
const STRETCH = 1_500;
const TURNS = 16;
const LEFT_AT_ONCE = 50;

interface Stretch {
  readonly mark: string | null;
  readonly upto: string;
  readonly turn: number;
}

interface Kind {
  /**
   * Selects the end of the next stretch of rows older than the time: one row, whose `upto` is null where
   * there are none.
   */
  readonly next: (mark: string | null, before: Date) => SQL;
  /** Deletes the data of one part of a stretch, and lists the rows that have not ended. */
  readonly forget: (stretch: Stretch) => SQL;
  /** The same for listed rows that have ended since. Everything up to `mark` was passed. */
  readonly catchUp?: (mark: string) => SQL;
}

type Mark = typeof retentionMarks.$inferSelect;

/**
 * Does one slice, in one transaction. Returns whether there may be more. One process does it at a time until
 * nothing is left; the others find the mark locked, and do nothing.
 */
export function forgetSlice(db: Db, what: Retained, olderThanMs: number): Promise<boolean> {
  return db.transaction(async (tx) => {
    const [at] = await tx
      .select()
      .from(retentionMarks)
      .where(eq(retentionMarks.what, what))
      .for('update', { skipLocked: true });
    if (at === undefined) return makeMark(tx, what);
    const upto = at.upto ?? (await nextStretch(tx, at, olderThanMs));
    if (upto === null) return forgetLeft(tx, at);
    await tx.execute(KINDS[what].forget({ mark: at.mark, upto, turn: at.turn }));
    const isDone = at.turn + 1 === TURNS;
    await tx
      .update(retentionMarks)
      .set(isDone ? { mark: upto, upto: null, turn: 0 } : { upto, turn: at.turn + 1 })
      .where(eq(retentionMarks.what, what));
    return true;
  });
}

/** Creates the mark for the next slice. If another process holds the mark, returns false. */
async function makeMark(tx: Db, what: Retained): Promise<boolean> {
  const made = await tx.insert(retentionMarks).values({ what }).onConflictDoNothing().returning();
  return made.length > 0;
}

/** Returns to rows that had not ended when they were passed. */
async function forgetLeft(tx: Db, { what, mark }: Mark): Promise<boolean> {
  const { catchUp } = KINDS[what as Retained];
  if (catchUp === undefined || mark === null) return false;
  return (await rows(tx, catchUp(mark))).length === LEFT_AT_ONCE;
}

async function nextStretch(db: Db, { what, mark }: Mark, olderThanMs: number): Promise<string | null> {
  const before = new Date(Date.now() - olderThanMs);
  const kind = KINDS[what as Retained];
  const [next] = await rows<{ upto: string | null }>(db, kind.next(mark, before));
  return next?.upto ?? null;
}

/**
 * The fields of a timeline's data that stay, because decisions, counts and programs use them. Names, reasons
 * and the gateway's texts do not stay.
 */
const KEPT = [
  'from',
  'to',
  'decision',
  'replaces',
  'usedBy',
  'kind',
  'reference',
  'state',
  'status',
  'code',
  'amount',
  'currency',
  'capturedMinor',
  'refundedMinor',
  'transactionId',
  'sessionId',
  'eventId',
  'event',
  'eventRef',
  'effectId',
  'delivery',
];

const ofKept = (data: SQL) =>
  sql`(select coalesce(jsonb_object_agg(name, value), '{}') from jsonb_each(${data}) as kept (name, value)
    where name in (${sql.join(
      KEPT.map((name) => sql`${name}`),
      sql`, `,
    )}))`;

/**
 * Whether the texts about a payment are needed no more: no payment of its order is open or in review, and no
 * operation of its own is under way. The id must be qualified: a bare name would refer to the tables in here.
 */
const hasEnded = (paymentId: SQL) => sql`not exists (select 1 from payments own
    join payments one on one.order_reference = own.order_reference where own.id = ${paymentId}
      and (one.status in ('PENDING', 'ON_HOLD', 'REVIEW') or one.review_mark is not null))
  and not exists (select 1 from operations w where w.payment_id = ${paymentId} and w.state in ('pending', 'unknown'))`;

/**
 * Chooses by the row's position on its page, so that each part has about one row of every page. The last part
 * has all rows that have moved meanwhile.
 */
const isInTurn = (turn: number) =>
  turn === TURNS - 1 ? sql`true` : sql`(ctid::text::point)[1]::integer % ${TURNS - 1} = ${turn}`;

const left = (what: Retained, id: SQL, from: SQL) =>
  sql`left_over as (insert into retention_left (what, id) select distinct ${what}, ${id} from ${from} on conflict do nothing)`;

/** For ids that begin with a time. */
const nextById =
  (table: 'operations' | 'audit', prefix: 'op' | 'aud'): Kind['next'] =>
  (mark, before) =>
    sql`select max(id) as upto from (select id from ${sql.identifier(table)}
    where id > ${mark ?? ''} and id < ${idsFrom(prefix, before)} order by id limit ${STRETCH}) stretch`;

const stretchById = ({ mark, upto, turn }: Stretch) =>
  sql`id > ${mark ?? ''} and id <= ${upto} and ${isInTurn(turn)}`;

const endedOf = (what: Retained, isOver: SQL) =>
  sql`ended as (select left_over.id from retention_left left_over where left_over.what = ${what} and ${isOver}
    limit ${LEFT_AT_ONCE})`;

const unlisted = (what: Retained) =>
  sql`delete from retention_left using ended where retention_left.what = ${what} and retention_left.id = ended.id returning ended.id`;

const timeline: Kind = {
  // Ids are assigned in the order of writing, so the first young row ends the stretch. A time far in the
  // future is an error and ends nothing.
  next: (mark, before) => sql`select (max(id) filter (where id < coalesce(young, id + 1)))::text as upto
    from (select id, min(case when at >= ${before.toISOString()}::timestamptz and at < now() + interval '1 day' then id end) over () as young
      from (select id, at from timeline where id > ${mark ?? '0'}::bigint order by id limit ${STRETCH}) stretch) judged`,
  forget: ({ mark, upto, turn }) => sql`with seen as (select id, payment_id from timeline
      where id > ${mark ?? '0'}::bigint and id <= ${upto}::bigint and ${isInTurn(turn)} and text <> ''),
    open as (select payment_id from (select distinct payment_id from seen) of_seen where not (${hasEnded(sql`of_seen.payment_id`)})),
    ${left('timeline', sql`payment_id`, sql`open`)}
    update timeline set text = '', data = ${ofKept(sql`data`)} from seen
      where timeline.id = seen.id and seen.payment_id not in (select payment_id from open)`,
  catchUp: (mark) => sql`with ${endedOf('timeline', hasEnded(sql`left_over.id`))},
    gone as (update timeline set text = '', data = ${ofKept(sql`data`)} from ended
      where timeline.payment_id = ended.id and timeline.id <= ${mark}::bigint and text <> '')
    ${unlisted('timeline')}`,
};

const wordsOfOperation = sql`reason = null, detail = null`;
const hasFinished = (operation: SQL) => sql`${operation}.state in ('done', 'failed')`;

const operations: Kind = {
  next: nextById('operations', 'op'),
  forget: (stretch) => sql`with seen as (select id, state from operations where ${stretchById(stretch)}),
    ${left('operations', sql`id`, sql`seen where not (${hasFinished(sql`seen`)})`)}
    update operations set ${wordsOfOperation} from seen
      where operations.id = seen.id and ${hasFinished(sql`operations`)} and coalesce(reason, detail) is not null`,
  catchUp: () => sql`with ${endedOf(
    'operations',
    sql`exists (select 1 from operations o where o.id = left_over.id and ${hasFinished(sql`o`)})`,
  )},
    gone as (update operations set ${wordsOfOperation} from ended where operations.id = ended.id)
    ${unlisted('operations')}`,
};

const audit: Kind = {
  next: nextById('audit', 'aud'),
  forget: (stretch) => sql`update audit set address = '', asked = asked - 'reason'
    where ${stretchById(stretch)} and (address <> '' or jsonb_exists(asked, 'reason'))`,
};

/** A status stays. Any other text in its place, and the texts of the answer, are deleted. */
const wordsOfUpdate = sql`body = '', last_answer = case when last_answer ~ '^[0-9]{3}$' then last_answer end`;

const answersGone = sql`answers_gone as (update update_attempts set error = null, answer = null from gone
  where update_attempts.effect_id = gone.effect_id and coalesce(error, answer) is not null)`;

const updates: Kind = {
  next: (mark, before) => sql`select max(created_at)::text as upto from (select created_at from outbox
    where created_at > ${mark ?? '-infinity'}::timestamptz and created_at < ${before.toISOString()}::timestamptz
    order by created_at limit ${STRETCH}) stretch`,
  forget: ({ mark, upto, turn }) => sql`with seen as (select effect_id, state from outbox
      where created_at > ${mark ?? '-infinity'}::timestamptz and created_at <= ${upto}::timestamptz
        and ${isInTurn(turn)} and body <> ''),
    ${left('updates', sql`effect_id`, sql`seen where state = 'pending'`)},
    gone as (update outbox set ${wordsOfUpdate} from seen where outbox.effect_id = seen.effect_id
      and outbox.state <> 'pending' and outbox.created_at <= ${upto}::timestamptz returning outbox.effect_id),
    ${answersGone} select 1`,
  catchUp: (mark) => sql`with ${endedOf(
    'updates',
    sql`not exists (select 1 from outbox o where o.effect_id = left_over.id and o.state = 'pending')`,
  )},
    gone as (update outbox set ${wordsOfUpdate} from ended where outbox.effect_id = ended.id
      and outbox.state <> 'pending' and outbox.created_at <= ${mark}::timestamptz returning outbox.effect_id),
    ${answersGone}
    ${unlisted('updates')}`,
};

const KINDS: Readonly<Record<Retained, Kind>> = { timeline, operations, audit, updates };
