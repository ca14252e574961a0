/**
 * The output of Jest for one process of the suite: a line per file, each failure at once, and a report for
 * the runner. The runner repeats all failures at the end, since often only the tail of a long log is kept.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { root } from '../prepare.js';

// oxlint-disable-next-line import/no-default-export -- Jest takes no other
export default class Reporter {
  /** The process has only one file, so its CPU time is the file's. */
  #isAlone = false;
  #failures = [];

  onRunStart({ numTotalTestSuites }) {
    this.#isAlone = numTotalTestSuites === 1;
  }

  onTestCaseResult({ path }, { status, fullName, failureMessages }) {
    if (status !== 'failed') return;
    const [firstLine] = (failureMessages[0] ?? '').split('\n');
    say(`FAIL ${relative(root, path)}: ${fullName}: ${firstLine}`);
  }

  onTestResult(
    { path },
    { numPassingTests, numFailingTests, testExecError, failureMessage, perfStats, console },
  ) {
    for (const { message } of console ?? []) say(message);
    if (failureMessage) {
      say(failureMessage);
      this.#failures.push(`${relative(root, path)}\n${failureMessage}`);
    }
    const failing = numFailingTests + (testExecError ? 1 : 0);
    const counts = `${numPassingTests} passed, ${failing} failed`;
    const times = `${(perfStats.runtime / 1_000).toFixed(1)} s${this.#isAlone ? `, CPU ${cpuSeconds().toFixed(0)} s` : ''}`;
    say(`${failing > 0 ? 'FAIL' : 'ok  '} ${relative(root, path)}, ${counts}, ${times}`);
  }

  onRunComplete(_, results) {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites, numPendingTests, numTotalTestSuites } =
      results;
    writeFileSync(
      process.env['PAIDONCE_TEST_REPORT'],
      JSON.stringify({
        files: numTotalTestSuites,
        passed: numPassedTests,
        // A file that can't be loaded has no tests that fail. It counts as one failure.
        failed: numFailedTests + numRuntimeErrorTestSuites,
        skipped: numPendingTests,
        cpuSeconds: cpuSeconds(),
        failures: this.#failures,
      }),
    );
  }

  getLastError() {
    return undefined;
  }
}

const TICKS_PER_SECOND = 100;

/**
 * CPU time of this process and of all its children that have ended. The children's is known only on Linux.
 */
function cpuSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6 + ofChildren();
}

function ofChildren() {
  if (process.platform !== 'linux') return 0;
  const [cutime, cstime] = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
    .slice(13, 15)
    .map(Number);
  return (cutime + cstime) / TICKS_PER_SECOND;
}

function say(text) {
  process.stdout.write(`${text}\n`);
}
