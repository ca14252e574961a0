import { expect, it } from '@jest/globals';
import { startModule } from '../support/child.ts';
import { builtFolder } from '../support/compiled.ts';

/**
 * No server listens there, so every call fails at once and is retried a little later, when the connection is
 * already closed.
 */
const CLOSE_BETWEEN_TRIES = `
  import { setTimeout as sleep } from 'node:timers/promises';
  import { connectClient } from 'DIST/temporal/connect.js';
  process.on('uncaughtException', (error) => console.log('uncaught: ' + error.message));
  const PAYLOAD_KEYS = { encrypts: null, byId: new Map() };
  const { connection } = connectClient({ TEMPORAL_ADDRESS: '127.0.0.1:1', TEMPORAL_NAMESPACE: 'default', PAYLOAD_KEYS });
  const calls = Array.from({ length: 20 }, (_, index) =>
    sleep(index * 20).then(() => connection.workflowService.describeNamespace({ namespace: 'default' })));
  const settled = Promise.allSettled(calls);
  await sleep(200);
  await connection.close();
  for (const { status, reason } of await settled) console.log(status + ' ' + reason?.code);`;

it('a connection is closed without errors of the calls that wait for a retry', async () => {
  const dist = await builtFolder();
  const child = startModule(CLOSE_BETWEEN_TRIES.replaceAll('DIST', dist));
  const { code } = await child.ended;
  expect(code).toBe(0);
  expect(child.lines).toHaveLength(20);
  expect(child.lines.filter((line) => !line.startsWith('rejected'))).toEqual([]);
  expect(child.lines).toContain('rejected 1');
}, 60_000);
