/**
 * Records the statements that this build sends, from the tests of the layers that use the store:
 *
 *     npx tsx test/store/record-statements.ts            adds what is new to the file of the newest schema; five minutes
 *     npx tsx test/store/record-statements.ts --fresh    and forgets what this build does not send: at a release (CONTRIBUTING.md)
 *
 * `previous-build.test.ts` prepares every statement of every file on the newest schema.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RECORD_INTO, type Seen } from '../support/recorded-statements.ts';
import { newestSchema, readRecordings, writeRecording } from '../support/recordings.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const USES_A_STORE = /support\/(store|door)\.ts'/;
const LAYERS = ['store', 'activities', 'updates', 'background', 'health', 'api'];

const seen = runTests();
const version = newestSchema();
const isFresh = process.argv.includes('--fresh');
const before = isFresh ? undefined : readRecordings().find(({ schema }) => schema === version);
const { senders, statements } = writeRecording(version, {
  senders: [...(before?.senders ?? []), ...seen.flatMap((one) => ('sender' in one ? [one.sender] : []))],
  statements: [
    ...(before?.statements ?? []),
    ...seen.flatMap((one) => ('statement' in one ? [one.statement] : [])),
  ],
});
process.stdout.write(`${version}: ${statements.length} statements of ${senders.length} functions\n`);

/** The records of all test processes. */
function runTests(): Seen[] {
  const folder = mkdtempSync(join(tmpdir(), 'paidonce-statements-'));
  const env = { ...process.env, [RECORD_INTO]: folder };
  const args = [join('bin', 'test.js'), ...LAYERS.flatMap(testFiles)];
  const { status } = spawnSync(process.execPath, args, { cwd: ROOT, env, stdio: 'inherit' });
  const lines = readdirSync(folder).flatMap((file) =>
    readFileSync(join(folder, file), 'utf8').trim().split('\n'),
  );
  rmSync(folder, { recursive: true });
  if (status !== 0) throw new Error('nothing is recorded: the tests that send the statements have failed');
  return lines.map((line) => JSON.parse(line) as Seen);
}

/** The files of a layer that open a store whose statements are recorded. */
function testFiles(layer: string): string[] {
  const files = readdirSync(join(ROOT, 'test', layer), { recursive: true }).map((file) =>
    join('test', layer, String(file)),
  );
  return files.filter(
    (file) => file.endsWith('.test.ts') && USES_A_STORE.test(readFileSync(join(ROOT, file), 'utf8')),
  );
}
