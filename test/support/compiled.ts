import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

export interface Compiled {
  /** The folder of compiled modules, for child processes: Node 20 runs no TypeScript. */
  readonly dist: string;
  remove(): Promise<void>;
}

/** Compiles the sources as they are now into a folder of its own. */
export async function compileSources(): Promise<Compiled> {
  const folder = await mkdtemp(join(tmpdir(), 'paidonce-compiled-'));
  const dist = join(folder, 'dist');
  for (const name of ['node_modules', 'migrations', 'bin'])
    await symlink(join(ROOT, name), join(folder, name));
  await copyFile(join(ROOT, 'package.json'), join(folder, 'package.json'));
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [compiler, '-p', 'tsconfig.build.json', '--outDir', dist];
  // A type error is another check's business; what was written is what runs.
  const { stdout } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  if (!existsSync(join(dist, 'main.js'))) throw new Error(`compiling wrote nothing: ${stdout}`);
  return { dist, remove: () => rm(folder, { recursive: true, force: true }) };
}
