/** Ports for servers that tests start. */
import { createServer } from 'node:net';

/** Below the ports that the kernel gives to outgoing connections. */
const FIRST_PORT = 20_000;
/** Files run beside one another, each in a process of its own: every one has its own ports, or two would take the same from one that is away. */
const SLICES = 40;
const SLICE = 300;
let taken = 0;

/** One that stays ours while its owner is away. */
export async function freePort(): Promise<number> {
  const first = FIRST_PORT + (process.pid % SLICES) * SLICE;
  for (let attempt = 0; attempt < SLICE; attempt += 1) {
    const port = first + (taken % SLICE);
    taken += 1;
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port between ${first} and ${first + SLICE - 1}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
