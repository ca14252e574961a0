/** The walls between the core and what is around it: each gets an import that it must refuse, in a copy of nothing but the settings. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const ROOT = join(import.meta.dirname, '..', '..');
const SETTINGS = [
  '.oxlintrc.json',
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  ...['sandbox', 'demo-shop', 'dev'].map((workspace) => `${workspace}/tsconfig.json`),
];
const FOLDERS = ['src', 'sandbox', 'demo-shop', 'dev', 'kit'];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'paidonce-walls-'));
  for (const file of SETTINGS) await cp(join(ROOT, file), join(folder, file), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  for (const name of FOLDERS) await write(`${name}/other.ts`, 'export const other = 1;\n');
  await write('src/for-dev.ts', 'export const other = 1;\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
}

/** What a command says; empty where it has nothing to complain of. */
function complaints(command: string, ...args: string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(join(ROOT, 'node_modules', '.bin', command), args, { cwd: folder }, (error, stdout) =>
      resolve(error === null ? '' : stdout),
    );
  });
}

async function plant(inFolder: string, imported: string): Promise<string> {
  const path = `${inFolder}/planted.ts`;
  await write(path, `import { other } from '../${imported}.ts';\n\nexport const mine = other;\n`);
  return path;
}

describe('the compiler', () => {
  it.each([
    ['sandbox', 'src/other'],
    ['sandbox', 'demo-shop/other'],
    ['sandbox', 'kit/other'],
    ['demo-shop', 'src/other'],
    ['demo-shop', 'sandbox/other'],
    ['src', 'sandbox/other'],
    ['src', 'dev/other'],
    ['src', 'kit/other'],
  ])('refuses in %s an import of %s', async (inFolder, imported) => {
    const path = await plant(inFolder, imported);
    const project = inFolder === 'src' ? 'tsconfig.build.json' : inFolder;
    expect(await complaints('tsc', '-p', project, '--noEmit')).toContain('error TS6059');
    await rm(join(folder, path));
    expect(await complaints('tsc', '-p', project, '--noEmit')).toBe('');
  });
});

describe('the linter', () => {
  it.each(['src/other', 'sandbox/other', 'demo-shop/other'])(
    'refuses in dev an import of %s',
    async (imported) => {
      const path = await plant('dev', imported);
      expect(await complaints('oxlint', path)).toContain('no-restricted-imports');
    },
  );

  it.each(['src/for-dev', 'kit/other'])('lets dev import %s', async (imported) => {
    expect(await complaints('oxlint', await plant('dev', imported))).toBe('');
  });
});
