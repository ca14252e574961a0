/**
 * The receivers of examples/, installed and built once into the user's cache: they have packages of their own,
 * which are none of ours.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { withLock } from '../../kit/machine-lock.js';
import { root } from '../prepare.js';
import { Missing, programAt } from './programs.js';

const NPM = ['npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
/** The commands that make each one ready. */
const STEPS = {
  express: () => [NPM],
  fastify: () => [NPM],
  nextjs: () => [NPM, ['npm', 'run', 'build']],
  python: () => [
    [programAt('python'), '-m', 'venv', '.venv'],
    ['.venv/bin/python', '-m', 'pip', 'install', '-q', '-r', 'requirements.txt'],
  ],
  php: () => [],
};
const LIMIT_MS = 600_000;

/** The folder that has all of them, by name. Throws `Missing` where one can't be had. */
export async function installedExamples() {
  programAt('php');
  programAt('venv');
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'paidonce', 'examples');
  const state = hashOf(join(root, 'examples'));
  const folder = join(cache, state);
  await withLock(folder, () => {
    if (existsSync(folder)) return;
    const partial = `${folder}-${process.pid}`;
    try {
      mkdirSync(cache, { recursive: true });
      for (const name of Object.keys(STEPS)) make(name, join(partial, name));
      // A virtual environment has its own path in it, but is only called by it.
      renameSync(partial, folder);
      for (const older of readdirSync(cache))
        if (older !== state) rmSync(join(cache, older), { recursive: true });
    } finally {
      rmSync(partial, { recursive: true, force: true });
    }
  });
  return folder;
}

function make(name, folder) {
  cpSync(join(root, 'examples', name), folder, { recursive: true });
  for (const [command, ...args] of STEPS[name]()) {
    process.stdout.write(`examples/${name}: ${command} ${args.slice(0, 3).join(' ')} …\n`);
    const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', DATABASE: join(folder, 'unused.db') };
    const { status, stderr, error } = spawnSync(command, args, {
      cwd: folder,
      env,
      timeout: LIMIT_MS,
      encoding: 'utf8',
    });
    if (status !== 0)
      throw new Missing(`examples/${name} can't be installed: ${error?.message ?? stderr.slice(-300)}`);
  }
}

function hashOf(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.md'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
  const hash = createHash('sha256');
  for (const file of files) hash.update(file.slice(folder.length)).update(readFileSync(file));
  return hash.digest('hex').slice(0, 16);
}
