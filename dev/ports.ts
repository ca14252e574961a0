import { createServer } from 'node:net';
import { takenPort } from '../src/for-dev.ts';

/** A port that a variable sets can't be used. This is an error: another port is never chosen silently. */
export class PortTaken extends Error {
  override readonly name = 'PortTaken';
}

export interface PortWish {
  /** The variable that may set the port. */
  readonly variable: string;
  readonly fallback: number;
  readonly host: string;
}

const FARTHEST = 200;

/**
 * A free port for each wish, all different: the one that its variable sets (0 for any; checked by
 * `malformedPorts`), or else the default or the next free one.
 * @throws PortTaken if a port that a variable sets is taken
 */
export async function choosePorts(env: NodeJS.ProcessEnv, wishes: readonly PortWish[]): Promise<number[]> {
  const chosen = new Map<PortWish, number>();
  // Ports that variables set come first, so that no default takes one of them.
  for (const wish of wishes.toSorted((one, other) => rank(env, one) - rank(env, other))) {
    const taken = new Set(chosen.values());
    const named = env[wish.variable];
    chosen.set(
      wish,
      named === undefined ? await defaultPort(wish, taken) : await namedPort(wish, named, taken),
    );
  }
  return wishes.map((wish) => chosen.get(wish) as number);
}

/** A text for each default port that was taken, since the documentation uses the defaults. */
export function movedPorts(
  env: NodeJS.ProcessEnv,
  wishes: readonly PortWish[],
  ports: readonly number[],
): string[] {
  return wishes.flatMap(({ variable, fallback }, index) => {
    const port = ports[index];
    if (env[variable] !== undefined || port === fallback) return [];
    return [`port ${fallback} is taken: ${variable} is ${port} this time`];
  });
}

/** One text for each variable whose value can't be a port. */
export function malformedPorts(
  env: NodeJS.ProcessEnv,
  wishes: readonly Pick<PortWish, 'variable'>[],
): string[] {
  return wishes.flatMap(({ variable }) => {
    const named = env[variable] ?? '0';
    if (/^\d{1,5}$/.test(named) && Number(named) <= 65_535) return [];
    return [`${variable}: expected a port number from 0 to 65535, found "${named}"`];
  });
}

function rank(env: NodeJS.ProcessEnv, { variable }: PortWish): number {
  return env[variable] === undefined ? 1 : 0;
}

async function defaultPort({ variable, fallback, host }: PortWish, taken: Set<number>): Promise<number> {
  for (let port = fallback; port < fallback + FARTHEST; port += 1) {
    if (!taken.has(port) && (await bind(port, host)) !== null) return port;
  }
  throw new PortTaken(
    `no port is free between ${fallback} and ${fallback + FARTHEST - 1}; set ${variable} to a free port`,
  );
}

async function namedPort({ variable, host }: PortWish, named: string, taken: Set<number>): Promise<number> {
  const port = Number(named);
  if (taken.has(port))
    throw new PortTaken(
      `${variable}: another setting also has port ${port}; set ${variable} to another port`,
    );
  const bound = await bind(port, host);
  if (bound === null) throw new PortTaken(takenPort({ variable, port, host }));
  return bound;
}

/** The port that a listener gets, or null if it can't listen. */
function bind(port: number, host: string): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : port));
    });
  });
}
