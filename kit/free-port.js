/** Ports for servers that we start. */
import { createServer } from 'node:net';

/** @import { Server } from 'node:net' */

/** Below the ports that the kernel gives to outgoing connections. */
const FIRST_PORT = 20_000;
const SLICES = 120;
const SLICE = 100;

/**
 * The first port of this process's slice.
 * @type {Promise<number> | undefined}
 */
let slice;
let taken = 0;

/**
 * A port of this machine that stays reserved for us while its server is down.
 * @returns {Promise<number>}
 */
export async function freePort() {
  slice ??= claimSlice();
  const first = await slice;
  for (let attempt = 1; attempt < SLICE; attempt += 1) {
    const port = first + 1 + (taken % (SLICE - 1));
    taken += 1;
    const server = await listen(port);
    if (server === null) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
  throw new Error(`no free port between ${first} and ${first + SLICE - 1}`);
}

/**
 * Parallel processes each have a slice of their own. Otherwise two of them could use the same port while one
 * server is down. The process reserves its slice, until it ends, by listening on the slice's first port.
 * @returns {Promise<number>}
 */
async function claimSlice() {
  for (let attempt = 0; attempt < SLICES; attempt += 1) {
    const first = FIRST_PORT + ((process.pid + attempt) % SLICES) * SLICE;
    const guard = await listen(first);
    guard?.unref();
    if (guard !== null) return first;
  }
  throw new Error(`every first port of ${SLICES} slices from ${FIRST_PORT} on is taken`);
}

/**
 * @param {number} port
 * @returns {Promise<Server | null>}
 */
function listen(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
