/** `POST /v1/payments/{id}/look`: a person has a payment read at its gateway now. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { runCommand } from '../../../src/cli/program.ts';
import type { PaymentRow } from '../../../src/store/payments.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import { API_KEY, KEY_NAME } from '../../support/api.ts';
import { useTestApi } from '../../support/door.ts';
import { aPaidPayment } from '../../support/paid-payment.ts';
import { useTerminal } from '../../support/terminal.ts';

// A name that no hexadecimal id can contain.
const ASKER = { actor: 'ada lovelace', reason: 'the payer says that it is paid' };

describe('a look that a person asks for', () => {
  const at = useTestApi();
  const terminal = useTerminal();
  let payment: PaymentRow;
  beforeEach(async () => {
    payment = await aPaidPayment(at.store.db);
    at.api.runs.looks.length = 0;
  });
  const look = (body: unknown = ASKER, id = payment.id) => at.api.post(`/v1/payments/${id}/look`, body);

  it('reaches the run of the payment, with the person and the reason in the timeline alone', async () => {
    expect(await look()).toMatchObject({ status: 202, json: { id: payment.id, status: 'AUTHORIZED' } });
    expect(at.api.runs.looks).toEqual([
      {
        payment: {
          paymentId: payment.id,
          orderReference: payment.orderReference,
          n: 1,
          gateway: 'dintero',
        },
        signal: { why: 'operator', at: expect.any(String) },
      },
    ]);
    expect(JSON.stringify(at.api.runs.looks)).not.toMatch(/lovelace|payer/);
    const notes = await readTimeline(at.store.db, payment.id);
    expect(notes.filter(({ kind }) => kind === 'operator')).toMatchObject([
      {
        text: `ada lovelace (key ${KEY_NAME}) asked to look at the gateway: ${ASKER.reason}`,
        data: { ...ASKER, key: KEY_NAME },
      },
    ]);
  });

  it('is in the audit', async () => {
    await look();
    const { json } = await at.api.send('GET', `/v1/audit?payment=${payment.id}&what=look`, { key: API_KEY });
    expect(json.data).toMatchObject([
      { what: 'look', actor: ASKER.actor, status: 202, asked: { reason: ASKER.reason } },
    ]);
  });

  it('is limited for each payment, and says when the next one is allowed', async () => {
    for (let n = 0; n < 3; n += 1) expect((await look()).status).toBe(202);
    const fourth = await look();
    expect(fourth).toMatchObject({ status: 429, json: { code: 'rate_limited' } });
    expect(fourth.headers['retry-after']).toBe('30');
    expect(at.api.runs.looks).toHaveLength(3);
    const other = await aPaidPayment(at.store.db);
    expect((await look(ASKER, other.id)).status).toBe(202);
  });

  it('is 503 while no run can be reached, and may be asked for again', async () => {
    at.api.runs.temporal = 'down';
    expect(await look()).toMatchObject({ status: 503, json: { code: 'unavailable' } });
    at.api.runs.temporal = 'well';
    expect((await look()).status).toBe(202);
  });

  it.each([
    ['an unknown payment', 'pay_none', ASKER, 404],
    ['no reason', null, { actor: 'ada' }, 422],
    ['an unknown field', null, { ...ASKER, force: true }, 422],
  ])('with %s is refused', async (_, id, body, status) => {
    expect((await look(body, id ?? payment.id)).status).toBe(status);
    expect(at.api.runs.looks).toEqual([]);
  });

  it('is asked for by `paidonce look`, by the order or by the payment', async () => {
    process.env = { PUBLIC_URL: `http://127.0.0.1:${at.api.port}`, API_KEYS: API_KEY, DATA_DIR: '/nowhere' };
    const who = ['--actor', 'ada', '--reason', 'ticket 12'];
    expect(await runCommand(['look', payment.orderReference, ...who])).toBe(0);
    expect(terminal.output).toBe(
      `payment ${payment.id} is read at dintero now; it was AUTHORIZED\n` +
        `to see what was found: paidonce why ${payment.orderReference}\n`,
    );
    expect(await runCommand(['look', payment.id, ...who, '--json'])).toBe(0);
    expect(at.api.runs.looks).toHaveLength(2);
    expect(await runCommand(['look', 'none', ...who])).toBe(1);
    expect(terminal.complaints).toContain('not_found');
  });
});
