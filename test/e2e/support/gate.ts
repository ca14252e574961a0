/**
 * A proxy in front of a server that can be shut without touching the server: seen from here, the server has
 * stopped.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from '../../support/ports.ts';

export interface Gate {
  readonly port: number;
  /** Cuts every connection and refuses new ones. */
  shut(): Promise<void>;
  open(): Promise<void>;
  /** No bytes pass any more, and nothing is closed: neither present nor new connections get an answer. */
  freeze(): void;
  /** New connections pass; frozen ones stay frozen, as after a cable was pulled. */
  abandonFrozen(): void;
  close(): Promise<void>;
}

/** Opens a gate to a port of this machine. */
export async function openGate(target: { host: string; port: number }): Promise<Gate> {
  const gate = new GateTo(await freePort(), target);
  await gate.open();
  return gate;
}

class GateTo implements Gate {
  readonly port: number;
  readonly #target: { host: string; port: number };
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;
  #isFrozen = false;

  constructor(port: number, target: { host: string; port: number }) {
    this.port = port;
    this.#target = target;
  }

  open(): Promise<void> {
    const server = createServer((socket) => this.#admit(socket));
    this.#server = server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.port, '127.0.0.1', () => resolve());
    });
  }

  async shut(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    const closed = new Promise((resolve) => server?.close(resolve) ?? resolve(undefined));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  freeze(): void {
    this.#isFrozen = true;
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  abandonFrozen(): void {
    this.#isFrozen = false;
  }

  close(): Promise<void> {
    return this.shut();
  }

  #admit(near: Socket): void {
    this.#follow(near);
    if (this.#isFrozen) return void near.pause();
    const far = connect(this.#target);
    this.#follow(far);
    near.pipe(far).pipe(near);
    near.once('close', () => far.destroy());
    far.once('close', () => near.destroy());
  }

  #follow(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(socket));
  }
}
