/** `paidonce why` with any id, and the commands that it prints for pasting, against a listening service. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eq } from 'drizzle-orm';
import { runCommand } from '../../src/cli/program.ts';
import { logDelivery } from '../../src/store/log-delivery.ts';
import { stampGateway } from '../../src/store/store-health.ts';
import { openStore } from '../../src/store/open.ts';
import { claimOperation } from '../../src/store/operations.ts';
import type { ReviewCode } from '../../src/domain/payment.ts';
import { listUpdates } from '../../src/store/outbox.ts';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import { recordOpened, type PaymentRow } from '../../src/store/payments.ts';
import { deliveries } from '../../src/store/schema/delivery-table.ts';
import { orders } from '../../src/store/schema/order-tables.ts';
import { API_KEY } from '../support/api.ts';
import {
  aDelivery,
  aFinding,
  aPayment,
  aRecord,
  aTransaction,
  attempted,
  TELLS,
} from '../support/builders.ts';
import { useTestApi } from '../support/door.ts';
import { aPaidPayment } from '../support/paid-payment.ts';
import { commandsAmongWords, commandsIn, wordsOf } from '../support/shell.ts';
import { copyStoreTemplate } from '../support/store.ts';
import { useTerminal } from '../support/terminal.ts';

const NOBODY = '127.0.0.1:1';

describe('paidonce why', () => {
  const at = useTestApi();
  const terminal = useTerminal();
  const ids: Record<string, string> = {};

  beforeAll(async () => {
    const { db } = at.store;
    await stampGateway(db, { gateway: 'dintero', account: 'T12345678', mode: 'test' });
    const payment = await aPaidPayment(db, 'AUTHORIZED', {
      opened: { orderReference: '1001', money: { amountMinor: 29_990, currency: 'NOK' } },
    });
    const opened = { sessionId: 'T12345678.s-1', checkoutUrl: 'u', runId: 'r', text: 'opened' };
    await recordOpened(db, payment.id, opened);
    const delivery = await logDelivery(db, aDelivery(payment, { eventId: 'event 1' }));
    const asked = await capture(payment, 'parcel-1');
    Object.assign(ids, {
      payment: payment.id,
      session: 'T12345678.s-1',
      transaction: `T12345678.tx-${payment.id}`,
      workflow: 'payment/1001/1',
      'money workflow': `money/${payment.id}`,
      callback: delivery.id,
      event: 'event 1',
      update: '1001/order.paid',
      operation: asked,
      'operation reference': 'parcel-1',
      amount: '299.90 NOK',
      'bare amount': '299.90',
    });
  });

  beforeEach(() => {
    process.env = {
      PUBLIC_URL: `http://127.0.0.1:${at.api.port}`,
      API_KEYS: API_KEY,
      DATA_DIR: '/nonexistent',
      TEMPORAL_ADDRESS: NOBODY,
    };
  });

  async function capture({ id: paymentId }: PaymentRow, reference: string): Promise<string> {
    const wanted = { paymentId, reference, bodyHash: 'h', wanted: 4_000, finalCapture: false } as const;
    return (await claimOperation(at.store.db, { ...wanted, kind: 'capture', cause: 'merchant' })).operation
      .id;
  }

  /** Runs every printed command of ours through a shell and the program; returns its exit code and output. */
  async function runPrinted(): Promise<[command: string, code: number, output: string][]> {
    const { output: printed } = terminal;
    expect(commandsAmongWords(printed)).toEqual([]);
    const ran: [string, number, string][] = [];
    for (const command of commandsIn(printed)) {
      Object.assign(terminal, { output: '', complaints: '' });
      const [name, ...words] = wordsOf(command);
      // temporal.test.ts runs Temporal's commands against a server.
      if (name !== 'paidonce') continue;
      // A role would keep running.
      const isRole = words[0] === 'serve' || words[0] === 'worker';
      const code = await runCommand(isRole ? [...words, '--help'] : words);
      ran.push([command, code, terminal.output + terminal.complaints]);
    }
    return ran;
  }

  it.each([
    'payment',
    'session',
    'transaction',
    'workflow',
    'money workflow',
    'callback',
    'event',
    'update',
    'operation',
    'operation reference',
    'amount',
    'bare amount',
  ])('prints the story of the order of a %s', async (name) => {
    expect(await runCommand(['why', ids[name] ?? ''])).toBe(0);
    expect(terminal.output).toMatch(/^Order 1001 is PAID: 299.90 NOK/);
    expect(terminal.output).toContain('capture parcel-1 of 40.00 NOK was requested');
    expect(terminal.output).not.toContain('minor units');
  });

  it('lists the orders where several have that id, with the command for each', async () => {
    for (const orderReference of ['several-1', 'several-2'])
      await capture(await aPaidPayment(at.store.db, 'AUTHORIZED', { opened: { orderReference } }), 'both');
    expect(await runCommand(['why', 'both'])).toBe(1);
    expect(terminal.output).toMatch(/^Several orders match the id both/);
    expect(terminal.output).toContain('order several-1: operation op_');
    expect(terminal.output).toMatch(
      /, pending over 40\.00 NOK, of 20[\d-]+ [\d:.]+ UTC\n {4}paidonce why several-1\n/,
    );
    for (const [command, code, output] of await runPrinted()) {
      expect([command, code]).toEqual([command, 0]);
      expect(output).toContain(`Order ${wordsOf(command).at(-1)} is PAID`);
    }
    expect(await runCommand(['why', 'both', '--json'])).toBe(1);
  });

  it('takes an order number as that order, and names the other things with that id', async () => {
    await aPaidPayment(at.store.db, 'AUTHORIZED', { opened: { orderReference: '--json' } });
    const other = await aPaidPayment(at.store.db, 'AUTHORIZED', { opened: { orderReference: '-x' } });
    await capture(other, '--json');
    expect(await runCommand(['why', '--', '--json'])).toBe(0);
    expect(terminal.output).toMatch(/^Order --json is PAID/);
    expect(terminal.output).toContain('Other matches of --json:\n  order -x: operation op_');
    expect(await runPrinted()).toEqual([
      ['paidonce why -- -x', 0, expect.stringMatching(/^Order -x is PAID/)],
    ]);
  });

  it('names the kinds of ids that it searched where nothing has that id', async () => {
    for (const id of ["1001' or '1", 'T12345678.none', 'pay_none']) {
      terminal.output = '';
      expect(await runCommand(['why', id])).toBe(1);
      expect(terminal.output).toContain(`No order belongs to ${id}: the service at`);
      expect(terminal.output).toContain('Searched for an order, payment, session');
    }
  });

  it('says that a callback has no order of ours', async () => {
    const { id } = await logDelivery(at.store.db, aDelivery(null, { ignoredBecause: 'foreign' }));
    expect(await runCommand(['why', id])).toBe(1);
    expect(terminal.output).toContain(`  callback ${id}, ignored, of 20`);
  });

  it('has the search and the order that it leads to as JSON', async () => {
    expect(await runCommand(['why', '--json', ids['session'] ?? ''])).toBe(0);
    expect(JSON.parse(terminal.output)).toMatchObject({
      q: 'T12345678.s-1',
      reference: '1001',
      order: { reference: '1001' },
      others: [],
    });
  });

  it('reads the store itself where no service holds it', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'paidonce-why-'));
    await copyStoreTemplate(dataDir);
    const store = await openStore({ dataDir });
    await store.migrate();
    const payment = await aPaidPayment(store.db, 'AUTHORIZED', { opened: { orderReference: 'own-1' } });
    await store.close();
    process.env = { DATA_DIR: dataDir, TEMPORAL_ADDRESS: NOBODY };
    expect(await runCommand(['why', payment.id])).toBe(0);
    expect(terminal.output).toMatch(/^Order own-1 is PAID: 722.00 NOK.*\(source: the embedded store\)/);
    await rm(dataDir, { recursive: true });
  });

  describe('about money that does not fit', () => {
    async function inReview(review: ReviewCode, shown: object, reference?: string): Promise<PaymentRow> {
      const payment = await aPayment(at.store.db, { money: { amountMinor: 72_300, currency: 'NOK' } });
      const transaction = aTransaction(payment, shown);
      const { amountMinor, currency } = transaction.money;
      const of = reference ?? payment.orderReference;
      const text = `dintero says AUTHORIZED, ${amountMinor} minor units of ${currency} for ${of}`;
      const notes = [{ kind: 'read', text, data: { amount: amountMinor, currency } }] as const;
      const finding = aFinding('REVIEW', { review });
      await recordFinding(at.store.db, aRecord(payment, { finding, transaction, notes }), TELLS);
      return payment;
    }
    const money = (amountMinor: number, currency = 'NOK') => ({ money: { amountMinor, currency } });

    it.each([
      [
        'amount_mismatch',
        money(72_200),
        'Dintero has 722.00 NOK, the order asks for 723.00 NOK: 1.00 NOK too little',
      ],
      [
        'amount_mismatch',
        money(100_000),
        'Dintero has 1000.00 NOK, the order asks for 723.00 NOK: 277.00 NOK too much',
      ],
      [
        'currency_mismatch',
        money(723, 'JPY'),
        'Dintero has 723 JPY, the order asks for 723.00 NOK: JPY instead of NOK',
      ],
      [
        'late_money',
        money(72_300),
        'Dintero has 723.00 NOK, the payment was closed before: 723.00 NOK too much',
      ],
    ] as const)('explains the difference: %s, %j', async (reason, shown, words) => {
      const { id } = await inReview(reason, shown);
      expect(await runCommand(['why', id])).toBe(1);
      expect(terminal.output).toMatch(
        new RegExp(`is in REVIEW \\(${reason}\\), last changed [^:]*:.*: ${words}`),
      );
      expect(terminal.output).not.toContain('minor units');
    });

    it('names the difference where the order has another amount by now', async () => {
      const payment = await inReview('order_changed', money(72_300));
      await at.store.db
        .update(orders)
        .set({ amount: 72_400 })
        .where(eq(orders.reference, payment.orderReference));
      expect(await runCommand(['why', payment.id])).toBe(1);
      expect(terminal.output).toContain(
        'Dintero has 723.00 NOK, the order asks for 724.00 NOK by now: 1.00 NOK too little',
      );
    });

    it('names the order of the money where that is another one', async () => {
      const payment = await inReview('reference_mismatch', money(72_300), '4711');
      expect(await runCommand(['why', payment.id])).toBe(1);
      expect(terminal.output).toContain(
        `Dintero has 723.00 NOK for 4711, the order is ${payment.orderReference}`,
      );
    });

    it('prints complete commands for each decision, which the service accepts', async () => {
      const { id } = await inReview('amount_mismatch', money(72_200));
      expect(await runCommand(['why', id])).toBe(1);
      at.api.money.onGiveBack = () => Promise.resolve();
      const ran = await runPrinted();
      const reason = "'Dintero has 722.00 NOK, the order asks for 723.00 NOK: 1.00 NOK too little'";
      expect(ran.map(([command]) => command)).toEqual([
        `paidonce resolve ${id} --decision accept --reason ${reason}`,
        `paidonce resolve ${id} --decision give_back --reason ${reason}`,
        `paidonce resolve ${id} --decision dismiss --reason ${reason}`,
      ]);
      // The runs of this service are simulated: they give nothing back.
      expect(ran.map(([, code, output]) => (code === 0 ? 0 : output.split(':')[1]))).toEqual([
        0,
        ' give_back_failed',
        0,
      ]);
    });
  });

  it('prints complete commands for an update that was given up and a callback that no run has handled', async () => {
    const { db } = at.store;
    const payment = await aPaidPayment(db, 'AUTHORIZED', { opened: { orderReference: '-untold' } });
    const [{ effectId } = { effectId: '' }] = await listUpdates(db, payment.id);
    await attempted(db, effectId, { state: 'gave_up', answer: '500' });
    const { id } = await logDelivery(db, aDelivery(payment));
    await db
      .update(deliveries)
      .set({ receivedAt: new Date(Date.now() - 120_000) })
      .where(eq(deliveries.id, id));
    expect(await runCommand(['why', id])).toBe(1);
    const ran = await runPrinted();
    expect(ran.map(([command]) => command)).toEqual([
      "paidonce redeliver --reason 'the endpoint answers again' -- -untold/order.paid",
      'paidonce doctor',
    ]);
    expect(ran[0]).toMatchObject({ 1: 0, 2: 'order.paid of order -untold is sent again\n' });
    // It reports problems of this service, so the command was understood.
    expect(ran[1]).toMatchObject({ 1: 1, 2: expect.stringContaining('configuration: of the service at') });
  });

  it('is suggested by doctor, with complete commands', async () => {
    expect(await runCommand(['doctor'])).toBe(1);
    const ran = await runPrinted();
    for (const [command, code] of ran) expect([command, code]).not.toEqual([command, 2]);
    const explained = ran.filter(([command]) => wordsOf(command)[1] === 'why');
    expect(explained.length).toBeGreaterThan(1);
    for (const [, , output] of explained) expect(output).toContain('is in REVIEW');
  });
});
