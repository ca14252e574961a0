/**
 * One holder per name on this machine: a listening socket, which the kernel closes however its process dies.
 * On Linux it is an abstract socket, which leaves no file. Elsewhere it is a file, which is removed if no
 * process answers on it.
 */
import { createHash } from 'node:crypto';
import { unlink } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Takes the lock, or returns null where another living process holds it. The returned function releases it.
 * @param {string} name
 * @returns {Promise<(() => Promise<void>) | null>}
 */
export async function tryLock(name) {
  const path = address(name);
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const server = await listen(path);
    if (server !== null) return () => new Promise((settle) => server.close(() => settle()));
    if (path.startsWith('\0') || (await answers(path))) return null;
    await unlink(path).catch(() => undefined);
  }
  return null;
}

/**
 * Waits for the lock, does the work and releases it. `onWait` is called once where another process holds the
 * lock.
 * @template Result
 * @param {string} name
 * @param {() => Result | Promise<Result>} work
 * @param {() => void} [onWait]
 * @returns {Promise<Result>}
 */
export async function withLock(name, work, onWait = () => undefined) {
  let release = await tryLock(name);
  if (release === null) onWait();
  while (release === null) {
    await sleep(200);
    release = await tryLock(name);
  }
  try {
    return await work();
  } finally {
    await release();
  }
}

/** @param {string} name */
function address(name) {
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 24);
  return process.platform === 'linux' ? `\0paidonce-${hash}` : join(tmpdir(), `paidonce-${hash}.lock`);
}

/**
 * @param {string} path
 * @returns {Promise<import('node:net').Server | null>}
 */
function listen(path) {
  return new Promise((settle, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (/** @type {NodeJS.ErrnoException} */ error) =>
      error.code === 'EADDRINUSE' ? settle(null) : reject(error),
    );
    server.listen(path, () => settle(server));
    server.unref();
  });
}

/**
 * @param {string} path
 * @returns {Promise<boolean>}
 */
function answers(path) {
  return new Promise((settle) => {
    const socket = connect(path);
    socket.once('connect', () => {
      settle(true);
      socket.destroy();
    });
    socket.once('error', () => settle(false));
  });
}
