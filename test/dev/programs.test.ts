/**
 * `npm test` with a path, and on a machine that lacks programs: bin/test.js in a copy with three layers, with
 * only stand-ins on the PATH.
 */
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { copyOf, linkPackages, writeIn } from './support/scratch-folder.ts';

const LAYERS = `
  const layer = (name, needs) => ({
    name, needs, apart: false, load: 1, loads: new Map(), atOnce: Infinity, files: ['test/' + name + '/one.test.ts'],
  });
  export const allLayers = () => [layer('plain', []), layer('browser', ['chromium']), layer('patterns', ['python'])];
`;
const TEST = `
  import { expect, it } from '@jest/globals';
  it('passes', () => expect(1).toBe(1));
`;
/** Records how it is called, and makes the two programs. */
const APT = `#!/bin/sh
echo "apt-get $*" >> "$FOLDER/asked"
[ "$2" = install ] || exit 0
for name in chromium python3; do printf '#!/bin/sh\\n' > "$FOLDER/path/$name"; /bin/chmod +x "$FOLDER/path/$name"; done
`;
/** As in CI, where it asks for no password. */
const SUDO = '#!/bin/sh\n[ "$2" = true ] && exit 0\nshift 3\nexec "$@"\n';

let folder: string;
beforeEach(async () => {
  folder = await copyOf(['bin', 'kit', 'package.json', 'jest.config.js']);
  await linkPackages(folder);
  await write('bin/testing/layers.js', LAYERS);
  for (const name of ['plain', 'browser', 'patterns']) await write(`test/${name}/one.test.ts`, TEST);
  await mkdir(join(folder, 'path'));
  await symlink('/bin/sh', join(folder, 'path', 'sh'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const write = (path: string, text: string) => writeIn(folder, path, text);

async function program(name: string, text: string): Promise<void> {
  await write(`path/${name}`, text);
  await chmod(join(folder, 'path', name), 0o755);
}

const asked = () => readFile(join(folder, 'asked'), 'utf8').catch(() => '');

interface Ended {
  readonly code: number;
  readonly lines: readonly string[];
}

async function npmTest(args: readonly string[] = [], more: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const env = { HOME: folder, PATH: join(folder, 'path'), FOLDER: folder, ...more };
  return new Promise((resolve) => {
    execFile(process.execPath, ['bin/test.js', ...args], { cwd: folder, env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), lines: `${stderr}${stdout}`.trim().split('\n') }),
    );
  });
}

describe('where npm test may not install programs', () => {
  it('the layers that lack a program are skipped, with the reason and the command', async () => {
    const { code, lines } = await npmTest();
    expect(lines.slice(0, 6)).toEqual([
      'not on this machine, and not installed:',
      '  Chromium, package chromium: buys in the demo shop (browser)',
      '  Python, package python3: tries the patterns of openapi.json (patterns)',
      'there is no apt-get here; on Debian: apt-get install chromium python3',
      'SKIP browser    1 files: Chromium is missing (purpose: buys in the demo shop); on Debian: apt-get install chromium',
      'SKIP patterns   1 files: Python is missing (purpose: tries the patterns of openapi.json); on Debian: apt-get install python3',
    ]);
    expect(lines.at(-1)).toBe('1 passed, 0 failed, 2 skipped');
    expect(code).toBe(0);
  });

  it.each<[string, readonly string[], NodeJS.ProcessEnv, string]>([
    ['in CI', [], { CI: 'true' }, '1 passed, 2 failed'],
    ['a layer that was named', ['--layer', 'browser'], {}, '0 passed, 1 failed'],
    ['a file that was named', ['test/browser/one.test.ts'], {}, '0 passed, 1 failed'],
  ])('%s fails', async (_, args, env, last) => {
    const { code, lines } = await npmTest(args, env);
    expect(lines.join('\n')).toMatch(/FAIL browser .*\(Chromium is missing .*apt-get install chromium\)/);
    expect(lines.at(-1)).toBe(last);
    expect(code).toBe(1);
  });
});

describe('where npm test may install programs', () => {
  it('it says which packages and why, installs them together, and skips nothing', async () => {
    await program('apt-get', APT);
    await program('sudo', SUDO);
    const { code, lines } = await npmTest([], { CI: 'true' });
    expect(lines[0]).toBe('not on this machine, and installed now:');
    expect(lines[1]).toBe('  Chromium, package chromium: buys in the demo shop (browser)');
    expect(await asked()).toBe(
      'apt-get -qq update\napt-get -qq install --yes --no-install-recommends chromium python3\n',
    );
    expect(lines.at(-1)).toBe('3 passed, 0 failed');
    expect(code).toBe(0);
  });

  it('it says where that fails, and does not try again for each layer', async () => {
    await program('apt-get', APT.replace('for name', 'exit 100\nfor name'));
    await program('sudo', SUDO);
    const { code, lines } = await npmTest([], { CI: 'true' });
    expect(lines).toContain('apt-get failed, see above; check that this machine is online');
    expect((await asked()).split('\n').filter((line) => line.includes('install'))).toHaveLength(1);
    expect(lines.at(-1)).toBe('1 passed, 2 failed');
    expect(code).toBe(1);
  });

  it('it does not reinstall existing programs', async () => {
    for (const name of ['chromium', 'python3', 'apt-get']) await program(name, APT);
    const { lines } = await npmTest();
    expect(await asked()).toBe('');
    expect(lines[0]).not.toContain('not on this machine');
    expect(lines.at(-1)).toBe('3 passed, 0 failed');
  });
});

describe('a path', () => {
  it.each([
    ['from the root', () => 'test/plain/one.test.ts'],
    ['with ./', () => './test/plain/one.test.ts'],
    ['in full', () => join(folder, 'test', 'plain', 'one.test.ts')],
    ['of a folder, with a slash', () => './test/plain/'],
  ])('%s runs only the tests that it names', async (_, path) => {
    await write('test/plain/two.test.ts', TEST);
    const { code, lines } = await npmTest([path()]);
    expect(lines.filter((line) => /^(ok|FAIL|SKIP) /.test(line)).join()).toMatch(
      /^ok +plain +1 files, 1 passed/,
    );
    expect(lines.at(-1)).toBe('1 passed, 0 failed');
    expect(code).toBe(0);
  });

  it('that names no test file is refused, in any form', async () => {
    for (const path of ['test/none.test.ts', './test/none.test.ts', join(folder, 'test', 'none.test.ts')])
      expect(await npmTest([path])).toEqual({ code: 2, lines: ['no test file at test/none.test.ts'] });
  });
});

it("npm test does not use sudo on a developer's machine", async () => {
  await program('apt-get', APT);
  await program('sudo', SUDO);
  const { lines } = await npmTest();
  const isRoot = process.getuid?.() === 0;
  expect(lines[0]).toBe(`not on this machine, and ${isRoot ? 'installed now' : 'not installed'}:`);
  expect(lines.at(-1)).toBe(isRoot ? '3 passed, 0 failed' : '1 passed, 0 failed, 2 skipped');
});
