import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { tryLock } from '../../bin/lock.js';

/** Another living process holds the directory. */
export class DirectoryInUse extends Error {
  override readonly name = 'DirectoryInUse';
}

/**
 * Holds a directory for this process, however it dies. A pid file was tried: it refuses wrongly after a `kill -9`, and pids are reused.
 * @throws DirectoryInUse
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  // By whatever name it is called: a symbolic link leads to the same files.
  const known = await realpath(directory).catch(() => resolve(directory));
  const unlock = await tryLock(known);
  if (unlock !== null) return unlock;
  throw new DirectoryInUse(
    `${resolve(directory)} is in use by another process; stop it, or set DATA_DIR to another folder`,
  );
}
