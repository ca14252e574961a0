import { cp, mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..', '..');

/** A new folder with copies of some files and folders of the repository. The caller removes it. */
export async function copyOf(names: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'paidonce-copy-'));
  for (const name of names) await cp(join(ROOT, name), join(folder, name), { recursive: true });
  return folder;
}

/** Gives the folder the packages of the repository. */
export function linkPackages(folder: string): Promise<void> {
  return symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
}

/** Writes a file, with the folders that its path needs. */
export async function writeIn(folder: string, path: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
}
