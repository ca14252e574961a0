/** `paidonce --help` on a checkout where nothing is installed: it answers, and installs nothing. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const ROOT = join(import.meta.dirname, '..', '..');

describe('a bare checkout', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'paidonce-bare-'));
    for (const name of ['bin', 'package.json', 'package-lock.json', 'src'])
      await cp(join(ROOT, name), join(folder, name), { recursive: true });
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
      expect((await readdir(folder)).sort()).toEqual(['bin', 'package-lock.json', 'package.json', 'src']);
    },
  );

  it('tells its version', async () => {
    expect(await paidonce('--version')).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
