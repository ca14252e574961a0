/** Small children to supervise, and ways to look at processes. */
import { createServer, connect, type Server } from 'node:net';
import { birthOf } from '../../../dev/leftovers.ts';
import type { ChildEvents } from '../../../dev/supervised-child.ts';
import type { ChildSpec } from '../../../kit/tied-child.js';

/** A child that listens on a port and ends by itself on SIGTERM, unless it is `stubborn`. */
export function listener(name: string, port: number, options: { stubborn?: boolean } = {}): ChildSpec {
  const stubborn = options.stubborn === true ? "process.on('SIGTERM', () => 0);" : '';
  return {
    ...script(name, `${stubborn} require('net').createServer((s) => s.end()).listen(${port}, '127.0.0.1')`),
    answers: () => knock(port),
  };
}

/** A child that runs a line of JavaScript; it answers at once. */
export function script(name: string, code: string): ChildSpec {
  return {
    name,
    command: process.execPath,
    args: ['-e', code],
    answers: () => Promise.resolve(),
    readyWithinMs: 10_000,
  };
}

export interface Heard extends ChildEvents {
  readonly said: string[];
  readonly complaints: string[];
  readonly pids: Map<string, number[]>;
}

/** Stores the messages of a supervisor. */
export function hearing(): Heard {
  const said: string[] = [];
  const complaints: string[] = [];
  const pids = new Map<string, number[]>();
  return {
    said,
    complaints,
    pids,
    say: (text) => void said.push(text),
    complaint: (_, text) => void complaints.push(text),
    spawned: (name, pid) => void pids.set(name, [...(pids.get(name) ?? []), pid]),
  };
}

export function isAlive(pid: number | undefined): boolean {
  return pid !== undefined && birthOf(pid) !== null;
}

/** Resolves when a process listens there. */
export function knock(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(void socket.destroy()));
    socket.once('error', reject);
  });
}

/** Listens on a port until it is closed; 0 for any. */
export function occupy(port = 0): Promise<{ port: number; server: Server }> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve({ server, port: typeof address === 'object' && address !== null ? address.port : port });
    });
  });
}
