import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DirectoryInUse, lockDirectory } from '../../src/store/directory-lock.ts';

const at = { folder: '' };

beforeEach(async () => {
  at.folder = await mkdtemp(join(tmpdir(), 'paidonce-lock-'));
});

afterEach(() => rm(at.folder, { recursive: true }));

describe('the lock of a directory', () => {
  it.each([
    ['a symbolic link', (folder: string) => `${folder}-link`],
    ['a relative path', (folder: string) => join('.', relativeTo(folder))],
    ['a path with an extra slash', (folder: string) => `${folder}/`],
  ])('holds under the name of %s too', async (_, nameOf) => {
    const name = nameOf(at.folder);
    if (name.endsWith('-link')) await symlink(at.folder, name);
    const unlock = await lockDirectory(at.folder);
    await expect(lockDirectory(name)).rejects.toThrow(DirectoryInUse);
    await unlock();
    await expect(lockDirectory(name).then((again) => again())).resolves.toBeUndefined();
    if (name.endsWith('-link')) await rm(name);
  });
});

function relativeTo(folder: string): string {
  const up = process
    .cwd()
    .split('/')
    .slice(1)
    .map(() => '..');
  return join(...up, folder);
}
