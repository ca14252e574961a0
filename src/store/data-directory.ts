import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { PACKAGE_FOLDER } from '../lib/package-folder.ts';

const PROGRAM = `
  import { PGlite } from '@electric-sql/pglite';
  const store = await PGlite.create(process.argv[1]);
  await store.close();
`;

/**
 * Creates the embedded store's data directory where there is none yet. The work runs in a process of its own,
 * since it takes 500 MB that a process never gives back. The directory has another name until it is complete,
 * so that a kill leaves no half-made one. The caller holds the lock of `folder`, which is empty or was
 * created before.
 */
export async function ensureDataDirectory(folder: string): Promise<void> {
  if (existsSync(join(folder, 'PG_VERSION'))) return;
  await removeUnfinished(folder);
  const unfinished = await mkdtemp(`${folder}${SUFFIX}`);
  // Without this flag, WebAssembly's optimizing compiler would take longer than the whole work.
  const args = ['--liftoff-only', '--input-type=module', '--eval', PROGRAM, unfinished];
  await promisify(execFile)(process.execPath, args, { cwd: PACKAGE_FOLDER });
  await rename(unfinished, folder);
}

const SUFFIX = '-unfinished-';

async function removeUnfinished(folder: string): Promise<void> {
  const beside = await readdir(dirname(folder));
  for (const name of beside.filter((other) => other.startsWith(`${basename(folder)}${SUFFIX}`)))
    await rm(join(dirname(folder), name), { recursive: true, force: true });
}
