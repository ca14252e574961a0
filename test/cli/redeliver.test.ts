/** `paidonce redeliver` against the real routes. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { runCommand } from '../../src/cli/program.ts';
import { logDelivery } from '../../src/store/log-delivery.ts';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import type { PaymentRow } from '../../src/store/payments.ts';
import { API_KEY } from '../support/api.ts';
import { aDelivery, aPayment, aRecord, attempted, TELLS } from '../support/builders.ts';
import { useTestApi } from '../support/door.ts';
import { useTerminal } from '../support/terminal.ts';

const WHO = ['--actor', 'ada', '--reason', 'ticket 12'];

describe('paidonce redeliver', () => {
  const at = useTestApi();
  const terminal = useTerminal();
  let payment: PaymentRow;
  beforeEach(async () => {
    payment = await aPayment(at.store.db);
    process.env = { PUBLIC_URL: `http://127.0.0.1:${at.api.port}`, API_KEYS: API_KEY, DATA_DIR: '/nowhere' };
  });

  it('runs a delivery again', async () => {
    const { id } = await logDelivery(at.store.db, aDelivery(payment));
    expect(await runCommand(['redeliver', id, ...WHO])).toBe(0);
    expect(terminal.output).toBe(
      `${id} is run again: payment ${payment.id} is looked at as soon as dintero answers\n`,
    );
    expect(await runCommand(['redeliver', id, ...WHO, '--json'])).toBe(0);
    expect(JSON.parse(terminal.output.slice(terminal.output.indexOf('{')))).toMatchObject({
      id,
      payment: payment.id,
    });
  });

  it('sends an update again, but not a superseded one', async () => {
    const [effectId = ''] = (await recordFinding(at.store.db, aRecord(payment), TELLS)).effects;
    await attempted(at.store.db, effectId, { state: 'gone', answer: '410' });
    expect(await runCommand(['redeliver', effectId, ...WHO])).toBe(0);
    expect(terminal.output).toBe(`order.paid of order ${payment.orderReference} is sent again\n`);
    await attempted(at.store.db, effectId, { state: 'superseded', answer: '' });
    expect(await runCommand(['redeliver', effectId, ...WHO])).toBe(1);
    expect(terminal.complaints).toContain('not_redeliverable: the update is superseded');
  });

  it('sends all updates that were given up since a time', async () => {
    const since = new Date().toISOString();
    for (const one of [payment, await aPayment(at.store.db)]) {
      const [effectId = ''] = (await recordFinding(at.store.db, aRecord(one), TELLS)).effects;
      await attempted(at.store.db, effectId, { state: 'gave_up', answer: '500' });
    }
    expect(await runCommand(['redeliver', '--gave-up-since', since, ...WHO])).toBe(0);
    expect(terminal.output).toBe('2 updates are sent again\n');
    expect(await runCommand(['redeliver', '--gave-up-since', since, ...WHO, '--json'])).toBe(0);
    expect(terminal.output).toContain('"queued": 0');
  });

  it('sends all updates that wait for their next attempt, once', async () => {
    const since = new Date().toISOString();
    const one = await aPayment(at.store.db);
    const [effectId = ''] = (await recordFinding(at.store.db, aRecord(one), TELLS)).effects;
    expect(await runCommand(['redeliver', '--waiting-since', since, ...WHO])).toBe(0);
    // It is under way: there was no attempt yet.
    expect(terminal.output).toBe('0 updates are sent again\n');
    await attempted(at.store.db, effectId, { state: 'pending', answer: '500' });
    terminal.output = '';
    expect(await runCommand(['redeliver', '--waiting-since', since, ...WHO])).toBe(0);
    expect(terminal.output).toBe('1 updates are sent again\n');
    terminal.output = '';
    expect(await runCommand(['redeliver', '--waiting-since', since, ...WHO])).toBe(0);
    expect(terminal.output).toBe('0 updates are sent again\n');
  });

  it.each([
    ['neither an id nor a time', []],
    ['two times', ['--waiting-since', '2026-11-28T12:00:00Z', '--gave-up-since', '2026-11-28T12:00:00Z']],
    ['both', ['1001/order.paid', '--gave-up-since', '2026-11-28T12:00:00Z']],
    ['no time', ['--gave-up-since', 'yesterday']],
  ])('ends with 2 for %s', async (_, given) => {
    expect(await runCommand(['redeliver', ...given, ...WHO])).toBe(2);
  });

  it('ends with 1 for an unknown id, and with 2 without a reason', async () => {
    expect(await runCommand(['redeliver', 'dlv_none', ...WHO])).toBe(1);
    expect(await runCommand(['redeliver', 'none/order.paid', ...WHO])).toBe(1);
    expect(await runCommand(['redeliver', 'dlv_none', '--actor', 'x'])).toBe(2);
  });
});
