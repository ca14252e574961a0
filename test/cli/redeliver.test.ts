/** `paidonce redeliver` against the real routes. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { runCommand } from '../../src/cli/program.ts';
import { logDelivery } from '../../src/store/log-delivery.ts';
import { recordOutcome } from '../../src/store/outcomes.ts';
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
    expect(terminal.output).toBe(`${id} is run again: payment ${payment.id} looks at dintero\n`);
    expect(await runCommand(['redeliver', id, ...WHO, '--json'])).toBe(0);
    expect(JSON.parse(terminal.output.slice(terminal.output.indexOf('{')))).toMatchObject({
      id,
      payment: payment.id,
    });
  });

  it('sends an update again, but not one that is on its way', async () => {
    const [effectId = ''] = (await recordOutcome(at.store.db, aRecord(payment), TELLS)).untold;
    expect(await runCommand(['redeliver', effectId, ...WHO])).toBe(1);
    expect(terminal.complaints).toContain('not_redeliverable: it is on its way');
    await attempted(at.store.db, effectId, { state: 'gone', answer: '410' });
    expect(await runCommand(['redeliver', effectId, ...WHO])).toBe(0);
    expect(terminal.output).toBe(`order.paid of order ${payment.orderReference} is sent again\n`);
  });

  it('ends with 1 where there is no such thing, and with 2 where nobody is named', async () => {
    expect(await runCommand(['redeliver', 'dlv_none', ...WHO])).toBe(1);
    expect(await runCommand(['redeliver', 'none/order.paid', ...WHO])).toBe(1);
    expect(await runCommand(['redeliver', 'dlv_none', '--reason', 'x'])).toBe(2);
  });
});
