/** Contract §3: what needs somebody, each kind made as it comes about, and the marks of people. */
import { eq, sql } from 'drizzle-orm';
import { afterEach, describe, expect, it } from '@jest/globals';
import { payments } from '../../../src/store/schema/order-tables.ts';
import { API_KEY, aCallback, type Answer } from '../../support/api.ts';
import { aPayment } from '../../support/builders.ts';
import { useTestApi } from '../../support/door.ts';
import { aPaidPayment } from '../../support/paid-payment.ts';
import { until } from '../../support/until.ts';

interface Item {
  readonly id: string;
  readonly kind: string;
  readonly severity: string;
  readonly text: string;
  readonly orderReference: string | null;
  readonly mark: { readonly owner: string | null } | null;
}

describe('GET /v1/attention', () => {
  const at = useTestApi();
  const ask = (query = ''): Promise<Answer> => at.api.send('GET', `/v1/attention${query}`, { key: API_KEY });
  const items = async (query = ''): Promise<Item[]> => (await ask(query)).json.data as Item[];
  const run = (statement: ReturnType<typeof sql>) => at.store.db.execute(statement);
  const minutesAgo = (minutes: number) => sql`now() - ${minutes} * interval '1 minute'`;

  afterEach(async () => {
    for (const table of [
      'payments',
      'outbox',
      'operations',
      'deliveries',
      'attention_marks',
      'approvals',
      'sweep_marks',
    ])
      await run(sql`delete from ${sql.identifier(table)}`);
  });

  it('is empty where nothing needs anybody, and says what it could not ask', async () => {
    await aPaidPayment(at.store.db);
    const { json } = await ask();
    // The simulated Temporal lists no runs.
    expect(json).toEqual({
      data: [],
      hasMore: false,
      unasked: ['Temporal did not answer: runs that stand still and workers that are away are not listed'],
    });
  });

  it('names a review with what was asked and what the gateway holds', async () => {
    const payment = await aPaidPayment(at.store.db);
    await at.store.db
      .update(payments)
      .set({ status: 'REVIEW', reason: 'amount_mismatch', reviewSince: new Date(Date.now() - 60_000) })
      .where(eq(payments.id, payment.id));
    await run(
      sql`insert into timeline (payment_id, kind, text, data) values (${payment.id}, 'read', 'dintero says AUTHORIZED', '{"amount": 72300, "currency": "NOK"}')`,
    );
    expect(await items()).toMatchObject([
      {
        id: `review/${payment.id}`,
        severity: 'high',
        text: 'amount_mismatch: asked 722.00 NOK, Dintero holds 723.00 NOK',
        // The payer has paid it.
        amount: 72_300,
        currency: 'NOK',
        orderReference: payment.orderReference,
      },
    ]);
  });

  it.each<
    [kind: string, make: (payment: { id: string; orderReference: string }) => Promise<unknown>, text: RegExp]
  >([
    [
      'give_back_due',
      ({ id }) =>
        run(sql`update payments set must_give_back = true, updated_at = ${minutesAgo(6)} where id = ${id}`),
      /^722\.00 NOK must go back to the payer/,
    ],
    [
      'update_gave_up',
      ({ id }) =>
        run(
          sql`update outbox set state = 'gave_up', last_answer = '500', finished_at = now() where payment_id = ${id}`,
        ),
      /^the shop was never told order\.paid: the shop answers 500/,
    ],
    [
      'update_gone',
      ({ id }) => run(sql`update outbox set state = 'gone', last_answer = '410' where payment_id = ${id}`),
      /^the shop refused order\.paid \(410\)/,
    ],
    [
      'update_failing',
      ({ id }) =>
        run(
          sql`update outbox set state = 'pending', attempts = 4, last_answer = '500' where payment_id = ${id}`,
        ),
      /^the shop has not acknowledged order\.paid after 4 attempts: the shop answers 500/,
    ],
    [
      'operation_open',
      ({ id }) =>
        run(sql`insert into operations (id, payment_id, kind, reference, body_hash, amount, cause, state, created_at)
          values ('op_a', ${id}, 'refund', 'r', 'h', 100, 'merchant', 'unknown', ${minutesAgo(6)})`),
      /^refund of 1\.00 NOK was sent and its answer was lost: Dintero is read/,
    ],
    [
      'operation_unconfirmed',
      ({ id }) =>
        run(sql`insert into operations (id, payment_id, kind, reference, body_hash, amount, cause, state, code)
          values (${`op_${Date.now().toString(16).padStart(12, '0')}ffff`}, ${id}, 'capture', 'c', 'h', 100, 'merchant', 'failed', 'not_confirmed')`),
      /^capture of 1\.00 NOK was sent, and Dintero never showed whether it was done/,
    ],
    [
      'session_unopened',
      ({ id }) =>
        run(
          sql`update payments set status = 'PENDING', session_id = null, created_at = ${minutesAgo(1)} where id = ${id}`,
        ),
      /^a session was asked for and is not open at Dintero yet/,
    ],
    [
      'authorization_lapsing',
      ({ id }) =>
        run(sql`update payments set authorization_expires_at = now() + interval '47 hours' where id = ${id}`),
      /^722\.00 NOK is authorized and not captured, and the authorization lapses/,
    ],
    [
      'dispute_open',
      ({ id }) =>
        run(sql`update payments set disputes =
          '[{"disputeId": "d1", "state": "open", "amountMinor": 39600, "reason": "fraudulent", "dueBy": "2026-12-29T23:59:59Z"},
            {"disputeId": "d0", "state": "won", "amountMinor": 100}]' where id = ${id}`),
      /^the payer's bank wants 396\.00 NOK back \(fraudulent\): answer the dispute at Dintero by 2026-12-29$/,
    ],
  ])('names %s', async (kind, make, text) => {
    const payment = await aPaidPayment(at.store.db);
    expect(await items()).toEqual([]);
    await make(payment);
    expect(await items()).toMatchObject([
      {
        kind,
        orderReference: payment.orderReference,
        payment: payment.id,
        text: expect.stringMatching(text),
      },
    ]);
  });

  it('names callbacks that are refused, and says whether others are proved meanwhile', async () => {
    const payment = await aPayment(at.store.db);
    const send = async (secret?: string) => {
      const { method, target, headers } = aCallback(payment, secret === undefined ? {} : { secret });
      await at.api.send(method, target, { headers });
    };
    for (let n = 0; n < 3; n += 1) await send('another-secret');
    const refused = async () => (await items()).filter(({ kind }) => kind === 'callbacks_refused');
    await until('refused callbacks are named', async () => (await refused()).length > 0);
    expect(await refused()).toMatchObject([
      {
        severity: 'high',
        orderReference: null,
        text: expect.stringMatching(
          /^3 callbacks of Dintero were refused for their signature, and none was proved: the secret was probably rotated/,
        ),
      },
    ]);
    await send();
    expect(await refused()).toMatchObject([
      { severity: 'low', text: expect.stringContaining('they are probably forged') },
    ]);
    // The secret is rotated while somebody forges callbacks: from then on none is proved.
    for (let n = 0; n < 3; n += 1) await send('another-secret');
    const isRotation = async () => (await refused())[0]?.severity === 'high';
    await until('a rotation is suspected', isRotation);
    expect((await refused())[0]?.text).toMatch(
      /^3 callbacks of Dintero .* since the last proved one at \d\d:\d\d:\d\d UTC, and none was proved: the secret was probably rotated/,
    );
  });

  it('names a proved callback that waits for a minute, and no refused one', async () => {
    const payment = await aPayment(at.store.db);
    for (const secret of [undefined, 'another-secret']) {
      const { method, target, headers } = aCallback(payment, secret === undefined ? {} : { secret });
      await at.api.send(method, target, { headers });
    }
    await run(
      sql`update deliveries set state = 'received', received_at = ${minutesAgo(2)} where outcome = 'accepted'`,
    );
    expect(await items()).toMatchObject([
      { kind: 'callback_unhandled', text: expect.stringContaining('has not been handled') },
    ]);
  });

  it('names a sweep that is overdue, and is quiet about an update that a later one has replaced', async () => {
    const payment = await aPaidPayment(at.store.db);
    await run(sql`insert into sweep_marks (gateway, listing, mark, finished_at, pages, foreign_rows)
      values ('dintero', 'created', now(), ${minutesAgo(60)}, 1, 0)`);
    await run(sql`update outbox set state = 'gave_up' where payment_id = ${payment.id}`);
    await run(sql`insert into outbox (effect_id, order_reference, payment_id, sequence, type, body, state)
      values ('later', ${payment.orderReference}, ${payment.id}, 99, 'order.captured', 'x', 'delivered')`);
    expect(await items()).toMatchObject([{ kind: 'sweep_overdue', severity: 'high' }]);
  });

  it('takes a shop that does not answer for an hour for urgent', async () => {
    const { id } = await aPaidPayment(at.store.db);
    const failing = (since: string) =>
      run(
        sql`update outbox set state = 'pending', attempts = 4, last_answer = '500', created_at = now() - ${since}::interval
          where payment_id = ${id}`,
      );
    await failing('59 minutes');
    expect(await items()).toMatchObject([{ kind: 'update_failing', severity: 'low' }]);
    await failing('60 minutes');
    expect(await items()).toMatchObject([{ kind: 'update_failing', severity: 'high' }]);
  });

  it('shows the marks of people, and leaves out what they have put off until then', async () => {
    const payment = await aPaidPayment(at.store.db);
    await run(sql`update payments set review_mark = 'unclear: UNKNOWN' where id = ${payment.id}`);
    const item = `review/${payment.id}`;
    const mark = (body: object) => at.api.post('/v1/attention/mark', { item, ...body });
    expect((await mark({ owner: 'Ada', note: 'asked the gateway', actor: 'Ada' })).json).toMatchObject({
      owner: 'Ada',
    });
    expect(await items()).toMatchObject([{ mark: { owner: 'Ada', note: 'asked the gateway' } }]);
    await mark({ snoozeUntil: new Date(Date.now() + 60_000).toISOString() });
    expect(await items()).toEqual([]);
    // What was not given stays as it was.
    expect(await items('?snoozed=true')).toMatchObject([{ mark: { owner: 'Ada' } }]);
    await mark({ snoozeUntil: null, owner: null });
    expect(await items()).toMatchObject([
      { mark: { owner: null, snoozedUntil: null, note: 'asked the gateway' } },
    ]);
    expect((await mark({ owner: '' })).status).toBe(422);
    const audit = await at.api.send('GET', '/v1/audit?what=mark_attention', { key: API_KEY });
    expect(audit.json.data).toMatchObject([
      { status: 422, code: 'invalid_request' },
      { status: 200, asked: { item, owner: null, snoozeUntil: null } },
      { status: 200, asked: { item } },
      { status: 200, actor: 'Ada', asked: { item, owner: 'Ada', note: 'asked the gateway' } },
    ]);
  });

  it('lists what is urgent first, then the oldest, and at most fifty of a kind', async () => {
    const urgent = await aPaidPayment(at.store.db);
    await run(
      sql`update payments set review_mark = 'unclear: UNKNOWN', review_since = now() where id = ${urgent.id}`,
    );
    await run(sql`insert into operations (id, payment_id, kind, reference, body_hash, amount, cause, state, created_at)
      select 'op_' || i, ${urgent.id}, 'refund', 'r' || i, 'h', 100, 'merchant', 'pending', now() - i * interval '6 minutes'
      from generate_series(1, 51) i`);
    const { json } = await ask();
    expect(json.data).toHaveLength(51);
    expect(json.data[0].kind).toBe('review');
    expect(json.hasMore).toBe(true);
    const since = (json.data as { since: string }[]).slice(1).map((item) => item.since);
    expect(since).toEqual(since.toSorted());
  });
});
