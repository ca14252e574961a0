/**
 * Runs one Jest process. Prints its output line by line with the name of its layer, and reads the result from
 * our reporter's report.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eachLine, killGroup, spawnTied } from '../../kit/tied-child.js';
import { root } from '../prepare.js';

const LIMIT_MS = 25 * 60_000;
/**
 * For a Jest that has written its report and does not end, because something that a test started is alive.
 */
const LINGER_MS = 20_000;
/** For the last output of a process that has ended. A descendant that outlives it may hold the pipe open. */
const LAST_WORDS_MS = 1_000;
const JEST = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
// Half of the CPU time of a short test with an embedded store optimizes WebAssembly. Garbage collection is a
// tenth of all CPU time.
const NODE_FLAGS = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  '--max-semi-space-size=64',
  '--liftoff-only',
];

/**
 * Resolves to `{ files, passed, failed, skipped, reason, failures }`. `reason` says why the process failed as
 * a whole, `failures` which files failed and how.
 */
export async function runJest(job, env, jestArgs, onStart) {
  const folder = mkdtempSync(join(tmpdir(), 'paidonce-jest-'));
  const report = join(folder, 'report.json');
  try {
    const child = start(job, { ...process.env, ...env, PAIDONCE_TEST_REPORT: report }, jestArgs);
    onStart(child);
    const stuck = await ended(child, report);
    if (!existsSync(report))
      return failed(stuck ?? `Jest ended with ${child.exitCode ?? child.signalCode} and no report`);
    const result = JSON.parse(readFileSync(report, 'utf8'));
    return stuck === null ? result : { ...result, failed: result.failed + 1, reason: stuck };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function failed(reason) {
  return { files: 0, passed: 0, failed: 1, skipped: 0, cpuSeconds: 0, reason, failures: [] };
}

function start({ layer, files }, env, jestArgs) {
  const workers = layer.apart ? '--runInBand' : '--maxWorkers=2';
  const reporter = `--reporters=${join(root, 'bin', 'testing', 'reporter.js')}`;
  const args = [...NODE_FLAGS, JEST, workers, reporter, ...jestArgs, '--runTestsByPath', ...files];
  const child = spawnTied(process.execPath, args, { cwd: root, env });
  for (const stream of [child.stdout, child.stderr])
    eachLine(stream, (line) => process.stdout.write(`${layer.name.padEnd(10)} ${line}\n`));
  return child;
}

/** Resolves to null, or to the reason why the process had to be killed. */
function ended(child, report) {
  return new Promise((resolve, reject) => {
    let reason = null;
    const kill = (why) => {
      reason = why;
      killGroup(child);
    };
    const limit = setTimeout(() => kill(`took longer than ${LIMIT_MS / 60_000} minutes`), LIMIT_MS);
    let linger;
    const watch = setInterval(() => {
      if (linger === undefined && existsSync(report))
        linger = setTimeout(
          () => kill('did not end after its tests: something that a test started is still alive'),
          LINGER_MS,
        );
    }, 500);
    child.once('error', reject);
    child.once('exit', () => {
      for (const timer of [limit, linger, watch]) clearTimeout(timer);
      killGroup(child);
      setTimeout(() => resolve(reason), LAST_WORDS_MS).unref();
    });
    child.once('close', () => resolve(reason));
  });
}
