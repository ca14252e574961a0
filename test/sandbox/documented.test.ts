/** The script of docs/sandbox.md is run exactly as printed. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openSession, startSandbox, type SandboxClient } from './sandbox-client.ts';

const DOCUMENT = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'sandbox.md'), 'utf8');

let sandbox: SandboxClient;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

it("a documented request gets an access token, and lists the account's transactions", async () => {
  const sessionId = await openSession(sandbox);
  const [, script = ''] = /## The access token[\s\S]*?```sh\n([^`]+)```/.exec(DOCUMENT) ?? [];
  const here = script.replaceAll('localhost:3001', new URL(sandbox.url).host);
  expect(here).not.toBe(script);
  const { stdout } = await promisify(execFile)('sh', ['-euc', here]);
  expect(JSON.parse(stdout)).toMatchObject([{ id: sessionId }]);
});
