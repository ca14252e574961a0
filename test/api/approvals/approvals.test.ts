/** FOUR_EYES_ABOVE: refunds, give-backs and acceptances above an amount wait for a second person. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { eq, sql } from 'drizzle-orm';
import { carryOutUndone } from '../../../src/api/approvals/carry-out-undone.ts';
import { createMoneyMover } from '../../../src/api/money/money-mover.ts';
import { decideApproval } from '../../../src/store/approvals.ts';
import { useDecision } from '../../../src/store/decisions.ts';
import { listOperations } from '../../../src/store/operations.ts';
import type { PaymentRow } from '../../../src/store/payments.ts';
import { recordFinding } from '../../../src/store/record-finding/write.ts';
import { approvals } from '../../../src/store/schema/approval-table.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import { runCommand } from '../../../src/cli/program.ts';
import { RunsUnavailable } from '../../../src/temporal/run-calls.ts';
import { aFinding, aPayment, aRecord, TELLS } from '../../support/builders.ts';
import { useTestApi } from '../../support/door.ts';
import { aPaidPayment } from '../../support/paid-payment.ts';
import { useTerminal } from '../../support/terminal.ts';

const KEYS = {
  ada: 'abcdefghijklmnopqrstuvwx-ada',
  grace: 'abcdefghijklmnopqrstuvwx-grace',
  eve: 'abcdefghijklmnopqrstuvwx-eve',
};
type Named = keyof typeof KEYS;
const API_KEYS = `ada:money:${KEYS.ada},grace:money:${KEYS.grace},eve:support:${KEYS.eve}`;
const PERSON = { actor: 'ada lovelace', reason: 'ticket 12' };

describe('above FOUR_EYES_ABOVE', () => {
  const at = useTestApi({ API_KEYS, FOUR_EYES_ABOVE: '500 NOK,99.50 EUR' });
  const terminal = useTerminal();
  let payment: PaymentRow;
  beforeEach(async () => {
    payment = await aPaidPayment(at.store.db, 'CAPTURED', { sums: { capturedMinor: 72_200 } });
    at.api.money.asked.length = 0;
    at.api.money.onCarryOut = () => Promise.resolve();
  });

  const post = (path: string, body: unknown, name: Named) => at.api.post(path, body, { key: KEYS[name] });
  const refund = (body: object, name: Named = 'ada') => post(`/v1/payments/${payment.id}/refund`, body, name);
  const get = (path: string) => at.api.send('GET', path, { key: KEYS.eve });
  const approve = (id: string, name: Named = 'grace', body: object = { actor: 'grace hopper' }) =>
    post(`/v1/approvals/${id}/approve`, body, name);
  const operations = () => listOperations(at.store.db, payment.id);
  const expire = (id: string) =>
    at.store.db
      .update(approvals)
      .set({ expiresAt: sql`now()` })
      .where(eq(approvals.id, id));
  const audit = async (what: string) => (await get(`/v1/audit?payment=${payment.id}&what=${what}`)).json.data;

  it('a refund waits, and is carried out once a key of another name has approved', async () => {
    const asked = await refund({ reference: 'r1', reason: 'came back' });
    expect(asked).toMatchObject({
      status: 202,
      json: {
        id: expect.stringMatching(/^apr_/),
        status: 'awaiting_approval',
        what: 'refund',
        payment: payment.id,
        orderReference: payment.orderReference,
        reference: 'r1',
        amount: 72_200,
        currency: 'NOK',
        key: 'ada',
        reason: 'came back',
        decided: null,
        doneAt: null,
      },
    });
    const { id } = asked.json;
    expect(asked.headers.location).toBe(`/v1/approvals/${id}`);
    expect(Date.parse(asked.json.expiresAt) - Date.parse(asked.json.askedAt)).toBe(24 * 3_600_000);
    expect(await operations()).toEqual([]);
    expect((await get('/v1/approvals?status=awaiting_approval&limit=100')).json.data).toContainEqual(
      asked.json,
    );

    expect(await approve(id)).toMatchObject({
      status: 200,
      json: { id, status: 'approved', decided: { key: 'grace', actor: 'grace hopper' }, problem: null },
    });
    expect(await operations()).toMatchObject([{ reference: 'r1', kind: 'refund', key: 'ada', wanted: null }]);
    expect(at.api.money.asked).toHaveLength(1);
    expect((await get(`/v1/approvals?payment=${payment.id}&status=approved`)).json.data).toHaveLength(1);
    const notes = (await readTimeline(at.store.db, payment.id)).filter(({ kind }) => kind === 'operator');
    expect(notes.map(({ text }) => text)).toEqual([
      'grace hopper (key grace) approved refund r1 over 722.00 NOK, which ada asked for',
    ]);
    expect(await audit('approve')).toMatchObject([
      {
        key: 'grace',
        actor: 'grace hopper',
        status: 200,
        asked: { approval: id, askedKey: 'ada', askedBy: 'ada' },
      },
    ]);
  });

  it('the same request again answers the same and asks only once, and afterwards shows the operation', async () => {
    const body = { reference: 'r1', amount: 60_000 };
    const [one, two] = await Promise.all([refund(body), refund(body)]);
    expect(two.json).toEqual(one.json);
    expect((await refund({ ...body, amount: 60_001 })).json.code).toBe('reference_reused');
    expect((await get(`/v1/approvals?order=${payment.orderReference}`)).json.data).toHaveLength(1);
    await approve(one.json.id);
    expect(await refund(body)).toMatchObject({ status: 202, json: { status: 'pending', reference: 'r1' } });
    expect(await operations()).toHaveLength(1);
  });

  it('several approve at once, and the money moves once', async () => {
    const { id } = (await refund({ reference: 'r1' })).json;
    const answers = await Promise.all([approve(id), approve(id), approve(id)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await operations()).toHaveLength(1);
  });

  it('the refund is made although the process ended between the approval and the operation', async () => {
    const { id } = (await refund({ reference: 'r1' })).json;
    await decideApproval(at.store.db, id, 'approved', { key: 'grace', actor: 'grace' });
    const tools = { ...at.api.service, mover: createMoneyMover(at.api.service) };
    await carryOutUndone(tools);
    expect(await operations()).toEqual([]);
    await at.store.db.update(approvals).set({ carriedAt: new Date(Date.now() - 60_000) });
    await carryOutUndone(tools);
    await carryOutUndone(tools);
    expect(await operations()).toMatchObject([{ reference: 'r1', key: 'ada' }]);
    expect((await get(`/v1/approvals/${id}`)).json).toMatchObject({ doneAt: expect.any(String) });
    const notes = await readTimeline(at.store.db, payment.id);
    expect(notes.filter(({ kind }) => kind === 'operator')).toMatchObject([
      { text: expect.stringContaining('grace approved refund r1') },
    ]);
  });

  it('the key that asked can neither approve nor reject', async () => {
    const { id } = (await refund({ reference: 'r1' })).json;
    expect(await approve(id, 'ada')).toMatchObject({ status: 409, json: { code: 'own_approval' } });
    const rejected = await post(`/v1/approvals/${id}/reject`, { reason: 'no' }, 'ada');
    expect(rejected).toMatchObject({ status: 409, json: { code: 'own_approval' } });
    expect(await approve(id, 'eve')).toMatchObject({ status: 403, json: { code: 'scope_missing' } });
    expect((await get(`/v1/approvals/${id}`)).json.status).toBe('awaiting_approval');
    expect(await operations()).toEqual([]);
  });

  it('what is rejected or has expired is not carried out', async () => {
    const first = (await refund({ reference: 'r1' })).json.id;
    const rejected = await post(`/v1/approvals/${first}/reject`, { reason: 'the chair is here' }, 'grace');
    expect(rejected).toMatchObject({
      status: 200,
      json: { status: 'rejected', decided: { reason: 'the chair is here' } },
    });
    const second = (await refund({ reference: 'r2' })).json.id;
    await expire(second);
    for (const [id, reference, status] of [
      [first, 'r1', 'rejected'],
      [second, 'r2', 'expired'],
    ]) {
      expect((await get(`/v1/approvals/${id}`)).json.status).toBe(status);
      expect(await approve(id)).toMatchObject({ status: 409, json: { code: 'not_approved' } });
      expect(await refund({ reference })).toMatchObject({ status: 409, json: { code: 'not_approved' } });
      expect((await get(`/v1/approvals?payment=${payment.id}&status=${status}`)).json.data).toMatchObject([
        { id },
      ]);
    }
    expect(await operations()).toEqual([]);
  });

  it('a refund that is impossible asks no one, and one at the limit or of another currency needs no one', async () => {
    expect(await refund({ reference: 'r1', amount: 72_201 })).toMatchObject({
      json: { code: 'amount_too_large' },
    });
    expect((await refund({ reference: 'r2', amount: 50_000 })).json).toMatchObject({ status: 'pending' });
    payment = await aPaidPayment(at.store.db, 'CAPTURED', {
      sums: { capturedMinor: 72_200 },
      opened: { money: { amountMinor: 72_200, currency: 'SEK' } },
    });
    expect((await refund({ reference: 'r3' })).json).toMatchObject({ status: 'pending' });
    expect((await get(`/v1/approvals?payment=${payment.id}`)).json.data).toEqual([]);
  });

  it('one that the gateway declines after the approval shows why', async () => {
    const { id } = (await refund({ reference: 'r1' })).json;
    payment = await aPaidPayment(at.store.db);
    await at.store.db.update(approvals).set({ paymentId: payment.id }).where(eq(approvals.id, id));
    expect(await approve(id)).toMatchObject({
      status: 200,
      json: {
        problem: { code: 'operation_not_possible', detail: expect.stringContaining('nothing is left') },
      },
    });
  });

  describe('a review', () => {
    beforeEach(async () => {
      payment = await aPayment(at.store.db);
      const finding = aFinding('REVIEW', { review: 'amount_mismatch', reason: 'amount_mismatch' });
      await recordFinding(at.store.db, aRecord(payment, { finding }), TELLS);
    });
    const resolve = (decision: string) =>
      post(`/v1/payments/${payment.id}/resolve`, { decision, ...PERSON }, 'ada');

    it.each(['accept', 'give_back'] as const)(
      'is not ended by %s before a second person approves',
      async (decision) => {
        const asked = await resolve(decision);
        expect(asked).toMatchObject({
          status: 202,
          json: {
            status: 'awaiting_approval',
            what: decision,
            reference: null,
            actor: PERSON.actor,
            amount: 72_200,
          },
        });
        expect((await resolve(decision)).json).toEqual(asked.json);
        const notes = async () =>
          (await readTimeline(at.store.db, payment.id)).filter(({ kind }) => kind === 'operator');
        expect(await notes()).toEqual([]);
        at.api.money.onGiveBack = async () => {
          const finding = aFinding('VOIDED', { cause: 'void' });
          await recordFinding(at.store.db, aRecord(payment, { finding }), TELLS);
        };
        const answer = await approve(asked.json.id);
        expect(answer).toMatchObject({ status: 200, json: { status: 'approved', problem: null } });
        expect((await notes()).map(({ text }) => text)).toEqual([
          expect.stringContaining(`grace hopper (key grace) approved ${decision} over 722.00 NOK`),
          expect.stringMatching(/^ada lovelace \(key ada\) asked to .*: ticket 12$/),
        ]);
        await approve(asked.json.id);
        expect(await notes()).toHaveLength(2);
      },
    );

    it('is carried out later where no run can be reached', async () => {
      const { id } = (await resolve('accept')).json;
      at.api.runs.temporal = 'down';
      expect(await approve(id)).toMatchObject({ status: 202, json: { status: 'approved', doneAt: null } });
      at.api.runs.temporal = 'well';
      expect(await approve(id)).toMatchObject({ status: 200, json: { doneAt: expect.any(String) } });
    });

    it('is done where a run has carried it out and its answer was lost', async () => {
      const { id } = (await resolve('accept')).json;
      at.api.runs.answers.resolve = async (_, { noteKey }) => {
        await useDecision(at.store.db, payment.id, { noteKey, decision: 'accept', by: 'a run' });
        await recordFinding(at.store.db, aRecord(payment), TELLS);
        throw new RunsUnavailable('the answer was lost');
      };
      expect(await approve(id)).toMatchObject({ status: 202, json: { doneAt: null } });
      expect(await approve(id)).toMatchObject({
        status: 200,
        json: { problem: null, doneAt: expect.any(String) },
      });
    });

    it('is dismissed by one person, since that moves no money', async () => {
      expect((await resolve('dismiss')).json.id).toBe(payment.id);
    });

    it('that has ended asks no one', async () => {
      payment = await aPaidPayment(at.store.db);
      expect(await resolve('accept')).toMatchObject({ status: 409, json: { code: 'not_in_review' } });
    });
  });

  it('the commands say what they wait for, and approve', async () => {
    const as = (name: Named) => {
      const url = `http://127.0.0.1:${at.api.port}`;
      process.env = { PUBLIC_URL: url, API_KEYS: `${name}:money:${KEYS[name]}`, DATA_DIR: '/nowhere' };
    };
    as('ada');
    expect(await runCommand(['refund', payment.id, '--reference', 'r1'])).toBe(0);
    const [, id = ''] = /paidonce approve (apr_\w+)/.exec(terminal.output) ?? [];
    expect(terminal.output).toContain(
      `refund r1 of 722.00 NOK for order ${payment.orderReference} waits for a second person until `,
    );
    expect(await runCommand(['approve', id])).toBe(1);
    expect(terminal.complaints).toContain('own_approval');
    as('grace');
    terminal.output = '';
    expect(await runCommand(['approve', id, '--actor', 'grace'])).toBe(0);
    expect(terminal.output).toBe(
      `refund r1 of 722.00 NOK for order ${payment.orderReference} is approved, and done\n`,
    );
    expect(await operations()).toHaveLength(1);
  });
});
