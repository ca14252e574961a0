/** `paidonce conformance` against endpoints of which each lacks one part of the care that the contract asks for. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ProofCheck } from '../../src/cli/proof-check.ts';
import { runCommand } from '../../src/cli/program.ts';
import { freePort } from '../support/ports.ts';
import { useTerminal } from '../support/terminal.ts';
import { startReceiver, type Fault, type Receiver } from './receiver.ts';

const SECRET = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
const ANOTHER = `whsec_${Buffer.alloc(32, 6).toString('base64')}`;

const terminal = useTerminal();
let folder: string;
let receiver: Receiver | undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'paidonce-conformance-'));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(() => {
  process.env = { DATA_DIR: '/nowhere', ORDER_WEBHOOK_SECRETS: SECRET };
});
afterEach(() => receiver?.close());

async function examine(
  fault: Fault | undefined,
  ...more: string[]
): Promise<{ exit: number; checks: ProofCheck[] }> {
  receiver = await startReceiver(SECRET, fault);
  const exit = await runCommand(['conformance', '--url', `${receiver.url}/updates`, '--json', ...more]);
  const { ok, checks } = JSON.parse(terminal.output) as { ok: boolean; checks: ProofCheck[] };
  expect([ok, exit]).toEqual(exit === 0 ? [true, 0] : [false, 1]);
  return { exit, checks };
}

const withProbe = async (fault?: Fault) => {
  receiver = await startReceiver(SECRET, fault);
  const { url } = receiver;
  const args = ['--url', `${url}/updates`, '--probe', `${url}/orders/{reference}`, '--json'];
  const exit = await runCommand(['conformance', ...args]);
  const { checks } = JSON.parse(terminal.output) as { checks: ProofCheck[] };
  return { exit, checks };
};

const ids = (checks: readonly ProofCheck[], wanted: boolean | null) =>
  checks.filter(({ ok }) => ok === wanted).map(({ id }) => id);

describe('paidonce conformance', () => {
  it('passes an endpoint that verifies and is idempotent', async () => {
    const { exit, checks } = await withProbe();
    expect([exit, ids(checks, false), ids(checks, null)]).toEqual([0, [], []]);
    expect(checks.length).toBe(32);
    expect(checks.find(({ id }) => id === 'again')).toMatchObject({
      evidence: expect.stringMatching(/^204 in \d+ ms; the order is unchanged$/),
    });
    expect(checks.every(({ advice }) => advice === undefined)).toBe(true);
  });

  it.each<[Fault, string[]]>([
    ['ignores the time', ['stale', 'future']],
    ['verifies what it has parsed', ['changed-bytes']],
    ['knows one signature', ['rotation']],
    ['fulfils every copy', ['again', 'copies', 'rotation']],
    ['goes by arrival', ['late', 'earlier-second']],
    ['fails for a copy that loses the race', ['copies', 'at-once']],
    ['knows all types', ['unknown-type']],
    ['knows all statuses', ['unknown-status']],
    ['refuses fields', ['unknown-fields']],
    ['takes short bodies', ['long-text']],
    ['decodes as Latin-1', ['foreign-text']],
    ['takes nothing in', ['paid-shows']],
    ['shows the time', ['probe']],
    ['shows the time of what it knows', ['probe-of-paid']],
  ])('fails one that %s', async (fault, failed) => {
    const { exit, checks } = await withProbe(fault);
    expect([exit, ids(checks, false)]).toEqual([1, failed]);
    for (const { ok, advice } of checks) expect(advice !== undefined).toBe(ok !== true);
  });

  it('fails one that believes everything, and shows that each forgery had an effect', async () => {
    const { exit, checks } = await withProbe('believes everything');
    expect(exit).toBe(1);
    const forged = checks.filter(({ title }) => title.startsWith('refuses '));
    expect(ids(forged, false)).toHaveLength(13);
    expect(forged[0]?.evidence).toMatch(/^204 in \d+ ms; the order was 404 .* and is 200 .*"PAID"/);
  });

  it('fails a naive one with the reasons', async () => {
    const { checks } = await withProbe('is naive');
    const forged = checks.filter(({ title }) => title.startsWith('refuses '));
    const others = checks.filter((check) => !forged.includes(check));
    expect(ids(forged, false)).toHaveLength(13);
    expect(ids(others, false)).toEqual(['again', 'copies', 'rotation', 'late', 'earlier-second']);
    expect(others.find(({ id }) => id === 'late')?.evidence).toMatch(
      /the order was 200 .*"PAID".* and is 200 .*"PAYMENT_PENDING"/,
    );
  });

  it('notices an effect of a forgery that comes after its refusal', async () => {
    const { checks } = await withProbe('queues before it verifies');
    expect(ids(checks, false)).toContain('refused-for-good');
  });

  it('sends nothing more to one that takes no right update', async () => {
    const { exit, checks } = await examine('refuses everything');
    expect([exit, ids(checks, false)]).toEqual([1, ['paid']]);
    expect(ids(checks, null)).toHaveLength(13);
    expect(checks.at(-1)?.evidence).toBe('not sent, since the shop did not take order.paid');
  });

  it('says what it can’t know without a probe', async () => {
    const { exit, checks } = await examine(undefined);
    expect([exit, ids(checks, false)]).toEqual([0, []]);
    expect(ids(checks, null)).toEqual([
      'again',
      'copies',
      'rotation',
      'late',
      'after-at-once',
      'earlier-second',
    ]);
  });

  it('measures the time to answer beside the time limit', async () => {
    process.env['ORDER_WEBHOOK_TIMEOUT'] = '1s';
    const { checks } = await examine('works before it answers');
    expect(ids(checks, false)).toEqual(['speed']);
  });

  it('sends one update to an address where nothing listens', async () => {
    const exit = await runCommand([
      'conformance',
      '--url',
      `http://127.0.0.1:${await freePort()}/updates`,
      '--json',
    ]);
    const { checks } = JSON.parse(terminal.output) as { checks: ProofCheck[] };
    expect([exit, ids(checks, false), checks[0]?.evidence]).toEqual([
      1,
      ['unsigned'],
      'nothing: ECONNREFUSED',
    ]);
  });

  it('prints a line for each check, with advice under each that failed', async () => {
    receiver = await startReceiver(SECRET, 'knows one signature');
    const file = join(folder, 'secret.txt');
    await writeFile(file, `${SECRET}\n`);
    process.env = { DATA_DIR: '/nowhere' };
    const order = ['--order', '1001', '--amount', '5', '--currency', 'SEK'];
    const args = ['--url', `${receiver.url}/updates`, '--secret-file', file, ...order];
    expect(await runCommand(['conformance', ...args])).toBe(1);
    expect(terminal.output).toMatch(
      /^ok {4}unsigned: refuses an update with no signature at all: 401 in \d+ ms$/m,
    );
    expect(terminal.output).toMatch(
      /^FAIL {2}rotation: .*: 401 in \d+ ms.*\n {6}one valid signature in the header/m,
    );
    expect(terminal.output).toMatch(/^order 1001: 22 checks passed, 1 failed, 5 could not be made$/m);
    expect(terminal.output).not.toContain(SECRET.slice(6));
  });

  it.each([
    [['--url', 'ftp://shop.example'], 'an absolute http or https URL'],
    [['--url', 'http://127.0.0.1:9', '--amount', '1.5'], 'minor units'],
    [['--url', 'http://127.0.0.1:9', '--currency', 'nok'], 'three capital letters'],
    [['--url', 'http://127.0.0.1:9', '--order', 'a b'], 'digits, dots'],
    [['--url', 'http://127.0.0.1:9', '--secret', 'secret'], '--secret: expected a Standard Webhooks secret'],
    [['--url', 'http://127.0.0.1:9', '--secret-file', '/nowhere'], '--secret-file: a readable file'],
    [['--url', 'http://127.0.0.1:9', '--secret', ANOTHER, '--secret-file', 'x'], 'cannot be used with'],
    [['--url', 'http://127.0.0.1:9', '--probe', 'http://127.0.0.1:9'], 'the probe gave no answer'],
    [[], '--url'],
  ])('refuses %j with 2', async (args, words) => {
    expect(await runCommand(['conformance', ...args])).toBe(2);
    expect(terminal.complaints).toContain(words);
  });

  it('needs a secret', async () => {
    process.env = { DATA_DIR: '/nowhere' };
    expect(await runCommand(['conformance', '--url', 'http://127.0.0.1:9'])).toBe(2);
    expect(terminal.complaints).toContain('no secret: give --secret-file');
  });
});
