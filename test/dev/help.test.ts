/** `paidonce --help` on a checkout where nothing is installed: it answers, and installs nothing. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { copyOf } from './support/scratch-folder.ts';

describe('a bare checkout', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await copyOf(['bin', 'kit', 'package.json', 'package-lock.json', 'src']);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const paidonce = async (...args: string[]) => {
    const run = promisify(execFile)(process.execPath, [join(folder, 'bin', 'paidonce.js'), ...args], {
      timeout: 10_000,
    });
    return (await run).stdout;
  };

  it.each([['--help'], ['-h'], ['why', '--help'], ['help', 'why'], []])(
    'answers paidonce %s',
    async (...args) => {
      expect(await paidonce(...args)).toContain('npm ci && npm run build');
      expect((await readdir(folder)).sort()).toEqual([
        'bin',
        'kit',
        'package-lock.json',
        'package.json',
        'src',
      ]);
    },
  );

  it('installs and compiles nothing where it was pruned for production, and says so', async () => {
    const made = ['node_modules/pino', 'dist/src/cli'].map((path) => join(folder, path));
    for (const path of made) await mkdir(path, { recursive: true });
    await writeFile(join(folder, 'dist', 'src', 'cli', 'main.js'), 'process.stdout.write("ran")');
    await writeFile(join(folder, 'dist', '.paidonce-sources'), 'of older sources');
    const lockfile = createHash('sha256').update(await readFile(join(folder, 'package-lock.json')));
    await writeFile(join(folder, 'node_modules', '.paidonce-lockfile'), lockfile.digest('hex'));
    expect(await paidonce('doctor')).toBe('ran');
    const built = promisify(execFile)(process.execPath, [join(folder, 'bin', 'build.js')]);
    await expect(built).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(/npm ci/) });
    await writeFile(join(folder, 'node_modules', '.paidonce-lockfile'), 'another');
    const refused = expect.stringMatching(/package-lock.json has changed.*folder of its own/);
    await expect(paidonce('doctor')).rejects.toMatchObject({ code: 1, stderr: refused });
    for (const name of ['node_modules', 'dist']) await rm(join(folder, name), { recursive: true });
  });

  it('prints its version', async () => {
    expect(await paidonce('--version')).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
