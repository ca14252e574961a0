/** A PostgreSQL server of our own, in a folder that is removed afterwards. */
import { execFileSync } from 'node:child_process';
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
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { freePort } from './free-port.js';
import { onPath } from './on-path.js';
import { spawnTied, stopChild, tied, untilAnswers } from './tied-child.js';

/**
 * @typedef {object} PostgresOptions
 * @property {string} [superuser] default: `postgres`
 * @property {string} [password] of the superuser; with one, every user needs a password, without one, none
 * does
 * @property {boolean} [isDurable] false: nothing is flushed to disk
 */

/**
 * @typedef {object} PostgresServer
 * @property {string} url
 * @property {number} port
 * @property {import('node:child_process').ChildProcess} child
 * @property {string} logFile
 * @property {() => Promise<void>} stop
 */

/** @typedef {{ readonly uid: number, readonly gid: number } | null} ServerUser */

const DEBIAN = '/usr/lib/postgresql';
const READY_WITHIN_MS = 30_000;
const STOP_GRACE_MS = 10_000;

/**
 * The folder of the programs of the newest installed server; null where none is installed.
 * @returns {string | null}
 */
export function postgresPrograms() {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).map(Number) : [];
  const folders = versions
    .sort((one, other) => other - one)
    .map((version) => join(DEBIAN, `${version}`, 'bin'));
  const found = folders.find((folder) => existsSync(join(folder, 'initdb')));
  const named = onPath('initdb');
  return found ?? (named === null ? null : dirname(named));
}

/**
 * Starts a server and waits until it answers. Throws where none is installed, or where it does not start.
 * @param {PostgresOptions} [options]
 * @returns {Promise<PostgresServer>}
 */
export async function startPostgres(options = {}) {
  const programs = postgresPrograms();
  if (programs === null)
    throw new Error('PostgreSQL is not installed: install a server (on Debian: apt-get install postgresql)');
  const folder = mkdtempSync(join(tmpdir(), 'paidonce-postgres-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const user = serverUser();
    const data = initialise(programs, folder, user, options);
    return await serve(programs, { folder, data, user, remove }, options);
  } catch (error) {
    remove();
    throw error;
  }
}

/**
 * @param {string} programs
 * @param {string} folder
 * @param {ServerUser} user
 * @param {PostgresOptions} options
 * @returns {string} its data folder
 */
function initialise(programs, folder, user, { superuser = 'postgres', password, isDurable }) {
  const data = join(folder, 'data');
  mkdirSync(data, { mode: 0o700 });
  if (user !== null) for (const path of [folder, data]) chownSync(path, user.uid, user.gid);
  const passwordFile = join(folder, 'password');
  if (password !== undefined) writeFileSync(passwordFile, `${password}\n`);
  const auth = password === undefined ? ['-A', 'trust'] : ['-A', 'scram-sha-256', '--pwfile', passwordFile];
  const sync = isDurable === false ? ['--no-sync'] : [];
  const args = ['-D', data, '-U', superuser, ...auth, ...sync, '-E', 'UTF8'];
  const initdb = join(programs, 'initdb');
  const line = user === null ? { command: initdb, args } : tied(initdb, args, { user });
  execFileSync(line.command, line.args, { cwd: '/', stdio: ['ignore', 'ignore', 'inherit'] });
  return data;
}

/**
 * @param {string} programs
 * @param {{ folder: string, data: string, user: ServerUser, remove: () => void }} place
 * @param {PostgresOptions} options
 * @returns {Promise<PostgresServer>}
 */
async function serve(
  programs,
  { folder, data, user, remove },
  { superuser = 'postgres', password, isDurable },
) {
  const port = await freePort();
  const logFile = join(folder, 'log');
  const log = openSync(logFile, 'w');
  const settings = ['listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`, 'max_connections=400'];
  if (isDurable === false) settings.push('fsync=off');
  const args = ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])];
  // PostgreSQL takes SIGINT as a fast, clean shutdown.
  const tie = { signal: /** @type {const} */ ('SIGINT'), user };
  const child = spawnTied(join(programs, 'postgres'), args, { cwd: '/', output: [log, log], tie });
  const answers = async () => knock(programs, port);
  await untilAnswers({ name: 'PostgreSQL', answers, readyWithinMs: READY_WITHIN_MS }, child).catch(
    async (error) => {
      await stopChild(child, 0);
      throw new Error(`${error.message}: ${readFileSync(logFile, 'utf8').slice(-500)}`, { cause: error });
    },
  );
  const credentials = password === undefined ? superuser : `${superuser}:${encodeURIComponent(password)}`;
  return {
    url: `postgres://${credentials}@127.0.0.1:${port}/postgres`,
    port,
    child,
    logFile,
    async stop() {
      await stopChild(child, STOP_GRACE_MS, 'SIGINT');
      remove();
    },
  };
}

/**
 * @param {string} programs
 * @param {number} port
 */
function knock(programs, port) {
  execFileSync(join(programs, 'pg_isready'), ['-q', '-h', '127.0.0.1', '-p', String(port)]);
}

/**
 * PostgreSQL refuses to run as root.
 * @returns {ServerUser}
 */
function serverUser() {
  if (process.getuid?.() !== 0) return null;
  const users = readFileSync('/etc/passwd', 'utf8').split('\n');
  const line =
    users.find((user) => user.startsWith('postgres:')) ?? users.find((user) => user.startsWith('nobody:'));
  const [, , uid, gid] = (line ?? 'nobody:x:65534:65534').split(':');
  return { uid: Number(uid), gid: Number(gid) };
}
