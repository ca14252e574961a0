/** A PostgreSQL of our own in a temporary folder, with its default durability: fsync and synchronous_commit on. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { startChild, type Child } from './child.ts';
import { freePort, until } from './waiting.ts';

const DEBIAN = '/usr/lib/postgresql';

export interface PostgresStand {
  readonly url: string;
  readonly process: Child;
}

/** Null where no PostgreSQL server is installed. */
export async function startPostgres(folder: string): Promise<PostgresStand | null> {
  const binaries = findBinaries();
  if (binaries === null) return null;
  const user = process.getuid?.() === 0 ? 'postgres' : undefined;
  const data = initialise(binaries, folder, user);
  const port = await freePort();
  const child = startChild({
    name: 'postgresql',
    command: join(binaries, 'postgres'),
    args: ['-D', data, '-p', `${port}`, '-c', 'listen_addresses=127.0.0.1', '-k', data],
    logFile: join(folder, 'postgresql.log'),
    user,
    stopBy: 'SIGINT',
  });
  const url = `postgresql://paidonce@127.0.0.1:${port}/postgres`;
  await until('PostgreSQL', () => answers(url));
  return { url, process: child };
}

function findBinaries(): string | null {
  const versions = existsSync(DEBIAN)
    ? readdirSync(DEBIAN)
        .map(Number)
        .sort((a, b) => b - a)
    : [];
  const folders = versions.map((version) => join(DEBIAN, `${version}`, 'bin'));
  return folders.find((path) => existsSync(join(path, 'initdb'))) ?? null;
}

function initialise(binaries: string, folder: string, user: string | undefined): string {
  const data = join(folder, 'postgresql');
  mkdirSync(data);
  if (user !== undefined) {
    // The folder above is made for one user; another one must be let through.
    chmodSync(folder, 0o711);
    execFileSync('chown', [user, data]);
  }
  const initdb = [join(binaries, 'initdb'), '-D', data, '-U', 'paidonce', '-A', 'trust', '--encoding=UTF8'];
  const command =
    user === undefined
      ? initdb
      : ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--init-groups', ...initdb];
  execFileSync(command[0] ?? '', command.slice(1), { stdio: 'ignore', cwd: '/' });
  return data;
}

async function answers(connectionString: string): Promise<boolean> {
  const client = new pg.Client({ connectionString });
  client.on('error', () => undefined);
  await client.connect();
  await client.end();
  return true;
}
