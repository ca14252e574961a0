#!/usr/bin/env node
/**
 * `node bin/check-commits.js [BASE..HEAD]`: checks that each commit, except merges, has a subject of the form
 * `type(scope): what` with at most 72 characters. Without a range, checks the commits that origin/main lacks.
 * Prints the wrong ones, and exits with 1 where there are any.
 */
import { spawnSync } from 'node:child_process';

const LONGEST = 72;
const TYPES = ['build', 'chore', 'ci', 'docs', 'feat', 'fix', 'perf', 'refactor', 'revert', 'style', 'test'];
/** The scope may be left out where a change affects everything. `!` marks a breaking change. */
const FORM = new RegExp(`^(?:${TYPES.join('|')})(?:\\([a-z0-9-]+\\))?!?: \\S`);

const [range = 'origin/main..HEAD'] = process.argv.slice(2);
const commits = commitsIn(range);
const objections = commits.flatMap(({ id, subject }) =>
  objectionsTo(subject).map((words) => `${id} ${subject}\n  ${words}`),
);
process.stdout.write([...objections, `${commits.length} commits in ${range}`, ''].join('\n'));
process.exit(objections.length === 0 ? 0 : 1);

function commitsIn(wanted) {
  const args = ['log', '--no-merges', '--format=%h %s', '--end-of-options', wanted, '--'];
  const { status, stdout } = spawnSync('git', args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) process.exit(2);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => ({
    id: line.slice(0, line.indexOf(' ')),
    subject: line.slice(line.indexOf(' ') + 1),
  }));
}

function objectionsTo(subject) {
  const { length } = [...subject];
  return [
    ...(length > LONGEST ? [`has ${length} characters; at most ${LONGEST} are expected`] : []),
    ...(FORM.test(subject)
      ? []
      : [`"type(scope): what" is expected, where the type is one of ${TYPES.join(', ')}`]),
  ];
}
