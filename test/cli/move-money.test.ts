/** `paidonce capture`, `refund`, `void` and `resolve --decision give_back` against a listening service. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { runCommand } from '../../src/cli/program.ts';
import { findOperation, listOperations } from '../../src/store/operations.ts';
import { markSending, markUnknown } from '../../src/store/operation-attempts.ts';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import type { PaymentRow } from '../../src/store/payments.ts';
import { RunsUnavailable } from '../../src/temporal/run-calls.ts';
import { API_KEY } from '../support/api.ts';
import { aFinding, aPayment, aRecord, TELLS } from '../support/builders.ts';
import { useTestApi } from '../support/door.ts';
import { aPaidPayment, becomes, fails } from '../support/paid-payment.ts';
import { useTerminal } from '../support/terminal.ts';

describe('from a terminal', () => {
  const at = useTestApi();
  const terminal = useTerminal();

  beforeEach(() => {
    const url = `http://127.0.0.1:${at.api.port}`;
    process.env = { PUBLIC_URL: url, API_KEYS: API_KEY, DATA_DIR: join(tmpdir(), 'paidonce-no-such-folder') };
    at.api.money.asked.length = 0;
    at.api.money.onCarryOut = () => Promise.resolve();
    at.api.money.onGiveBack = () => Promise.resolve();
  });

  /** The run finds the operation done at the gateway. */
  const captures = (payment: PaymentRow, reference: string): void => {
    at.api.money.onCarryOut = async (operationId) => {
      const amountMinor = (await findOperation(at.store.db, payment.id, reference))?.wanted ?? payment.amount;
      await markSending(at.store.db, operationId, amountMinor);
      const status = amountMinor === payment.amount ? 'CAPTURED' : 'PARTIALLY_CAPTURED';
      const shown = { kind: 'capture', reference, amountMinor, state: 'done' } as const;
      await becomes(at.store.db, payment, status, { capturedMinor: amountMinor }, [shown]);
    };
  };

  it('a capture is carried out by the order number', async () => {
    const payment = await aPaidPayment(at.store.db);
    captures(payment, 'cli-capture-all');
    expect(await runCommand(['capture', payment.orderReference])).toBe(0);
    expect(terminal.output).toBe(
      `capture cli-capture-all of 722.00 NOK for order ${payment.orderReference} is done\npayment ${payment.id} is CAPTURED\n`,
    );
  });

  it('an order number with several payments means the payment that has paid', async () => {
    const { db } = at.store;
    const first = await aPayment(db);
    await recordFinding(db, aRecord(first, { finding: aFinding('DECLINED') }), TELLS);
    const payment = await aPaidPayment(db, 'AUTHORIZED', {
      opened: { orderReference: first.orderReference },
    });
    expect(await runCommand(['void', first.orderReference])).toBe(0);
    expect(await findOperation(db, payment.id, 'void')).not.toBeNull();
  });

  it('an order that several payments failed to pay has nothing to capture', async () => {
    const { db } = at.store;
    const first = await aPayment(db);
    await recordFinding(db, aRecord(first, { finding: aFinding('DECLINED') }), TELLS);
    await aPayment(db, { orderReference: first.orderReference });
    expect(await runCommand(['capture', first.orderReference])).toBe(1);
    expect(terminal.complaints).toContain('payment_not_paid: of the 2 payments');
  });

  it('all options are sent with the request', async () => {
    const payment = await aPaidPayment(at.store.db, 'CAPTURED', { sums: { capturedMinor: 72_200 } });
    const words = ['--amount', '20000', '--reference', 'return-7', '--reason', 'came back', '--json'];
    expect(await runCommand(['refund', payment.id, ...words])).toBe(0);
    expect(JSON.parse(terminal.output)).toMatchObject({
      kind: 'refund',
      reference: 'return-7',
      status: 'pending',
      amount: 20_000,
      reason: 'came back',
      payment: { id: payment.id },
    });
    const held = await aPaidPayment(at.store.db);
    expect(await runCommand(['capture', held.id, '--final'])).toBe(0);
    expect((await findOperation(at.store.db, held.id, 'cli-capture-all'))?.finalCapture).toBe(true);
  });

  it('the same command again moves no more money, and says so', async () => {
    const payment = await aPaidPayment(at.store.db);
    captures(payment, 'cli-capture-500');
    expect(await runCommand(['capture', payment.id, '--amount', '500'])).toBe(0);
    expect(terminal.output).not.toContain('already requested');
    expect(await runCommand(['capture', payment.id, '--amount', '500'])).toBe(0);
    expect(terminal.output).toContain('nothing was moved now; another operation needs its own --reference');
    expect(await listOperations(at.store.db, payment.id)).toHaveLength(1);
    expect(at.api.money.asked).toHaveLength(1);
  });

  it('an operation under way is explained and ends with 0', async () => {
    const payment = await aPaidPayment(at.store.db);
    expect(await runCommand(['capture', payment.id])).toBe(0);
    expect(terminal.output).toContain('capture cli-capture-all of all that is left');
    expect(terminal.output).toContain('is pending');
    at.api.money.onCarryOut = (id) => markUnknown(at.store.db, id);
    expect(await runCommand(['capture', payment.id])).toBe(0);
    expect(terminal.output).toContain('has no known result yet');
  });

  it('a failed operation ends with 1 and the reason', async () => {
    const payment = await aPaidPayment(at.store.db);
    at.api.money.onCarryOut = (operationId) =>
      fails(at.store.db, payment, { operationId, code: 'declined', detail: 'card stolen' });
    expect(await runCommand(['capture', payment.id])).toBe(1);
    expect(terminal.complaints).toContain('declined: capture cli-capture-all failed: card stolen');
    expect(terminal.output).toBe('');
  });

  it('a refused operation ends with 1', async () => {
    const payment = await aPaidPayment(at.store.db);
    expect(await runCommand(['refund', payment.id])).toBe(1);
    expect(await runCommand(['capture', payment.id, '--amount', '72201'])).toBe(1);
    expect(await runCommand(['capture', 'pay_none'])).toBe(1);
    expect(await runCommand(['capture', 'no-such-order'])).toBe(1);
    expect(terminal.complaints).toMatch(
      /operation_not_possible.*\n.*amount_too_large.*\n.*not_found.*\n.*not_found/,
    );
    expect(await listOperations(at.store.db, payment.id)).toEqual([]);
  });

  it.each([
    [['capture']],
    [['capture', 'pay_1', '--amount', '0']],
    [['capture', 'pay_1', '--amount', '200.00']],
    [['capture', 'pay_1', '--amount', '1e3']],
    [['refund', 'pay_1', '--amount=-5']],
    [['refund', 'pay_1', '--final']],
    [['void', 'pay_1', '--amount', '5']],
    [['capture', 'pay_1', '--reason', 'x']],
  ])('wrong usage ends with 2: %j', async (args) => {
    expect(await runCommand(args)).toBe(2);
    expect(at.api.money.asked).toEqual([]);
  });

  it('an invalid reference ends with 2 and the rules for references', async () => {
    const payment = await aPaidPayment(at.store.db);
    expect(await runCommand(['capture', payment.id, '--reference', 'a/b'])).toBe(2);
    expect(terminal.complaints).toContain('/reference: expected 1 to 64 letters');
  });

  it('money in REVIEW is given back, and reported as under way until it is done', async () => {
    const payment = await aPayment(at.store.db);
    const finding = aFinding('REVIEW', { review: 'late_money' });
    await recordFinding(at.store.db, aRecord(payment, { finding }), TELLS);
    const words = ['--decision', 'give_back', '--actor', 'ada', '--reason', 'paid twice'];
    expect(await runCommand(['resolve', payment.id, ...words])).toBe(1);
    expect(terminal.complaints).toContain('give_back_failed');
    at.api.money.onGiveBack = () => Promise.reject(new RunsUnavailable('no answer'));
    expect(await runCommand(['resolve', payment.id, ...words])).toBe(0);
    expect(terminal.output).toContain('is REVIEW (late_money)\nits money is being given back');
    terminal.output = '';
    at.api.money.onGiveBack = () => becomes(at.store.db, payment, 'VOIDED').then(() => undefined);
    expect(await runCommand(['resolve', payment.id, ...words])).toBe(0);
    expect(terminal.output).toBe(
      `${payment.id} over 722.00 NOK for order ${payment.orderReference} is VOIDED\n`,
    );
  });
});
