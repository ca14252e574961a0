/** A command names an order: which of its payments it means. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { paymentNamed } from '../../src/cli/payment-named.ts';
import { serviceApi } from '../../src/cli/service-api.ts';
import { runCommand } from '../../src/cli/program.ts';
import { readClientConfig } from '../../src/config/config.ts';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import type { PaymentRow } from '../../src/store/payments.ts';
import { API_KEY } from '../support/api.ts';
import { aFinding, aPayment, aRecord, aReference, TELLS } from '../support/builders.ts';
import { useTestApi } from '../support/door.ts';
import { useTerminal } from '../support/terminal.ts';

describe('the payment of an order', () => {
  const at = useTestApi();
  const terminal = useTerminal();
  let order: string;

  beforeEach(() => {
    const url = `http://127.0.0.1:${at.api.port}`;
    process.env = { PUBLIC_URL: url, API_KEYS: API_KEY, DATA_DIR: join(tmpdir(), 'paidonce-no-such-folder') };
    order = aReference();
  });

  const named = (which: 'paid' | 'open' | 'in_review', name = order): Promise<string> =>
    paymentNamed(serviceApi(readClientConfig(process.env)), name, which);

  const opened = (): Promise<PaymentRow> => aPayment(at.store.db, { orderReference: order });

  const ended = async (status: 'FAILED' | 'REVIEW'): Promise<PaymentRow> => {
    const payment = await opened();
    await recordFinding(at.store.db, aRecord(payment, { finding: aFinding(status) }), TELLS);
    return payment;
  };

  it('is its only one, in any status', async () => {
    const { id } = await ended('FAILED');
    expect([await named('paid'), await named('open'), await named('in_review')]).toEqual([id, id, id]);
  });

  it('is the open one, or the one in REVIEW', async () => {
    await ended('FAILED');
    const open = await opened();
    expect(await named('open')).toBe(open.id);
    await expect(named('in_review')).rejects.toThrow(
      /of the 2 payments of order .*, none needs a decision; give the id of the payment: pay_.*, pay_/,
    );
    await recordFinding(at.store.db, aRecord(open, { finding: aFinding('REVIEW') }), TELLS);
    expect(await named('in_review')).toBe(open.id);
    await expect(named('open')).rejects.toMatchObject({ status: 409, code: 'payment_not_open' });
  });

  it('is not looked up where its own id is given', async () => {
    expect(await named('open', 'pay_x')).toBe('pay_x');
  });

  it('is used by cancel and resolve', async () => {
    const failed = await ended('FAILED');
    expect(await runCommand(['cancel', order])).toBe(0);
    expect(terminal.output).toContain(`${failed.id} over`);
    await opened();
    const words = ['--decision', 'dismiss', '--actor', 'ada', '--reason', 'late'];
    expect(await runCommand(['resolve', order, ...words])).toBe(1);
    expect(terminal.complaints).toContain('not_in_review: of the 2 payments');
  });
});
