/** The commands against a listening service: real routes, a real store, and simulated runs. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createApp } from '../../src/api/http/app.ts';
import { runCommand } from '../../src/cli/program.ts';
import { readConfig } from '../../src/config/config.ts';
import { createGateways } from '../../src/gateways/registry.ts';
import type { Service } from '../../src/service.ts';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import { lockDirectory } from '../../src/store/directory-lock.ts';
import type { Store } from '../../src/store/open.ts';
import { claimPayment } from '../../src/store/claim-payment.ts';
import { findPayment, type PaymentRow } from '../../src/store/payments.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { VERSION } from '../../src/lib/version.ts';
import { aRecord, TELLS } from '../support/builders.ts';
import { openTestStore } from '../support/store.ts';
import { useTerminal } from '../support/terminal.ts';

const KEY = 'a-key-of-more-than-24-characters';
const NOBODY = '127.0.0.1:1';

interface Around {
  store: Store;
  server: Server;
  folder: string;
  payment: PaymentRow;
  unlock: () => Promise<void>;
}

const at = {} as Around;

const terminal = useTerminal();

beforeAll(async () => {
  at.folder = await mkdtemp(join(tmpdir(), 'paidonce-cli-'));
  at.store = await openTestStore();
  at.unlock = await holdStore(join(at.folder, 'data', 'store'));
  at.payment = await paidPayment(at.store);
  const handle = createApp(aService(at.store)).app.callback();
  at.server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => at.server.listen(0, '127.0.0.1', resolve));
}, 60_000);

afterAll(async () => {
  at.server.close();
  at.server.closeAllConnections();
  await at.store.close();
  await at.unlock();
  await rm(at.folder, { recursive: true });
});

beforeEach(() => {
  const url = `http://127.0.0.1:${(at.server.address() as AddressInfo).port}`;
  const dataDir = join(at.folder, 'data');
  process.env = { PUBLIC_URL: url, API_KEYS: KEY, DATA_DIR: dataDir, TEMPORAL_ADDRESS: NOBODY };
});

describe('paidonce why', () => {
  it('asks the service that holds the store, and works without Temporal', async () => {
    expect(await runCommand(['why', '1001'])).toBe(0);
    expect(terminal.output).toContain('Order 1001 is PAID: 722.00 NOK');
    expect(terminal.output).toContain(`(source: the service at ${process.env['PUBLIC_URL']})`);
    expect(terminal.output).toContain('PENDING became AUTHORIZED; order 1001 is paid by this payment');
    expect(terminal.output).toContain(`No answer: Temporal at ${NOBODY}`);
  }, 20_000);

  it('ends with 1 for an unknown order', async () => {
    expect(await runCommand(['why', '404'])).toBe(1);
    expect(terminal.output).toContain('No order belongs to 404: the service at');
    expect(terminal.output).toContain('does not know it');
  }, 20_000);

  it('ends with 1, and lists its tries, when neither the service nor the store can be asked', async () => {
    process.env['PUBLIC_URL'] = `http://${NOBODY}`;
    expect(await runCommand(['why', '1001', '--json'])).toBe(1);
    const { order, runs, unasked } = JSON.parse(terminal.output) as Record<string, unknown>;
    expect({ order, runs }).toEqual({ order: null, runs: null });
    expect(String(unasked)).toContain('is in use by another process');
    expect(String(unasked)).toContain(`no answer from http://${NOBODY} (bad port)`);
  }, 20_000);

  it.each([[''], ['x'.repeat(201)], ['1001\n']])('refuses an impossible id: %j', async (id) => {
    expect(await runCommand(['why', id])).toBe(2);
    expect(terminal.complaints).toContain(
      'One id of 1 to 200 characters without control characters was expected',
    );
  });
});

describe('paidonce cancel', () => {
  it('prints the new state of the payment', async () => {
    expect(await runCommand(['cancel', at.payment.id])).toBe(0);
    expect(terminal.output).toBe(`${at.payment.id} over 722.00 NOK for order 1001 is AUTHORIZED\n`);
  });

  it('ends with 1 when the service refuses', async () => {
    expect(await runCommand(['cancel', 'pay_unknown'])).toBe(1);
    expect(terminal.complaints).toBe('paidonce: not_found: there is no such payment\n');
  });

  it('ends with 2 when the key is wrong or the service does not answer', async () => {
    process.env['API_KEYS'] = 'another-key-of-more-than-24-characters';
    expect(await runCommand(['cancel', at.payment.id])).toBe(2);
    process.env['PUBLIC_URL'] = `http://${NOBODY}`;
    expect(await runCommand(['cancel', at.payment.id])).toBe(2);
    expect(terminal.complaints).toContain('unauthorized');
    expect(terminal.complaints).toContain('set PUBLIC_URL');
    expect(terminal.complaints).not.toContain('another-key');
  });
});

describe('paidonce resolve', () => {
  it('ends with 1 for a payment that is not in REVIEW', async () => {
    const words = ['--decision', 'accept', '--actor', 'ada', '--reason', 'agreed'];
    expect(await runCommand(['resolve', at.payment.id, ...words])).toBe(1);
    expect(terminal.complaints).toContain('not_in_review');
  });

  it.each([
    ['without a reason', ['--decision', 'accept', '--actor', 'ada']],
    ['with a decision that does not exist', ['--decision', 'keep', '--actor', 'ada', '--reason', 'late']],
  ])('ends with 2 %s', async (_, words) => {
    expect(await runCommand(['resolve', at.payment.id, ...words])).toBe(2);
  });
});

describe('paidonce', () => {
  it('prints its version', async () => {
    expect(await runCommand(['--version'])).toBe(0);
    expect(terminal.output).toBe(`${VERSION}\n`);
  });

  it('lists every command, each with an example of its own', async () => {
    expect(await runCommand(['--help'])).toBe(0);
    const names = [...terminal.output.matchAll(/^ {2}([a-z]+) /gm)].map((match) => match[1] ?? '');
    const commands = names.filter((name) => name !== 'help');
    expect(commands).toEqual(
      expect.arrayContaining([
        'serve',
        'api',
        'worker',
        'migrate',
        'dev',
        'sandbox',
        'why',
        'doctor',
        'capture',
        'refund',
        'void',
        'cancel',
        'resolve',
      ]),
    );
    for (const name of commands) {
      terminal.output = '';
      expect(await runCommand([name, '--help'])).toBe(0);
      expect(terminal.output).toMatch(new RegExp(`Example:\\n.*paidonce ${name}`));
    }
  });

  it.each([[[]], [['nope']], [['why']], [['cancel', 'a', 'b']]])('ends with 2 for %j', async (args) => {
    expect(await runCommand(args)).toBe(2);
  });

  it.each([
    ['cancel', []],
    ['capture', []],
    ['resolve', ['--decision', 'dismiss', '--actor', 'ada', '--reason', 'late']],
    ['redeliver', ['--actor', 'ada', '--reason', 'lost']],
  ])("prints the service's refusal of %s as JSON with --json", async (command, words) => {
    const unknown = command === 'redeliver' ? 'dlv_unknown' : 'pay_unknown';
    expect(await runCommand([command, unknown, ...words, '--json'])).toBe(1);
    expect(JSON.parse(terminal.output)).toEqual({
      status: 404,
      code: 'not_found',
      detail: expect.stringMatching(/^there is no such/),
    });
    expect(terminal.complaints).toMatch(/^paidonce: not_found: there is no such/);
  });

  it('says in one line that there is no database to migrate', async () => {
    process.env = { DATABASE_URL: `postgresql://somebody:a-password@${NOBODY}/paidonce` };
    expect(await runCommand(['migrate'])).toBe(1);
    expect(terminal.complaints).toMatch(
      /^paidonce: migrating the database: .*ECONNREFUSED.*; check that the server is up.*\n$/,
    );
    expect(terminal.complaints).not.toContain('a-password');
  });

  it('takes address and keys from a running npm start', async () => {
    process.env = { DATA_DIR: await runningDev(KEY) };
    expect(await runCommand(['cancel', at.payment.id])).toBe(0);
  });

  it('takes the keys of API_KEYS_FILE rather than those of a running npm start', async () => {
    const file = join(at.folder, 'keys');
    await writeFile(file, `${KEY}\n`);
    process.env = {
      DATA_DIR: await runningDev('another-key-of-more-than-24-characters'),
      API_KEYS_FILE: file,
    };
    expect(await runCommand(['cancel', at.payment.id])).toBe(0);
    expect(terminal.complaints).toBe('');
  });
});

/** A DATA_DIR as `npm start` leaves it while it runs. */
async function runningDev(key: string): Promise<string> {
  const urls = { api: process.env['PUBLIC_URL'], temporal: NOBODY, sandbox: null };
  const folder = await mkdtemp(join(at.folder, 'dev-'));
  await writeFile(join(folder, 'urls.json'), JSON.stringify(urls));
  const secrets = { API_KEYS: key, ORDER_WEBHOOK_SECRETS: 'whsec_x' };
  await writeFile(join(folder, 'secrets.json'), JSON.stringify(secrets));
  return folder;
}

