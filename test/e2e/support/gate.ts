/** A door in front of a server that can be shut without touching the server: as seen from here, it has stopped. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from './processes.ts';

export interface Gate {
  readonly port: number;
  /** Cuts every connection and refuses new ones. */
  shut(): Promise<void>;
  open(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a gate to a port of this machine. */
export async function openGate(target: { host: string; port: number }): Promise<Gate> {
  const port = await freePort();
  const sockets = new Set<Socket>();
  let server: Server | null = null;
  const gate: Gate = {
    port,
    open() {
      server = createServer((socket) => join(socket, connect(target), sockets));
      const opening = server;
      return new Promise((resolve, reject) => {
        opening.once('error', reject);
        opening.listen(port, '127.0.0.1', () => resolve());
      });
    },
    async shut() {
      const closing = server;
      server = null;
      const closed = new Promise((resolve) => closing?.close(resolve) ?? resolve(undefined));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    close: () => gate.shut(),
  };
  await gate.open();
  return gate;
}

function join(near: Socket, far: Socket, sockets: Set<Socket>): void {
  for (const [one, other] of [
    [near, far],
    [far, near],
  ] as const) {
    sockets.add(one);
    one.pipe(other);
    one.on('error', () => undefined);
    one.once('close', () => {
      sockets.delete(one);
      other.destroy();
    });
  }
}
