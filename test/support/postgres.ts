/** A PostgreSQL server for tests: TEST_DATABASE_URL where it is set, else one of our own that leaves nothing behind. */
import { execFileSync, type ExecFileSyncOptions } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from './ports.ts';

export interface TestPostgres {
  /** A database of its own for the caller. */
  createDatabase(): Promise<string>;
  /** Takes the databases away, and the server where it was started here. */
  stop(): Promise<void>;
}

/** @throws Error saying what to install where there is no server to be had: nothing is skipped silently. */
export async function startPostgres(): Promise<TestPostgres> {
  const given = process.env['TEST_DATABASE_URL'];
  const server = given === undefined ? await startServer() : { url: given, stop: () => Promise.resolve() };
  const made: string[] = [];
  return {
    async createDatabase() {
      const name = `paidonce_test_${randomBytes(6).toString('hex')}`;
      await administrate(server.url, `create database ${name}`);
      made.push(name);
      return Object.assign(new URL(server.url), { pathname: `/${name}` }).href;
    },
    async stop() {
      for (const name of made) await administrate(server.url, `drop database if exists ${name} with (force)`);
      await server.stop();
    },
  };
}

async function administrate(connectionString: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function startServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const bin = findBinaries();
  const directory = await mkdtemp(join(tmpdir(), 'paidonce-postgres-'));
  // Readable by the user that the server runs as; PostgreSQL refuses to run as root.
  await chmod(directory, 0o777);
  const data = join(directory, 'data');
  const port = await freePort();
  asServerUser([join(bin, 'initdb'), '-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync', '-E', 'UTF8']);
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c max_connections=200`;
  asServerUser([join(bin, 'pg_ctl'), '-D', data, '-w', '-l', join(directory, 'log'), '-o', options, 'start']);
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    async stop() {
      asServerUser([join(bin, 'pg_ctl'), '-D', data, '-m', 'immediate', 'stop']);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function findBinaries(): string {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root) : [];
  const found = versions
    .map((version) => join(root, version, 'bin'))
    .find((bin) => existsSync(join(bin, 'initdb')));
  if (found !== undefined) return found;
  throw new Error('no PostgreSQL server: set TEST_DATABASE_URL, or install one (apt-get install postgresql)');
}

function asServerUser(command: readonly string[]): void {
  const quoted = command.map((part) => `'${part}'`).join(' ');
  const options: ExecFileSyncOptions = { stdio: ['ignore', 'ignore', 'pipe'] };
  if (userInfo().uid !== 0) execFileSync('/bin/sh', ['-c', quoted], options);
  else execFileSync('su', ['postgres', '-s', '/bin/sh', '-c', quoted], options);
}
