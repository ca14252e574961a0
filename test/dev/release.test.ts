/** `npm run release` in a repository of its own, whose checks only record that they were run. */
import { execFile } from 'node:child_process';
import { chmod, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { gitEnvironment } from './support/git-environment.ts';
import { copyOf, linkPackages, writeIn } from './support/scratch-folder.ts';

const CHANGELOG = `<!--
Edit [Unreleased] in the commit that makes the change.
-->

# Changelog

## [Unreleased]

### Added

- A gateway.
`;
const HISTORY = 'test/histories/paid.json';
const SCRIPTS = {
  check: 'echo check >> ran',
  'judge:openapi': 'echo judge:openapi >> ran',
};

let folder: string;
beforeEach(async () => {
  folder = await copyOf(['bin/release.js', 'bin/releasing', 'bin/prepare.js', 'kit/machine-lock.js']);
  await linkPackages(folder);
  await write('.gitignore', 'node_modules\nran\n');
  await write('CHANGELOG.md', CHANGELOG);
  await write('package.json', manifest());
  await write('package-lock.json', lockfile());
  await write('client/package.json', clientManifest('0.1.0'));
  await write('openapi.json', '{ "openapi": "3.1.0", "info": { "title": "a", "version": "0.1.0" } }\n');
  await write(HISTORY, '{}\n');
  await write('migrations/0000_initial.sql', 'select 1;\n');
  for (const name of ['0014_lists', '0018_indexes']) await write(`test/store/statements/${name}.json`, '{}');
  await git('init', '--quiet', '--initial-branch=main');
  await commit('feat: all of it');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const manifest = (scripts: Record<string, string> = SCRIPTS) =>
  `${JSON.stringify({ name: 'a', version: '0.1.0', type: 'module', workspaces: ['client'], scripts }, null, 2)}\n`;
const clientManifest = (version: string) =>
  `${JSON.stringify({ name: '@paidonce/client', version }, null, 2)}\n`;
const lockfile = () =>
  `${JSON.stringify({ name: 'a', version: '0.1.0', lockfileVersion: 3, packages: { '': { name: 'a', version: '0.1.0', workspaces: ['client'] }, client: { name: '@paidonce/client', version: '0.1.0' } } }, null, 2)}\n`;
const read = (path: string) => readFile(join(folder, path), 'utf8');
const ran = () => read('ran').catch(() => '');
const options = () => ({ cwd: folder, env: gitEnvironment() });

const write = (path: string, text: string) => writeIn(folder, path, text);

async function git(...args: string[]): Promise<string> {
  return (await promisify(execFile)('git', args, options())).stdout.trim();
}

async function commit(subject: string): Promise<void> {
  await git('add', '--all');
  await git('commit', '--quiet', '--allow-empty', '-m', subject);
}

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function release(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['bin/release.js', ...args], options(), (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

/** A release that is refused changes nothing. */
async function expectNothingDone(before: string): Promise<void> {
  expect(await git('rev-parse', 'HEAD')).toBe(before);
  expect(await git('tag', '--list', 'v*')).toBe('');
}

describe('a release', () => {
  it('is a commit with the version in every place, and an annotated tag', async () => {
    const { code, stderr } = await release('0.2.0');
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const today = new Date().toISOString().slice(0, 10);
    expect(await read('CHANGELOG.md')).toBe(
      CHANGELOG.replace('## [Unreleased]\n', `## [Unreleased]\n\n## [0.2.0] - ${today}\n`),
    );
    expect(await read('package.json')).toBe(manifest().replace('0.1.0', '0.2.0'));
    expect(await read('client/package.json')).toBe(clientManifest('0.2.0'));
    expect(await read('package-lock.json')).toBe(lockfile().replaceAll('0.1.0', '0.2.0'));
    expect(await read('openapi.json')).toContain('"info": { "title": "a", "version": "0.2.0" }');
    expect(await git('log', '-1', '--format=%s')).toBe('chore(release): 0.2.0');
    expect(await git('status', '--porcelain')).toBe('');
    expect(await git('cat-file', '-t', 'v0.2.0')).toBe('tag');
    expect(await git('rev-parse', 'v0.2.0^{commit}')).toBe(await git('rev-parse', 'HEAD'));
    expect(await git('tag', '--list', '--format=%(contents)', 'v0.2.0')).toBe(
      'paidonce 0.2.0\n\n### Added\n\n- A gateway.',
    );
  });

  it('comes after the checks, and is not pushed', async () => {
    const origin = join(folder, '.git', 'origin');
    await git('init', '--quiet', '--bare', origin);
    await git('remote', 'add', 'origin', origin);
    await git('push', '--quiet', '--set-upstream', 'origin', 'main');
    const { stdout } = await release('0.2.0');
    expect(await ran()).toBe('check\njudge:openapi\n');
    expect(stdout).toContain('git push --atomic origin main v0.2.0');
    expect(await git('log', '--format=%s', 'origin/main..main')).toBe('chore(release): 0.2.0');
    expect(await git('ls-remote', '--tags', 'origin')).toBe('');
  });

  it('may be the first, with the version that package.json has', async () => {
    expect((await release('0.1.0')).code).toBe(0);
    expect(await git('tag', '--list', 'v*')).toBe('v0.1.0');
  });

  it('prints the steps that are left to a person', async () => {
    await release('0.2.0');
    await git('rm', '--quiet', HISTORY);
    await write('CHANGELOG.md', (await read('CHANGELOG.md')).replace('## [0', '- A call.\n\n## [0'));
    await commit('feat(api): a call');
    const { stdout } = await release('0.3.0');
    expect(stdout).toContain('delete 0014_lists.json of test/store/statements');
    expect(stdout).toContain(`${HISTORY}: deleted since v0.2.0`);
    expect(stdout).toContain('patched()');
  });
});

describe('a release is refused', () => {
  it.each<[string, string, () => Promise<unknown>, string]>([
    ['by a word', 'next', async () => {}, '"next" is not a semantic version'],
    ['by a prefix', 'v0.2.0', async () => {}, '"v0.2.0" is not a semantic version'],
    ['by a lower version', '0.0.9', async () => {}, 'package.json has the higher version 0.1.0'],
    ['on another branch', '0.2.0', () => git('checkout', '-b', 'other'), 'this is other'],
    ['on no branch', '0.2.0', () => git('checkout', '--detach'), 'this is no branch'],
    ['with a changed file', '0.2.0', () => write(HISTORY, '{ }'), 'the tree is not clean'],
    ['with another file', '0.2.0', () => write('new', ''), 'the tree is not clean'],
  ])('%s', async (_, version, arrange, words) => {
    const before = await git('rev-parse', 'HEAD');
    await arrange();
    const { code, stderr } = await release(version);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(words) });
    await expectNothingDone(before);
    expect(await ran()).toBe('');
  });

  it('where nothing is unreleased', async () => {
    await write('CHANGELOG.md', CHANGELOG.replace('- A gateway.\n', ''));
    await commit('docs: nothing new');
    expect((await release('0.2.0')).stderr).toContain('no entry under [Unreleased]');
  });

  it('with a version that has been released, and with a lower one', async () => {
    await release('0.2.0');
    const again = await release('0.2.0');
    expect(again.stderr).toContain('CHANGELOG.md has 0.2.0 already: expected a higher version');
    expect(again.stderr).toContain('there is a tag v0.2.0 already');
    expect((await release('0.2.0-rc.1')).stderr).toContain('CHANGELOG.md has 0.2.0');
  });

  it.each([HISTORY, 'migrations/0000_initial.sql'])(
    'where %s has changed since the last release',
    async (file) => {
      await release('0.2.0');
      await write(file, 'something else');
      await commit('refactor: recorded again');
      expect((await release('0.3.0')).stderr).toContain(`${file} has changed since v0.2.0`);
    },
  );

  it('where a check fails', async () => {
    await write('package.json', manifest({ ...SCRIPTS, 'judge:openapi': 'exit 1' }));
    await commit('fix(api): a document that nobody can read');
    const before = await git('rev-parse', 'HEAD');
    const { code, stderr } = await release('0.2.0');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining('npm run judge:openapi fails'),
    });
    expect(await git('status', '--porcelain')).toBe('');
    await expectNothingDone(before);
  });

  it('and the files are restored, where the commit is refused', async () => {
    await write('.git/hooks/pre-commit', '#!/bin/sh\nexit 1\n');
    await chmod(join(folder, '.git/hooks/pre-commit'), 0o755);
    const before = await git('rev-parse', 'HEAD');
    expect((await release('0.2.0')).code).toBe(1);
    expect(await git('status', '--porcelain')).toBe('');
    await expectNothingDone(before);
  });
});

describe('a dry run', () => {
  it('prints the release and does nothing', async () => {
    const before = await git('rev-parse', 'HEAD');
    const { code, stdout } = await release('0.2.0', '--dry-run');
    expect(code).toBe(0);
    for (const words of ['## [0.2.0] - ', '- A gateway.', 'chore(release): 0.2.0', 'annotated tag: v0.2.0'])
      expect(stdout).toContain(words);
    expect(await git('status', '--porcelain')).toBe('');
    expect(await ran()).toBe('');
    await expectNothingDone(before);
  });

  it('refuses for the same reasons as the release', async () => {
    await write('CHANGELOG.md', '# Changelog\n');
    expect((await release('0.2.0', '--dry-run')).stderr).toContain('the tree is not clean');
  });
});

it('a release without a version is refused', async () => {
  expect(await release()).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('usage: npm run release'),
  });
});
