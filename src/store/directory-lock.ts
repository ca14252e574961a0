/**
 * One holder per directory on this machine: a listening socket, which the kernel closes however its process
 * dies. On Linux it is an abstract socket, which leaves no file. Elsewhere it is a file, which is removed if
 * no process answers on it. A pid file was tried: it refuses wrongly after a `kill -9`, and pids are reused.
 */
import { createHash } from 'node:crypto';
import { realpath, unlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Another living process holds the directory. */
export class DirectoryInUse extends Error {
  override readonly name = 'DirectoryInUse';
}

const MOST_ATTEMPTS = 20;

/** Holds a directory until this process ends, in any way. @throws DirectoryInUse */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  // By its real path: a symbolic link leads to the same files.
  const known = await realpath(directory).catch(() => resolve(directory));
  const server = await holdSocket(socketOf(known));
  if (server !== null) return () => new Promise((settle) => server.close(() => settle()));
  throw new DirectoryInUse(
    `${resolve(directory)} is in use by another process; stop it, or set DATA_DIR to another folder`,
  );
}

/** Null where a living process holds it. */
async function holdSocket(path: string): Promise<Server | null> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const server = await listen(path);
    if (server !== null) return server;
    if (path.startsWith('\0') || (await answers(path))) return null;
    await unlink(path).catch(() => undefined);
  }
  return null;
}

function socketOf(directory: string): string {
  const hash = createHash('sha256').update(directory).digest('hex').slice(0, 24);
  return process.platform === 'linux' ? `\0paidonce-${hash}` : join(tmpdir(), `paidonce-${hash}.lock`);
}

function listen(path: string): Promise<Server | null> {
  return new Promise((settle, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? settle(null) : reject(error),
    );
    server.listen(path, () => settle(server));
    server.unref();
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((settle) => {
    const socket = connect(path, () => {
      settle(true);
      socket.destroy();
    });
    socket.once('error', () => settle(false));
  });
}
