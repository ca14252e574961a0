/**
 * Each name in the code is explained by some document, since no one notices when a list in a document is out
 * of date.
 */
import { describe, expect, it, jest } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { PROBLEMS } from '../../src/api/http/problem.ts';
import { createPaymentRequest } from '../../src/api/payments/payment-requests.ts';
import { warning } from '../../src/api/payments/payment-schemas.ts';
import { runCommand } from '../../src/cli/program.ts';
import { KNOWN_VARIABLES, readConfig } from '../../src/config/config.ts';
import { GATEWAYS } from '../../src/gateways/registry.ts';
import { ORDER_STATUSES } from '../../src/domain/order.ts';
import { PAYMENT_STATUSES, REVIEW_CODES } from '../../src/domain/payment.ts';
import { accountFor } from '../../src/gateways/dintero/parse-transaction.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { readCollection } from '../e2e/support/http-collection.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const read = (...path: string[]) => readFileSync(join(ROOT, ...path), 'utf8');
const DINTERO = read('docs', 'dintero.md');
const ALL = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md'].map((name) => read(name)),
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => read('docs', name)),
].join('\n');

/** The names that no document has as a separate word. */
function unexplained(names: readonly string[], documents = ALL): string[] {
  expect(names.length).toBeGreaterThan(3);
  return names.filter((name) => !new RegExp(`(?<![\\w.])${name}(?!\\w)`).test(documents));
}

/** The first group of every match in a source file. */
function namesIn(source: string, pattern: RegExp): string[] {
  return [...new Set([...read(...source.split('/')).matchAll(pattern)].map(([, name = '']) => name))];
}

interface Signed {
  readonly secret: string;
  readonly body: string;
  readonly 'webhook-id': string;
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature': string;
}

interface Verifier {
  readonly isSigned: (headers: object, body: string, secret: string, nowSeconds?: number) => boolean;
}

describe('the signature that docs/integrate.md explains', () => {
  const [, section = ''] = read('docs', 'integrate.md').split('## The signature, without a library');
  const block = (language: string) =>
    new RegExp(`\`\`\`${language}\\n(.+?)\`\`\``, 's').exec(section)?.[1] ?? '';
  const signed = JSON.parse(block('json')) as Signed;
  const at = Number(signed['webhook-timestamp']);

  it("is the same as the reference library's", () => {
    const signature = new Webhook(signed.secret).sign(
      signed['webhook-id'],
      new Date(at * 1_000),
      signed.body,
    );
    expect(signed['webhook-signature']).toBe(signature);
  });

  it('is verified by the code as printed, and nothing else is verified', async () => {
    const code = `data:text/javascript,${encodeURIComponent(block('js'))}`;
    const { isSigned } = (await import(code)) as Verifier;
    const { secret, body } = signed;
    const both = `v1,${Buffer.alloc(32).toString('base64')} ${signed['webhook-signature']}`;
    expect(isSigned(signed, body, secret, at + 300)).toBe(true);
    expect(isSigned({ ...signed, 'webhook-signature': both }, body, secret, at)).toBe(true);
    expect(isSigned(signed, body, secret, at + 301)).toBe(false);
    expect(isSigned(signed, body, secret)).toBe(false);
    expect(isSigned(signed, `${body} `, secret, at)).toBe(false);
    expect(isSigned(signed, body, `whsec_${Buffer.alloc(24).toString('base64')}`, at)).toBe(false);
    expect(isSigned({}, body, secret, at)).toBe(false);
  });
});

describe('the documents explain', () => {
  it('every problem code', () => {
    expect(unexplained(Object.keys(PROBLEMS))).toEqual([]);
  });

  it('every environment variable', () => {
    expect(unexplained(KNOWN_VARIABLES)).toEqual([]);
  });

  it('every metric', () => {
    const names = createMetrics()
      .registry.getMetricsAsArray()
      .map(({ name }) => name);
    expect(unexplained(names)).toEqual([]);
  });

  it('every command of paidonce', async () => {
    const commands = await listedBy(['--help']);
    expect(commands).toEqual(expect.arrayContaining(['serve', 'why', ...GATEWAYS.map(({ id }) => id)]));
    expect(commands.filter((name) => !isShown(name))).toEqual([]);
  });

  it.each(GATEWAYS.map((gateway) => [gateway.id, gateway.commands.list] as const))(
    'every command of paidonce %s',
    async (id, list) => {
      const commands = await listedBy([id, '--help']);
      expect(commands.toSorted()).toEqual(list.map(({ name }) => name).toSorted());
      expect(commands.filter((name) => !isShown(name))).toEqual([]);
    },
  );
});

