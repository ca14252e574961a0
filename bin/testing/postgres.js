/** A PostgreSQL server for one run of the tests, with every safety on, in a folder that is gone afterwards. */
import { execFileSync, spawn } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { aptInstall, onPath } from './apt.js';

const START_LIMIT_MS = 30_000;

/**
 * Starts it. The answer's `url` is what TEST_DATABASE_URL is set to, `stop` ends it. With a `password` for the user postgres it asks
 * everybody for theirs, else nobody. Throws saying what is missing.
 */
export async function startPostgres({ password } = {}) {
  const bin = findBinaries() ?? (aptInstall('PostgreSQL', ['postgresql']), findBinaries());
  if (bin === null)
    throw new Error('no initdb under /usr/lib/postgresql or on PATH after installing postgresql');
  const folder = mkdtempSync(join(tmpdir(), 'paidonce-postgres-'));
  try {
    return await startIn(folder, bin, { user: serverUser(), password });
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

async function startIn(folder, bin, { user, password }) {
  const data = join(folder, 'data');
  mkdirSync(data, { mode: 0o700 });
  if (user !== null) for (const path of [folder, data]) chownSync(path, user.uid, user.gid);
  const passwordFile = join(folder, 'password');
  const auth = password === undefined ? ['-A', 'trust'] : ['-A', 'scram-sha-256', '--pwfile', passwordFile];
  if (password !== undefined) writeFileSync(passwordFile, `${password}\n`);
  const initdb = as(user, [join(bin, 'initdb'), '-D', data, '-U', 'postgres', ...auth, '-E', 'UTF8']);
  execFileSync(initdb.command, initdb.args, { cwd: '/', stdio: ['ignore', 'ignore', 'inherit'] });
  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`, 'max_connections=400'];
  const options = ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])];
  const { command, args } = as(user, [join(bin, 'postgres'), ...options]);
  const log = openSync(join(folder, 'log'), 'w');
  const child = spawn(command, args, { cwd: '/', detached: true, stdio: ['ignore', log, log] });
  const stop = () => stopServer(child, folder);
  await untilAnswers(child, bin, port, folder);
  const credentials = password === undefined ? 'postgres' : `postgres:${encodeURIComponent(password)}`;
  return { url: `postgres://${credentials}@127.0.0.1:${port}/postgres`, port, stop };
}

/** PostgreSQL refuses to run as root; the kernel stops it (fast, by SIGINT) however we die. */
function as(user, command) {
  if (process.platform !== 'linux' || onPath('setpriv') === null)
    return { command: command[0], args: command.slice(1) };
  const identity = user && ['--reuid', String(user.uid), '--regid', String(user.gid), '--clear-groups'];
  return { command: 'setpriv', args: ['--pdeathsig', 'INT', ...(identity ?? []), '--', ...command] };
}

function serverUser() {
  if (process.getuid?.() !== 0) return null;
  const users = readFileSync('/etc/passwd', 'utf8').split('\n');
  const line =
    users.find((user) => user.startsWith('postgres:')) ?? users.find((user) => user.startsWith('nobody:'));
  const [, , uid, gid] = (line ?? 'nobody:x:65534:65534').split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

function findBinaries() {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((one, other) => other - one) : [];
  const found = versions
    .map((version) => join(debian, version, 'bin'))
    .find((bin) => existsSync(join(bin, 'initdb')));
  const named = onPath('initdb');
  return found ?? (named === null ? null : dirname(named));
}

async function untilAnswers(child, bin, port, folder) {
  const deadline = Date.now() + START_LIMIT_MS;
  while (!isReady(bin, port)) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stopServer(child, null);
      throw new Error(`PostgreSQL did not start: ${readFileSync(join(folder, 'log'), 'utf8').slice(-500)}`);
    }
    await sleep(50);
  }
}

function isReady(bin, port) {
  try {
    execFileSync(join(bin, 'pg_isready'), ['-q', '-h', '127.0.0.1', '-p', String(port)]);
    return true;
  } catch {
    return false;
  }
}

async function stopServer(child, folder) {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGINT');
    const timer = setTimeout(() => child.kill('SIGQUIT'), 10_000);
    await gone;
    clearTimeout(timer);
  }
  if (folder !== null) rmSync(folder, { recursive: true, force: true });
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
