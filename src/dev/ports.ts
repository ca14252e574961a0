import { createServer } from 'node:net';

/** A port that a variable names can't be used: its owner must be told, not moved. */
export class PortTaken extends Error {
  override readonly name = 'PortTaken';
}

/** The default, or the next free port after it; one that a variable names is used or refused. @throws PortTaken */
export async function choosePort(
  env: NodeJS.ProcessEnv,
  name: string,
  fallback: number,
  taken: Set<number>,
): Promise<number> {
  const named = env[name];
  if (named !== undefined) return namedPort(name, named, taken);
  for (let port = fallback; port < fallback + 200; port += 1) {
    if (taken.has(port) || !(await isFree(port))) continue;
    taken.add(port);
    return port;
  }
  throw new PortTaken(`no free port between ${fallback} and ${fallback + 199}; set ${name}`);
}

async function namedPort(name: string, named: string, taken: Set<number>): Promise<number> {
  const port = Number(named);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new PortTaken(`${name}: expected a port number, found "${named}"`);
  if (taken.has(port) || !(await isFree(port)))
    throw new PortTaken(`${name}: port ${port} is taken; stop its owner or set another`);
  taken.add(port);
  return port;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
