/** One layer of the suite: a Jest process of its own, its result read from Jest's own report. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../prepare.js';
import { onPath } from './apt.js';

const LAYER_LIMIT_MS = 25 * 60_000;
/** Jest has written its report and still does not end: something that a test started is alive. */
const LINGER_MS = 20_000;
const JEST = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
const NODE_FLAGS = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];

/** Resolves to `{ name, files, passed, failed, seconds, reason }`; `reason` says why a layer failed as a whole. */
export async function runLayer(layer, parts, jestArgs, onStart) {
  const begun = Date.now();
  const result = await attempt(layer, parts, jestArgs, onStart).catch((error) => failed(error.message));
  return { name: layer.name, files: 0, ...result, seconds: (Date.now() - begun) / 1_000 };
}

async function attempt(layer, parts, jestArgs, onStart) {
  if (layer.files.length === 0) return failed(`no test file under test/${layer.name}`);
  const given = {};
  for (const need of layer.needs) Object.assign(given, await parts.get(need));
  const folder = mkdtempSync(join(tmpdir(), 'paidonce-jest-'));
  try {
    return await runJest(layer, { ...process.env, ...given }, join(folder, 'report.json'), jestArgs, onStart);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runJest(layer, env, report, jestArgs, onStart) {
  const workers = layer.inBand ? ['--runInBand'] : ['--maxWorkers=2'];
  const args = [
    ...NODE_FLAGS,
    JEST,
    ...workers,
    '--json',
    `--outputFile=${report}`,
    ...jestArgs,
    '--runTestsByPath',
    ...layer.files,
  ];
  const child = spawnTethered(process.execPath, args, env);
  onStart(child);
  const stuck = await ended(child, report);
  if (!existsSync(report))
    return failed(stuck ?? `Jest ended with ${child.exitCode ?? child.signalCode} and no report`);
  const counted = count(JSON.parse(readFileSync(report, 'utf8')));
  return stuck === null ? counted : { ...counted, failed: counted.failed + 1, reason: stuck };
}

/** The kernel ends it with us, where it can. Its own group, so that whatever its tests started can be ended too. */
function spawnTethered(command, args, env) {
  const stdio = ['ignore', 'ignore', 'inherit'];
  const options = { cwd: root, env, stdio, detached: true };
  if (process.platform !== 'linux' || onPath('setpriv') === null) return spawn(command, args, options);
  return spawn('setpriv', ['--pdeathsig', 'KILL', '--', command, ...args], options);
}

/** Resolves to null, or to the reason why it had to be killed. */
function ended(child, report) {
  return new Promise((resolve, reject) => {
    let reason = null;
    const kill = (why) => {
      reason = why;
      killGroup(child);
    };
    const limit = setTimeout(
      () => kill(`took longer than ${LAYER_LIMIT_MS / 60_000} minutes`),
      LAYER_LIMIT_MS,
    );
    let linger;
    const watch = setInterval(() => {
      if (linger === undefined && existsSync(report))
        linger = setTimeout(
          () => kill('did not end after its tests: something that one started is alive'),
          LINGER_MS,
        );
    }, 500);
    child.once('error', reject);
    child.once('exit', () => {
      for (const timer of [limit, linger, watch]) clearTimeout(timer);
      killGroup(child);
      resolve(reason);
    });
  });
}

/** Ends a process and whatever it started in its group. */
export function killGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Gone already, all of it.
  }
}

/** A file that can't even be loaded has no tests to fail: it counts as one. */
function count({ numPassedTests, numFailedTests, numRuntimeErrorTestSuites, numPendingTests, testResults }) {
  const broken = numFailedTests + numRuntimeErrorTestSuites;
  const skipped = numPendingTests > 0 ? `${numPendingTests} skipped` : null;
  const empty = numPassedTests + broken === 0 ? 'no test ran' : null;
  return {
    files: testResults.length,
    passed: numPassedTests,
    failed: broken + (empty ? 1 : 0),
    reason: empty ?? skipped,
  };
}

function failed(reason) {
  return { passed: 0, failed: 1, reason };
}
