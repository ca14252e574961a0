/**
 * `paidonce reconcile` and `paidonce backfill`, in one stack without sweeps: what they find of lost callbacks, and what
 * the first must report.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { builtFolder } from '../support/compiled.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import type { Answer } from './support/http.ts';
import { paidOrder, pay } from './support/money.ts';
import { comeBack, newOrder, open, orderStatus, untilOrder, untilTold } from './support/shop.ts';
import { startStack, type GatewayId, type Stack } from './support/stack.ts';
import { until } from './support/until.ts';

const AMOUNT = 29_990;
const DAY_MS = 24 * 3_600_000;

let postgres: TestPostgres;
let database: pg.Client;
let stack: Stack;

beforeAll(async () => {
  postgres = await startPostgres();
  const databaseUrl = await postgres.createMigratedDatabase();
  database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  stack = await startStack({ gateway: 'stripe', databaseUrl, env: { RETENTION_DELIVERIES: '20d' } });
}, 300_000);

afterAll(async () => {
  await stack?.stop();
  await database?.end();
  await postgres?.stop();
});

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function paidonce(...args: string[]): Promise<Ran> {
  const main = join(await builtFolder(), 'cli', 'main.js');
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { env: stack.env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

async function reconcile(gateway: GatewayId): Promise<Ran & { readonly json: Answer['body'] }> {
  const ran = await paidonce('reconcile', '--gateway', gateway, '--since', '1h', '--json');
  return { ...ran, json: JSON.parse(ran.stdout) };
}

describe.each<GatewayId>(['dintero', 'stripe'])('paidonce reconcile at %s', (gateway) => {
  const at = () => stack.at(gateway);

  it('repairs payments whose callbacks were lost, and what was done by hand at the PSP', async () => {
    const captured = await paidOrder(at(), { outcome: 'authorize' });
    await stack.call('POST', `/v1/payments/${captured.id}/capture`, { reference: 'c1' });
    await untilTold(stack, [captured.orderReference], 'order.captured');
    await at().sandbox.faults({ callbacks: 'off' });
    const lost = [await open(at()), await open(at())];
    for (const opened of lost) await pay(at(), opened, { outcome: 'authorize' });
    await open(at());
    await at().sandbox.backoffice(captured.transactionId, 'refund', { amount: 10_000 });
    const { code, json } = await reconcile(gateway);
    expect(json).toMatchObject({ gateway, status: 'complete', coverage: 'api', repaired: 3, unexplained: 0 });
    expect(json.compared).toBe(json.match);
    await at().sandbox.clearFaults();
    for (const { orderReference } of lost) expect(await orderStatus(stack, orderReference)).toBe('PAID');
    await untilTold(stack, [captured.orderReference], 'order.partially_refunded');
    expect(code).toBe(0);
    const again = await reconcile(gateway);
    expect(again.json).toMatchObject({ compared: json.compared, match: json.match, repaired: 0 });
  });

  it('reports each money that one side alone has, and an order that was paid twice, with exit code 1', async () => {
    const forged = await paidByReturn(at());
    await database.query(
      `update payments set session_id = session_id || '0', transaction_id = transaction_id || '0' where id = $1`,
      [forged.id],
    );
    const reference = newOrder('twice');
    for (let n = 0; n < 2; n += 1) {
      const opened = await paidByReturn(at(), reference);
      // As if the store had been lost, with all that it knew of the order.
      await database.query('delete from payments where id = $1', [opened.id]);
      await database.query('delete from orders where reference = $1', [reference]);
      await database.query('delete from outbox where order_reference = $1', [reference]);
    }
    const { code, json } = await reconcile(gateway);
    expect(code).toBe(1);
    expect(json.missingThere).toMatchObject([
      {
        orderReference: forged.orderReference,
        payment: forged.id,
        here: { status: 'AUTHORIZED', amount: AMOUNT, currency: 'NOK' },
        there: null,
        explanation: null,
        commands: [`paidonce why ${forged.orderReference}`],
      },
    ]);
    const missing = json.missingHere.map((one: { orderReference: string }) => one.orderReference);
    expect(missing.sort()).toEqual([forged.orderReference, reference, reference].sort());
    // Of the forged payment, only one side has money twice.
    expect(json.duplicate).toMatchObject([{ orderReference: reference }]);
    expect(json.duplicate[0].transactions).toHaveLength(2);
    expect(json.unexplained).toBe(json.missingThere.length + json.missingHere.length + json.duplicate.length);
  });
});

it('counts other shops, and continues where a worker was killed between two pages', async () => {
  const theirs = { amount: AMOUNT, currency: 'NOK', status: 'AUTHORIZED' };
  for (let n = 0; n < 120; n += 20)
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        stack.at('dintero').sandbox.foreign({ ...theirs, merchantReference: `theirs-${n + i}` }),
      ),
    );
  const running = reconcile('dintero');
  const compared = async () => {
    const { rows } = await database.query(
      `select count(*)::int as count from reconciliation_rows where class = 'foreign' and reconciliation_id = (select max(id) from reconciliations)`,
    );
    return rows[0].count as number;
  };
  await until('the first page is compared', async () => (await compared()) >= 50);
  await stack.kill('worker');
  await stack.start('worker');
  const { json } = await running;
  expect(json).toMatchObject({ status: 'complete', foreign: 120 });
});

it('compares every gateway where none is named, and its figures and doctor say what is left', async () => {
  const { code, stdout } = await paidonce('reconcile', '--json');
  const { ok, gateways } = JSON.parse(stdout);
  expect([code, ok]).toEqual([1, false]);
  expect(gateways.map((one: { gateway: string }) => one.gateway)).toEqual(['dintero', 'stripe']);
  const figures = await (await fetch(`${stack.origin}/metrics`)).text();
  for (const { gateway, missingHere } of gateways)
    expect(figures).toContain(
      `paidonce_drift_payments{gateway="${gateway}",class="missing_here"} ${missingHere.length}`,
    );
  const { body } = await stack.call('GET', '/v1/health');
  const named = (name: string) => body.checks.find((check: { name: string }) => check.name === name);
  expect(named('last reconciliation of stripe')).toMatchObject({
    state: 'warn',
    text: expect.stringContaining('3 missing here'),
  });
  expect(named('schedule reconcile/dintero')).toMatchObject({ state: 'ok' });
  const list = await stack.call('GET', '/v1/reconciliations?gateway=stripe&limit=1');
  expect(list.body.data).toMatchObject([
    { gateway: 'stripe', status: 'complete', unexplained: expect.any(Number) },
  ]);
});

it('prints the next step for each difference, and refuses what it can not do', async () => {
  const ran = await paidonce('reconcile', '--gateway', 'stripe');
  expect(ran.code).toBe(1);
  expect(ran.stdout).toMatch(/^stripe from \S+ to \S+$/m);
  expect(ran.stdout).toMatch(/missing there: order \S+, transaction \S+\n.*here AUTHORIZED 299\.90 NOK/);
  expect(ran.stdout).toMatch(/^ +paidonce why /m);
  expect(await paidonce('reconcile', '--gateway', 'nopay')).toMatchObject({ code: 2 });
  expect(await paidonce('reconcile', '--since', 'tomorrow-ish')).toMatchObject({ code: 2 });
  const backwards = ['--since', '2026-01-02T00:00:00Z', '--until', '2026-01-01T00:00:00Z'];
  expect(await paidonce('reconcile', '--gateway', 'stripe', ...backwards)).toMatchObject({ code: 2 });
});

describe('paidonce backfill', () => {
  const at = () => stack.at('stripe');
  const backfill = async () => {
    const ran = await paidonce('backfill', '--gateway', 'stripe', '--since', '1h', '--json');
    return { ...ran, json: JSON.parse(ran.stdout) };
  };
  const logged = async (payment: string): Promise<Answer['body'][]> =>
    (await stack.call('GET', `/v1/deliveries?payment=${payment}&limit=100`)).body.data;

  it('writes what was lost and nothing else, over a killed worker, and lets the callback count later', async () => {
    await paidOrder(at());
    await at().sandbox.faults({ callbacks: 'off' });
    const lost = await open(at());
    await pay(at(), lost, { outcome: 'authorize' });
    for (let n = 0; n < 120; n += 20)
      await Promise.all(
        Array.from({ length: 20 }, () => at().sandbox.foreign({ amount: AMOUNT, currency: 'nok' })),
      );
    const running = backfill();
    await until('the first page is written', async () => {
      const { rows } = await database.query('select events_read as read from backfills');
      return rows[0]?.read >= 100;
    });
    await stack.kill('worker');
    await stack.start('worker');
    const { code, json } = await running;
    expect(code).toBe(0);
    expect(json).toMatchObject({ gateway: 'stripe', status: 'complete', limits: [] });
    expect(json.foreign).toBeGreaterThanOrEqual(120);
    expect(json.written).toBeGreaterThan(0);
    expect(json.known).toBeGreaterThan(0);
    expect(json.read).toBe(json.written + json.known + json.foreign);
    const filled = await logged(lost.id);
    expect(new Set(filled.map(({ outcome }) => outcome))).toEqual(new Set(['backfilled']));
    expect(filled.map(({ claim }) => claim.event)).toContain('checkout.session.completed');
    expect((await paidonce('why', lost.orderReference)).stdout).toMatch(
      /delivery +event evt_\w+ \(checkout\.session\.completed\) is backfilled: not received by us/,
    );
    // It has no effect.
    expect(await orderStatus(stack, lost.orderReference)).toBe('AWAITING_PAYMENT');

    const again = await paidonce('backfill', '--gateway', 'stripe', '--since', '1h');
    const known = json.written + json.known;
    expect(again.stderr).toBe('');
    expect(again.stdout).toContain(
      `  ${json.read} events read: 0 written, ${known} known; ${json.foreign} of`,
    );

    await at().sandbox.clearFaults();
    await at().sandbox.callback(lost.sessionId, {});
    await untilOrder(stack, lost.orderReference, 'PAID');
    const after = await logged(lost.id);
    expect(new Set(after.map(({ eventId }) => eventId)).size).toBe(after.length);
    expect(after).toHaveLength(filled.length);
    expect(after.filter(({ outcome }) => outcome === 'accepted')).toHaveLength(1);
  });

  it('refuses what it can not do, and what is running', async () => {
    const impossible = await paidonce('backfill', '--gateway', 'dintero');
    expect(impossible).toMatchObject({ code: 2, stdout: '' });
    expect(impossible.stderr).toMatch(/^paidonce: not_supported: dintero has no list of [^\n]*\n$/);
    expect(await paidonce('backfill')).toMatchObject({ code: 2 });
    expect(await paidonce('backfill', '--gateway', 'nopay')).toMatchObject({ code: 2 });
    const future = new Date(Date.now() + 60_000).toISOString();
    expect(await paidonce('backfill', '--gateway', 'stripe', '--since', future)).toMatchObject({ code: 2 });
    const ask = () =>
      stack.call('POST', '/v1/backfills', { gateway: 'stripe', since: '2026-01-01T00:00:00Z' });
    const [begun, second] = [await ask(), await ask()];
    expect(begun).toMatchObject({ status: 202, body: { status: 'running', askedBy: expect.any(String) } });
    expect(begun.body.limits).toEqual([
      expect.stringContaining('lists its events for 30 days'),
      expect.stringContaining('keeps callbacks for 20 days (RETENTION_DELIVERIES)'),
    ]);
    expect((Date.now() - Date.parse(begun.body.from)) / DAY_MS).toBeCloseTo(20, 1);
    expect(second).toMatchObject({ status: 409, body: { code: 'backfill_running' } });
    const { body: audit } = await stack.call('GET', '/v1/audit?what=backfill&limit=2');
    expect(audit.data).toMatchObject([
      { status: 409, code: 'backfill_running' },
      { status: 202, code: null, asked: { gateway: 'stripe', since: '2026-01-01T00:00:00Z' } },
    ]);
    const { body } = await stack.call('GET', '/v1/backfills?gateway=stripe&limit=1');
    expect(body.data).toMatchObject([{ id: begun.body.id }]);
  });

  it('waits for a run that has written its end and is not over yet', async () => {
    await until('none runs', async () => {
      const { rows } = await database.query(`select from backfills where state = 'running'`);
      return rows.length === 0;
    });
    const connection = await Connection.connect({ address: stack.env['TEMPORAL_ADDRESS'] ?? '' });
    const closing = await new Client({ connection }).workflow.start('backfillGateway', {
      workflowId: 'backfill/stripe',
      taskQueue: 'nobody-polls-this',
    });
    const asked = stack.call('POST', '/v1/backfills', { gateway: 'stripe' });
    await until('it is asked for', async () => {
      const { rows } = await database.query(`select from backfills where state = 'running'`);
      return rows.length === 1;
    });
    await closing.terminate();
    expect(await asked).toMatchObject({ status: 202, body: { status: 'running' } });
    await connection.close();
  });
});

/**
 * Paid, and recorded as paid by the payer's return alone: no callback comes later, and writes again to a row that a
 * test has changed.
 */
async function paidByReturn(at: Stack, reference = newOrder('gone')) {
  await at.sandbox.faults({ callbacks: 'off' });
  const opened = await open(at, reference);
  await comeBack(await at.sandbox.pay(opened.sessionId, { outcome: 'authorize' }));
  await untilOrder(stack, reference, 'PAID');
  await at.sandbox.clearFaults();
  return opened;
}
