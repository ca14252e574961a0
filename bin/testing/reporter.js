/** What Jest says of one process of the suite: a line per file, a failure as soon as it is there, and a report for the runner. */
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { root } from '../prepare.js';

// oxlint-disable-next-line import/no-default-export -- Jest takes no other
export default class Reporter {
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
    if (failureMessage) say(failureMessage);
    const failing = numFailingTests + (testExecError ? 1 : 0);
    const counts = `${numPassingTests} passed, ${failing} failed`;
    say(
      `${failing > 0 ? 'FAIL' : 'ok  '} ${relative(root, path)}, ${counts}, ${(perfStats.runtime / 1_000).toFixed(1)} s`,
    );
  }

  onRunComplete(_, results) {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites, numPendingTests, numTotalTestSuites } =
      results;
    writeFileSync(
      process.env['PAIDONCE_TEST_REPORT'],
      JSON.stringify({
        files: numTotalTestSuites,
        passed: numPassedTests,
        // A file that can't even be loaded has no tests to fail: it counts as one.
        failed: numFailedTests + numRuntimeErrorTestSuites,
        skipped: numPendingTests,
      }),
    );
  }

  getLastError() {
    return undefined;
  }
}

function say(text) {
  process.stdout.write(`${text}\n`);
}
