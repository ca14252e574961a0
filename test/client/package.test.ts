/** The package as npm publishes it: a project that has only this and its dependencies compiles and runs. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { digestOf } from '../../client/digest.js';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
const NEEDS = [
  'openapi-fetch',
  'openapi-typescript-helpers',
  'standardwebhooks',
  '@stablelib',
  'fast-sha256',
];

let folder: string;
let files: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'paidonce-client-'));
  await run('npm', ['run', 'build', '-w', 'client'], { cwd: ROOT });
  const { stdout } = await run('npm', ['pack', '-w', 'client', '--json', '--pack-destination', folder], {
    cwd: ROOT,
  });
  const [packed] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
  files = packed?.files.map(({ path }) => path) ?? [];
  const target = join(folder, 'node_modules', '@paidonce', 'client');
  await mkdir(target, { recursive: true });
  await run('tar', ['xzf', join(folder, packed?.filename ?? ''), '-C', target, '--strip-components=1']);
  for (const name of [...NEEDS, '@types'])
    await symlink(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const CONSUMER = `
import { createClient, isKnownUpdate, PaidonceError, verifyUpdate, type Payment } from '@paidonce/client';

const client = createClient({ baseUrl: 'http://127.0.0.1:9', apiKey: 'key', maxRetries: 0 });
export const open = async (): Promise<string | null> =>
  (await client.payments.create({ order: { reference: '1001', amount: 72200, currency: 'NOK' } })).checkoutUrl;
export const all = async (): Promise<Payment[]> => (await client.payments.list({ status: 'PAID_' as never })).data;
export function paidAt(headers: Headers, body: Uint8Array): string | undefined {
  const update = verifyUpdate(headers, body, 'whsec_AAAA');
  if (!isKnownUpdate(update)) return undefined;
  // Only this type always has it.
  return update.type === 'order.paid' ? update.data.paidAt satisfies string : update.data.paidAt;
}
// @ts-expect-error: a capture without a reference would not be idempotent
void (() => client.payments.capture('pay_1', { amount: 1 }));
// @ts-expect-error: not a currency amount
void (() => client.payments.create({ order: { reference: '1001', amount: '722.00', currency: 'NOK' } }));
console.log(new PaidonceError(new Response(null, { status: 404 }), null).code);
`;

describe('the packed client', () => {
  it('has the compiled modules with their types, and nothing else', () => {
    const names = ['client', 'errors', 'fetch-again', 'index', 'openapi', 'schemas', 'updates'];
    const wanted = names.flatMap((name) => [`dist/${name}.d.ts`, `dist/${name}.js`]);
    expect(files.toSorted()).toEqual([...wanted, 'README.md', 'package.json'].toSorted());
  });

  it('compiles in a strict project, and runs', async () => {
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    await writeFile(join(folder, 'shop.ts'), CONSUMER);
    const options = ['--strict', '--module', 'nodenext', '--target', 'es2023', '--types', 'node'];
    const compiler = join(ROOT, 'node_modules', '.bin', 'tsc');
    await run(compiler, [...options, 'shop.ts'], { cwd: folder }).catch((error: { stdout: string }) => {
      throw new Error(error.stdout);
    });
    const { stdout } = await run(process.execPath, ['shop.js'], { cwd: folder });
    expect(stdout).toBe('http_404\n');
  }, 60_000);

  it('has a method for each call under /v1', async () => {
    const source = await readFile(join(ROOT, 'client', 'src', 'client.ts'), 'utf8');
    const found = [...source.matchAll(/api\.([A-Z]+)\(\s*'([^']+)'/g)].map(
      ([, method, path]) => `${method} ${path}`,
    );
    const { paths } = JSON.parse(await readFile(join(ROOT, 'openapi.json'), 'utf8')) as {
      paths: Record<string, object>;
    };
    const calls = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    // A stream is no call with an answer: any client of server-sent events follows it.
    const wanted = calls.filter((call) => call.includes(' /v1/') && call !== 'GET /v1/events');
    expect(found.toSorted()).toEqual(wanted.toSorted());
  });

  it('has the types of openapi.json: npm run generate -w client', async () => {
    const [head = ''] = (await readFile(join(ROOT, 'client', 'src', 'openapi.ts'), 'utf8')).split('\n');
    expect(head).toBe(`// openapi.json ${digestOf(await readFile(join(ROOT, 'openapi.json'), 'utf8'))}`);
  });
});