/** The state of a directory whose store another process has open. */
async function holdStore(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'PG_VERSION'), '18');
  return lockDirectory(folder);
}

async function paidPayment({ db }: Store): Promise<PaymentRow> {
  const money = { amountMinor: 72_200, currency: 'NOK' };
  const wanted = {
    gateway: 'dintero',
    orderReference: '1001',
    money,
    expiresAt: new Date(Date.now() + 3_600_000),
    capture: 'manual' as const,
  };
  const claim = await claimPayment(db, { ...wanted, request: { lines: [] }, metadata: {} });
  if (claim.kind !== 'created') throw new Error(claim.kind);
  await recordFinding(db, aRecord(claim.payment), TELLS);
  return (await findPayment(db, claim.payment.id)) as PaymentRow;
}

function aService(store: Store): Service {
  const local = 'http://127.0.0.1:3001';
  const config = readConfig({
    PUBLIC_URL: 'http://127.0.0.1:3000',
    API_KEYS: KEY,
    DINTERO_ACCOUNT_ID: 'T12345678',
    DINTERO_CLIENT_ID: 'client',
    DINTERO_CLIENT_SECRET: 'client-secret',
    DINTERO_SIGNATURE_SECRETS: 'signature-secret',
    DINTERO_API_URL: local,
    DINTERO_CHECKOUT_URL: local,
  });
  const metrics = createMetrics();
  const runs = { cancel: () => Promise.resolve({ kind: 'cancelled' }) };
  const log = createLog('silent', 'test');
  return {
    config,
    metrics,
    gateways: createGateways(config, metrics),
    store,
    runs,
    log,
  } as unknown as Service;
}
