/** The repository, and the files that must stay as they were released. */
import { execFileSync } from 'node:child_process';
import { root } from '../prepare.js';

const HISTORIES = 'test/histories/*.json';
/** New files beside these are allowed. */
const FROZEN = [
  { files: HISTORIES, reason: 'running payments follow it: patched(), docs/adr/0014' },
  { files: 'migrations/*.sql', reason: 'databases have applied it already: write another migration' },
];

/** The output of a git command. Throws where git fails; git's message is on standard error. */
export function git(...args) {
  const options = { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] };
  return execFileSync('git', args, options).trim();
}

/** The tag of the last release in this branch; null before the first. */
export function lastRelease() {
  const [newest = ''] = git('tag', '--list', 'v[0-9]*', '--merged', 'HEAD', '--sort=-v:refname').split('\n');
  return newest === '' ? null : newest;
}

/** Released files that have changed, with the reason why they must not. */
export function changedThoughReleased(last) {
  return FROZEN.flatMap(({ files, reason }) =>
    since(last, 'M', files).map((file) => `${file} has changed since ${last}; ${reason}`),
  );
}

/** Histories that were deleted, because no run has that version of the workflow any more. */
export function historiesGone(last) {
  return since(last, 'D', HISTORIES);
}

function since(last, how, files) {
  if (last === null) return [];
  const names = git('diff', '--name-only', '--no-renames', `--diff-filter=${how}`, last, 'HEAD', '--', files);
  return names.split('\n').filter((name) => name !== '');
}
