import { createHash } from 'node:crypto';
import { realpath, unlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Another living process holds the directory. */
export class DirectoryInUse extends Error {
  override readonly name = 'DirectoryInUse';
}

/**
 * Holds a directory for this process by a listening Unix socket, which the kernel closes however the process dies.
 * A pid file was tried: it refuses wrongly after a `kill -9`, and pids are reused.
 * @throws DirectoryInUse
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  // By whatever name it is called: a symbolic link leads to the same files.
  const known = await realpath(directory).catch(() => resolve(directory));
  const name = createHash('sha256').update(known).digest('hex').slice(0, 24);
  const path = address(`paidonce-${name}`);
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const server = await listen(path);
    if (server !== null) return () => close(server);
    if (path.startsWith('\0') || (await answers(path))) {
      throw new DirectoryInUse(
        `${resolve(directory)} is in use by another process; stop it, or set DATA_DIR to another folder`,
      );
    }
    await unlink(path).catch(() => undefined);
  }
  throw new DirectoryInUse(`${resolve(directory)} is fought over by several starting processes; try again`);
}

/** Abstract where there are such sockets: a file that is left behind is taken away by two starters, and both then hold. */
function address(name: string): string {
  return process.platform === 'linux' ? `\0${name}` : join(tmpdir(), `${name}.sock`);
}

function listen(path: string): Promise<Server | null> {
  return new Promise((settle, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') settle(null);
      else reject(error);
    });
    server.listen(path, () => settle(server));
    server.unref();
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((settle) => {
    const socket = connect(path);
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
    socket.once('close', () => socket.destroy());
    socket.unref();
  });
}

function close(server: Server): Promise<void> {
  return new Promise((settle) => server.close(() => settle()));
}