/** The commands that a help lists. */
async function listedBy(args: readonly string[]): Promise<string[]> {
  const said: string[] = [];
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  await runCommand([...args]).finally(() => write.mockRestore());
  const listed = [...said.join('').matchAll(/^ {2}([a-z][a-z-]*) /gm)].map(([, name = '']) => name);
  return listed.filter((name) => name !== 'help' && name !== 'paidonce');
}

function isShown(command: string): boolean {
  const ids = GATEWAYS.map(({ id }) => id).join('|');
  return new RegExp(`(\\x60|paidonce ((${ids}) )?)${command}(?!\\w)`).test(ALL);
}

it('docs/paidonce.http has every call of the API under /v1', () => {
  const document = JSON.parse(read('openapi.json')) as { paths: Record<string, object> };
  const calls = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })),
  );
  const collected = readCollection().requests.map(({ method, url }) => `${method} ${url}`);
  const missing = calls.filter(({ method, path }) => {
    const pattern = path.replaceAll(/\{\w+\}/g, '[^/?]+');
    const isOf = new RegExp(`^${method} \\{\\{baseUrl\\}\\}${pattern}(\\?|$)`);
    return path.startsWith('/v1/') && !collected.some((one) => isOf.test(one));
  });
  expect(calls.length).toBeGreaterThan(20);
  expect(missing).toEqual([]);
});

describe('docs/dintero.md', () => {
  it('explains every reason of a review, and every policy', () => {
    expect(unexplained(REVIEW_CODES, DINTERO)).toEqual([]);
  });

  it('names every field that a request may have', () => {
    const { order, customer, ...fields } = createPaymentRequest.shape;
    const { billingAddress, ...person } = customer.unwrap().shape;
    const names = [fields, person, billingAddress.unwrap().shape].flatMap((shape) => Object.keys(shape));
    expect(
      unexplained([...Object.keys(order.shape), ...names, 'billingAddress', 'warnings'], DINTERO),
    ).toEqual([]);
    const codes = warning.shape.code.options;
    expect(unexplained([...codes, ...Object.keys(warning.shape)], DINTERO)).toEqual([]);
  });

  it('names every status of payments and orders, and every update', () => {
    const updates = namesIn('src/api/updates/order-updates.ts', /^ {2}'(order\.\w+)'/gm);
    const statuses = [...PAYMENT_STATUSES, ...ORDER_STATUSES];
    expect(unexplained([...statuses, ...updates], DINTERO)).toEqual([]);
  });

  it("translates Dintero's statuses as the adapter does", () => {
    const rows = [...DINTERO.matchAll(/^\| `([A-Z_]+)`[^|]*\| `([A-Z_]+)`[^|]*\| `[A-Z_]+` +\|/gm)];
    expect(rows).toHaveLength(12);
    for (const [, word = '', documented] of rows) {
      const { status } = accountFor({ status: word, amount: 72_200 });
      const ours = { INITIATED: 'PENDING', UNCLEAR: 'REVIEW' }[status as string] ?? status;
      expect([word, ours]).toEqual([word, documented]);
    }
  });

  it('has an environment with which a process starts', () => {
    const [, lines = ''] = /```ini\n([^`]+)```/.exec(DINTERO) ?? [];
    const pairs = lines.split('\n').filter((line) => /^[A-Z_]+=/.test(line));
    const env = Object.fromEntries(pairs.map((line) => /^([A-Z_]+)=(.*)$/.exec(line)?.slice(1) ?? []));
    expect(readConfig(env as NodeJS.ProcessEnv).gateways[0]?.values).toMatchObject({
      DINTERO_ACCOUNT_ID: 'T12345678',
    });
  });
});
