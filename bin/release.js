#!/usr/bin/env node
/**
 * `npm run release -- 0.2.0 [--dry-run]`: releases the entries of CHANGELOG.md under [Unreleased] as a
 * version, with a commit and an annotated tag. Checks all conditions before it changes anything, and pushes
 * nothing. `--dry-run` shows the steps and does none of them.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureInstalled, root } from './prepare.js';
import { released, releasedVersions, unreleased } from './releasing/changelog.js';
import { changedThoughReleased, git, historiesGone, lastRelease } from './releasing/last-release.js';

const CHECKS = ['check', 'judge:openapi'];
/**
 * The files that name the version. The code reads it from package.json, and the code generates openapi.json.
 */
const FILES = ['CHANGELOG.md', 'openapi.json', 'package.json', 'client/package.json', 'package-lock.json'];
const STATEMENTS = 'test/store/statements';

const { version, isDryRun } = parse(process.argv.slice(2));
const tag = `v${version}`;
const subject = `chore(release): ${version}`;
const today = new Date().toISOString().slice(0, 10);

await ensureInstalled();
const { default: semver } = await import('semver');
const changelog = read('CHANGELOG.md');
const last = lastRelease();
refuseFor(objections());
if (isDryRun) show();
else release();
say(leftToDo().map((words) => `- ${words}`));

function parse(args) {
  const named = args.filter((arg) => arg !== '--dry-run');
  if (named.length === 1) return { version: named[0], isDryRun: args.includes('--dry-run') };
  process.stderr.write('usage: npm run release -- VERSION [--dry-run]\n');
  process.exit(2);
}

function objections() {
  const branch = git('branch', '--show-current');
  const isClean = git('status', '--porcelain') === '';
  return [
    ...objectionsToVersion(),
    ...(branch === 'main'
      ? []
      : [`a release is made on the branch main, and this is ${branch || 'no branch'}`]),
    ...(isClean ? [] : ['the tree is not clean: commit or remove what git status shows']),
    ...(unreleased(changelog) === '' ? ['CHANGELOG.md has no entry under [Unreleased]'] : []),
    ...changedThoughReleased(last),
  ];
}

/**
 * The first release may have the version that package.json has had from the start. Each later one must be
 * higher than all before.
 */
function objectionsToVersion() {
  if (semver.valid(version) !== version) return [`"${version}" is not a semantic version, such as 0.2.0`];
  const present = JSON.parse(read('package.json')).version;
  const higher = releasedVersions(changelog).filter((one) => semver.gte(one, version));
  return [
    ...(semver.lt(version, present) ? [`package.json has the higher version ${present}`] : []),
    ...higher.map((one) => `CHANGELOG.md has ${one} already: expected a higher version`),
    ...(git('tag', '--list', tag) === '' ? [] : [`there is a tag ${tag} already`]),
  ];
}

function refuseFor(reasons) {
  if (reasons.length === 0) return;
  process.stderr.write(`no release of ${version}:\n${reasons.map((words) => `- ${words}\n`).join('')}`);
  process.exit(1);
}

function show() {
  say([
    `after ${CHECKS.map((name) => `npm run ${name}`).join(' and ')}, CHANGELOG.md would get:\n`,
    `## [${version}] - ${today}\n\n${unreleased(changelog)}\n`,
    `files: ${FILES.join(', ')}`,
    `commit: ${subject}`,
    `annotated tag: ${tag}`,
    'nothing is pushed. Left to do afterwards:',
  ]);
}

function release() {
  for (const name of CHECKS) if (!run('npm', 'run', name)) refuseFor([`npm run ${name} fails, see above`]);
  try {
    write();
    git('add', ...FILES);
    git('commit', '--quiet', '-m', subject, '-m', 'CHANGELOG.md has what is in it.');
  } catch (error) {
    git('restore', '--staged', '--worktree', ...FILES);
    refuseFor([error.message]);
  }
  // The headings of the changelog begin with "#", which git would take for comments.
  const words = `paidonce ${version}\n\n${unreleased(changelog)}`;
  git('tag', '--annotate', '--cleanup=whitespace', '-m', words, tag);
  say([`${tag} is created, and nothing is pushed. Left to do:`]);
}

function write() {
  writeFileSync(join(root, 'CHANGELOG.md'), released(changelog, version, today));
  writeFileSync(join(root, 'openapi.json'), withVersion(read('openapi.json')));
  const packages = ['--include-workspace-root', '--workspace', 'client', '--no-workspaces-update'];
  const options = ['--no-git-tag-version', '--allow-same-version', '--ignore-scripts', '--silent'];
  if (!run('npm', 'version', version, ...packages, ...options))
    throw new Error('npm version fails, see above');
  writeFileSync(join(root, 'package-lock.json'), withClientVersion(read('package-lock.json')));
}

/** `npm version` sets that of a workspace in the lock file only by installing everything again. */
function withClientVersion(lockfile) {
  const next = JSON.parse(lockfile);
  next.packages.client.version = version;
  return `${JSON.stringify(next, null, 2)}\n`;
}

/** Replaces text, so that nothing else in the document changes. */
function withVersion(document) {
  const next = document.replace(/("info": \{[^{}]*?"version": )"[^"]*"/, `$1"${version}"`);
  if (JSON.parse(next).info.version === version) return next;
  throw new Error('openapi.json has no info.version to set');
}

/** The steps that a person has to do. */
function leftToDo() {
  const older = olderStatements();
  const gone = historiesGone(last);
  return [
    'check that CI is green for the previous commit: the suite has not run here',
    older.length > 0 &&
      `once no build older than ${version} may run: delete ${older.join(', ')} of ${STATEMENTS}, and record with ` +
        'npx tsx test/store/record-statements.ts --fresh',
    gone.length > 0 &&
      `${gone.join(', ')}: deleted since ${last}, so no run of that version may be open (docs/adr/0014)`,
    'stored histories are never recorded again from here on: a change of workflow code needs patched() (docs/adr/0014)',
    `git push --atomic origin main ${tag}`,
    'npm publish --workspace client --access public, with the rights to the name @paidonce',
  ].filter((words) => words !== false);
}

/**
 * The recorded statements of builds with an older schema, which test/store/previous-build.test.ts prepares.
 */
function olderStatements() {
  const folder = join(root, STATEMENTS);
  return existsSync(folder) ? readdirSync(folder).sort().slice(0, -1) : [];
}

function read(file) {
  return readFileSync(join(root, file), 'utf8');
}

/** Runs a command. Returns whether it succeeds. Its output goes to standard error. */
function run(command, ...args) {
  return spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] }).status === 0;
}

function say(lines) {
  process.stdout.write(`${lines.join('\n')}\n`);
}
