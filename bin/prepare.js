/** What every command needs first: dependencies installed, sources compiled. Plain JavaScript, so that it runs on a bare checkout. */
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
const COMPILER = at('node_modules', 'typescript', 'bin', 'tsc');
/** What is compiled, each against its own tsconfig: the core, and the workspaces around it. dist/ mirrors the repository. */
const PROJECTS = [
  // First, since it compiles what it imports of src/ with it, and kit/.
  { folder: 'dev', tsconfig: 'dev/tsconfig.json', output: '.' },
  { folder: 'src', tsconfig: 'tsconfig.build.json', output: 'src' },
  { folder: 'sandbox', tsconfig: 'sandbox/tsconfig.json', output: 'sandbox' },
  { folder: 'demo-shop', tsconfig: 'demo-shop/tsconfig.json', output: 'demo-shop' },
];

/** Installs and compiles what is missing or stale; silent when there is nothing to do. Exits with 1 where that fails. */
export async function prepare() {
  requireNode();
  await ensureInstalled().catch((error) => fail(error.message));
  await ensureBuilt().catch((error) => fail(error.message));
}

/** A build that can't be made must not look as if it was. */
export function requireCompiler() {
  if (isPruned()) fail('nothing is built: this folder has no compiler any more; npm ci, then npm run build');
}

/** Whether something that can run is installed and compiled, be it of older sources. */
export function isReady() {
  return fs.existsSync(at('node_modules', 'commander')) && fs.existsSync(at('dist', 'src', 'cli', 'main.js'));
}

/** `npm ci` where node_modules is missing or was made from another lockfile. */
export async function ensureInstalled() {
  if (!fs.existsSync(at('package-lock.json')) || !fs.existsSync(at('src')) || isInstalled()) return;
  if (isPruned()) throw new Error(CHANGED_BENEATH);
  await withLock(`install ${root}`, install, () => say('waiting for another npm ci of this folder …'));
}

/** `tsc` and the workflow bundle where dist is missing or was made from other sources. Without a compiler, as in production, dist is what it is. */
export async function ensureBuilt() {
  if (!fs.existsSync(at('src')) || (isPruned() && fs.existsSync(BUILT)) || read(BUILT) === sources()) return;
  if (!fs.existsSync(COMPILER))
    throw new Error('dist/ is missing, and the compiler too: npm ci && npm run build');
  await withLock(`build ${root}`, build, () => say('waiting for another build of this folder …'));
}

/** Installed for production: no command of it installs or compiles, while others run from the same files. */
function isPruned() {
  return isReady() && !fs.existsSync(COMPILER);
}

const CHANGED_BENEATH =
  'package-lock.json has changed since this folder was installed for production, so this build is not whole. ' +
  'Give each version a folder of its own, and there: npm ci && npm run build && npm prune --omit=dev';

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(`Node 20.19 or newer is needed, this is ${process.versions.node}; install it and try again`);
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

/** `npx paidonce` looks here first; npm itself links the commands of dependencies only. */
function markInstalled(lockfile) {
  const link = at('node_modules', '.bin', 'paidonce');
  if (!fs.existsSync(link)) {
    fs.rmSync(link, { force: true });
    fs.symlinkSync(join('..', '..', 'bin', 'paidonce.js'), link);
  }
  fs.writeFileSync(INSTALLED, lockfile);
}

/** Compiled beside and moved into place: what runs from dist meanwhile never meets half a build, nor a file without a source. */
function build() {
  const state = sources();
  if (read(BUILT) === state) return;
  say('compiling …');
  const next = at(`dist-next-${process.pid}`);
  try {
    for (const { tsconfig, output } of PROJECTS)
      run(process.execPath, [
        COMPILER,
        '-p',
        at(tsconfig),
        '--noEmit',
        'false',
        '--outDir',
        join(next, output),
      ]);
    run(process.execPath, [join(next, 'src', 'worker', 'bundle.js')]);
    fs.writeFileSync(join(next, relative(at('dist'), BUILT)), state);
    fs.rmSync(at('dist'), { recursive: true, force: true });
    fs.renameSync(next, at('dist'));
  } finally {
    fs.rmSync(next, { recursive: true, force: true });
  }
}

/** Changes with any file's name, size or time, in whichever direction. */
function sources() {
  const files = [
    at('package-lock.json'),
    at('tsconfig.json'),
    at('tsconfig.build.json'),
    ...[...PROJECTS.map(({ folder }) => folder), 'kit'].flatMap((folder) => filesIn(at(folder))),
  ];
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
