#!/usr/bin/env node
/**
 * `npm run judge:openapi`, run before a release: checks openapi.json with other tools. Redocly and Spectral
 * must find no error. Clients generated from it, in Python and in TypeScript, each open, capture and refund a
 * payment at a running paidonce. The tools are installed into node_modules/.cache: 130 MB, too much for the
 * daily tests.
 */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startEverything } from '../kit/everything.js';
import { prepare, root } from './prepare.js';

const TOOLS = join(root, 'tools', 'openapi-judge');
const CACHE = join(root, 'node_modules', '.cache', 'openapi-judge');
const DOCUMENT = join(root, 'openapi.json');
const PYTHON = process.env['PYTHON'] ?? 'python3';

await prepare();
const results = [];
await installTools();
await judge('redocly', () => run(bin('redocly'), ['lint', DOCUMENT, '--format=summary']));
await judge('spectral', () =>
  run(bin('spectral'), [
    'lint',
    '-r',
    join(TOOLS, 'spectral.json'),
    '--fail-severity=error',
    '--display-only-failures',
    DOCUMENT,
  ]),
);
await withPaidonce(async (service) => {
  await judge('python client', () => buy(pythonClient, service, 'judge-python'));
  await judge('typescript client', () => buy(typescriptClient, service, 'judge-typescript'));
});
for (const { name, error } of results)
  process.stdout.write(`${error === null ? 'ok  ' : 'FAIL'} ${name}${error === null ? '' : `: ${error}`}\n`);
process.exit(results.every(({ error }) => error === null) ? 0 : 1);

async function judge(name, work) {
  process.stdout.write(`-- ${name}\n`);
  const error = await work().then(
    () => null,
    (thrown) => thrown.message,
  );
  results.push({ name, error });
}

/** Installs again only where a version has changed. */
async function installTools() {
  mkdirSync(CACHE, { recursive: true });
  const wanted = ['package.json', 'requirements.txt']
    .map((name) => readFileSync(join(TOOLS, name), 'utf8'))
    .join('');
  const stamp = join(CACHE, 'installed');
  if (read(stamp) === wanted) return;
  process.stdout.write('-- installing the judges, about a minute\n');
  copyFileSync(join(TOOLS, 'package.json'), join(CACHE, 'package.json'));
  await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: CACHE,
  });
  await run(PYTHON, ['-m', 'venv', join(CACHE, 'venv')]);
  await run(join(CACHE, 'venv', 'bin', 'pip'), ['install', '-q', '-r', join(TOOLS, 'requirements.txt')]);
  writeFileSync(stamp, wanted);
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

function bin(name) {
  return join(CACHE, 'node_modules', '.bin', name);
}

/** The command that starts the Python client's sale. */
async function pythonClient() {
  const folder = join(CACHE, 'python');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const generated = join(folder, 'paidonce_client');
  const args = ['generate', '--path', DOCUMENT, '--output-path', generated, '--meta', 'none'];
  const config = ['--config', join(TOOLS, 'python-client.yml')];
  await run(join(CACHE, 'venv', 'bin', 'openapi-python-client'), [...args, ...config]);
  const env = { ...process.env, PYTHONPATH: folder };
  return { command: join(CACHE, 'venv', 'bin', 'python'), args: [join(TOOLS, 'buy.py')], env };
}

/** Compiles the sale against the generated types first: a type error is a failure too. */
async function typescriptClient() {
  await run(bin('openapi-typescript'), [
    DOCUMENT,
    '-o',
    join(CACHE, 'schema.d.ts'),
    '--default-non-nullable=false',
  ]);
  copyFileSync(join(TOOLS, 'buy.ts'), join(CACHE, 'buy.ts'));
  const options = ['--strict', '--exactOptionalPropertyTypes', '--module', 'nodenext', '--target', 'es2023'];
  await run(bin('tsc'), [...options, '--skipLibCheck', '--types', 'node', 'buy.ts'], { cwd: CACHE });
  return { command: process.execPath, args: [join(CACHE, 'buy.js')], env: process.env };
}

/** The client sells, while a payer pays at the sandbox. */
async function buy(client, { urls, apiKey }, reference) {
  const { command, args, env } = await client();
  const child = spawn(command, [...args, urls.api, apiKey, reference], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const last = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const { sessionId } = JSON.parse(line);
    last.push(line);
    if (sessionId === undefined) continue;
    await pay(urls.sandbox, sessionId);
    child.stdin.write('paid\n');
  }
  const code = await ended;
  process.stdout.write(`${last.at(-1) ?? 'the client printed nothing'}\n`);
  if (code !== 0) throw new Error(`the client's sale ended with exit code ${code}`);
  const { status, refunded } = JSON.parse(last.at(-1));
  if (status !== 'PARTIALLY_REFUNDED' || refunded !== 34_150)
    throw new Error(`the client sees ${last.at(-1)}, expected PARTIALLY_REFUNDED with 34150 refunded`);
}

async function pay(sandbox, sessionId) {
  const answer = await fetch(`${sandbox}/__sim/sessions/${sessionId}/pay`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ outcome: 'authorize' }),
  });
  if (!answer.ok) throw new Error(`the sandbox answered ${answer.status}: ${await answer.text()}`);
}

/** All that `npm start` starts, on its own ports and in its own folder. */
async function withPaidonce(work) {
  const { urls, apiKey, stop } = await startEverything();
  try {
    await work({ urls, apiKey });
  } finally {
    await stop();
  }
}

function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], ...options });
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${command} ended with exit code ${code}`)),
    );
  });
}
