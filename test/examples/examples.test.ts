/** The receivers of examples/, each started as its README says and judged by `paidonce conformance`. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ProofCheck } from '../../src/cli/proof-check.ts';
import { runCommand } from '../../src/cli/program.ts';
import { endAllProcesses, startProcess } from '../e2e/support/processes.ts';
import { freePort } from '../support/ports.ts';
import { useTerminal } from '../support/terminal.ts';

const INSTALLED = process.env['EXAMPLES'] ?? '';
const SECRET = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;

interface Example {
  readonly name: string;
  readonly command: (port: number) => readonly [string, ...string[]];
}

const EXAMPLES: readonly Example[] = [
  { name: 'express', command: () => [process.execPath, 'server.js'] },
  { name: 'fastify', command: () => [process.execPath, 'server.js'] },
  {
    name: 'nextjs',
    command: (port) => [
      process.execPath,
      'node_modules/next/dist/bin/next',
      'start',
      '--hostname',
      '127.0.0.1',
      '--port',
      String(port),
    ],
  },
  { name: 'python', command: () => ['.venv/bin/python', 'app.py'] },
  { name: 'php', command: (port) => ['php', '-S', `127.0.0.1:${port}`, 'index.php'] },
];

let folder: string;
const terminal = useTerminal();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'paidonce-examples-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(() => {
  process.env = { ...process.env, DATA_DIR: '/nowhere', ORDER_WEBHOOK_SECRETS: SECRET };
});
afterEach(endAllProcesses);

async function start({ name, command }: Example): Promise<string> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const [program, ...args] = command(port);
  await startProcess({
    name: `examples/${name}`,
    command: program,
    args,
    cwd: join(INSTALLED, name),
    env: {
      PATH: process.env['PATH'],
      PORT: String(port),
      DATABASE: join(folder, `${name}.db`),
      ORDER_WEBHOOK_SECRET: SECRET,
      PHP_CLI_SERVER_WORKERS: '4',
      NEXT_TELEMETRY_DISABLED: '1',
    },
    answers: () => fetch(`${url}/orders/none`),
    readyWithinMs: 60_000,
  });
  return url;
}

describe('the receiver', () => {
  it.each(EXAMPLES.map((example) => [example.name, example] as const))(
    'for %s verifies updates and is idempotent',
    async (_, example) => {
      const url = await start(example);
      const args = ['--url', `${url}/updates`, '--probe', `${url}/orders/{reference}`, '--json'];
      const exit = await runCommand(['conformance', ...args]);
      const { ok, checks } = JSON.parse(terminal.output) as { ok: boolean; checks: ProofCheck[] };
      expect(checks.filter((check) => check.ok !== true)).toEqual([]);
      expect([exit, ok]).toEqual([0, true]);
      const shown = checks.find(({ id }) => id === 'paid-shows')?.evidence;
      expect(shown).toBe('the order is 200 {"parcels":1,"status":"PAID"}');
    },
    120_000,
  );
});

it('the examples for Node have one and the same database', async () => {
  const read = (name: string) =>
    readFile(join(import.meta.dirname, '..', '..', 'examples', name, 'orders.js'), 'utf8');
  const express = await read('express');
  expect([await read('fastify'), await read('nextjs')]).toEqual([express, express]);
});
