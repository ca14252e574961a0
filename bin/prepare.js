/**
 * What every command needs first: installs the dependencies and compiles the sources. Plain JavaScript, so
 * that it runs on a bare checkout.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from '../kit/machine-lock.js';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const at = (...parts) => join(root, ...parts);
const INSTALLED = at('node_modules', '.paidonce-lockfile');
const BUILT = at('dist', '.paidonce-sources');
const COMPILER = at('node_modules', 'esbuild', 'bin', 'esbuild');
/** What is built from: the core, the workspaces around it, and the build. */
const SOURCES = ['src', 'client/src', 'dev', 'sandbox', 'demo-shop', 'bin/building'];

/**
 * Installs and compiles what is missing or stale. Silent where there is nothing to do. Exits with 1 where
 * that fails.
 */
export async function prepare() {
  requireNode();
  await ensureInstalled().catch((error) => fail(error.message));
  await ensureBuilt().catch((error) => fail(error.message));
}

/** A build without a compiler must fail, instead of seeming to succeed. */
export function requireCompiler() {
  if (isPruned())
    fail('nothing was built: this folder has no compiler any more; run npm ci, then npm run build');
}

/** Whether an installed and compiled version can run, even one of older sources. */
export function isReady() {
  return fs.existsSync(at('node_modules', 'pino')) && fs.existsSync(at('dist', 'src', 'cli', 'main.js'));
}

/** Runs `npm ci` where node_modules is missing or was made from another lockfile. */
export async function ensureInstalled() {
  if (!fs.existsSync(at('package-lock.json')) || !fs.existsSync(at('src')) || isInstalled()) return;
  if (isPruned()) throw new Error(CHANGED_BENEATH);
  await withLock(`install ${root}`, install, () => say('waiting for another npm ci of this folder …'));
}

/**
 * Bundles the programs and the workflows where dist is missing or was made from other sources. Without a
 * compiler, as in production, dist is used as it is.
 */
export async function ensureBuilt() {
  if (!fs.existsSync(at('src')) || (isPruned() && fs.existsSync(BUILT)) || read(BUILT) === sources()) return;
  if (!fs.existsSync(COMPILER))
    throw new Error('dist/ and the compiler are missing: run npm ci && npm run build');
  await withLock(`build ${root}`, build, () => say('waiting for another build of this folder …'));
}

/**
 * Installed for production: its commands neither install nor compile, while others run from the same files.
 */
function isPruned() {
  return isReady() && !fs.existsSync(COMPILER);
}

const CHANGED_BENEATH =
  'package-lock.json has changed since this folder was installed for production, so this build is not complete. ' +
  'Give each version a folder of its own, and run there: npm ci && npm run build && npm prune --omit=dev';

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(`this is Node ${process.versions.node}: install Node 20.19 or newer and try again`);
}

function isInstalled() {
  const lockfile = hash(fs.readFileSync(at('package-lock.json')));
  if (read(INSTALLED) === lockfile) return true;
  const made = mtime(at('node_modules', '.package-lock.json'));
  if (made === null || made < mtime(at('package-lock.json'))) return false;
  markInstalled(lockfile);
  return true;
}

function install() {
  if (isInstalled()) return;
  say('installing dependencies (npm ci), about half a minute …');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  markInstalled(hash(fs.readFileSync(at('package-lock.json'))));
}

/** `npx paidonce` looks here first, and npm links only the commands of dependencies. */
function markInstalled(lockfile) {
  const link = at('node_modules', '.bin', 'paidonce');
  if (!fs.existsSync(link)) {
    fs.rmSync(link, { force: true });
    fs.symlinkSync(join('..', '..', 'bin', 'paidonce.js'), link);
  }
  fs.writeFileSync(INSTALLED, lockfile);
}

/**
 * Builds into another folder and moves it into place, so that a running process never sees a partial build
 * or a file without a source.
 */
async function build() {
  const state = sources();
  if (read(BUILT) === state) return;
  say('compiling …');
  const next = at(`dist-next-${process.pid}`);
  try {
    // Loaded here, since a bare checkout has neither.
    const { bundlePrograms } = await import('./building/programs.js');
    const { bundleWorkflows } = await import('./building/workflows.js');
    await bundlePrograms(root, next);
    await bundleWorkflows(root, next);
    fs.writeFileSync(join(next, relative(at('dist'), BUILT)), state);
    fs.rmSync(at('dist'), { recursive: true, force: true });
    fs.renameSync(next, at('dist'));
  } finally {
    fs.rmSync(next, { recursive: true, force: true });
  }
}

/** Changes with the name, size or time of any file, older or newer. */
function sources() {
  const files = [at('package-lock.json'), ...SOURCES.flatMap((folder) => filesIn(at(folder)))];
  const lines = files.map((file) => `${relative(root, file)} ${fs.statSync(file).size} ${mtime(file)}`);
  return hash(lines.sort().join('\n'));
}

function filesIn(folder) {
  return fs
    .readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

function hash(content) {
  return createHash('sha256').update(content).digest('hex');
}

function read(file) {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : null;
}

function mtime(file) {
  return fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? null;
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status === 0) return;
  throw new Error(`${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ', see above'}`);
}

function say(text) {
  process.stderr.write(`paidonce: ${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(1);
}
