import { takenPort } from '../../lib/port-holder.ts';

/** The port is taken, or may not be used. In a file of its own, so that a process without the API need not load it. */
export class CannotListen extends Error {
  override readonly name = 'CannotListen';
}

/** Where we listen, and the variables that say so. */
export interface Listening {
  readonly setting: 'PORT' | 'ADMIN_PORT';
  readonly port: number;
  readonly host: string;
}

const EACH = { PORT: '', ADMIN_PORT: ': an API and a worker on one machine need an ADMIN_PORT each' };

/** Which setting is wrong, why, and what to do. */
export function cannotListen(at: Listening, { code }: NodeJS.ErrnoException): CannotListen {
  const { setting, port, host } = at;
  switch (code) {
    case 'EADDRINUSE':
      return new CannotListen(`${takenPort({ ...at, variable: setting })}${EACH[setting]}`);
    case 'EACCES':
      return new CannotListen(
        `${setting}: this user may not listen on port ${port} (${code}); set ${setting} to one from 1024 on`,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND': {
      const variable = setting === 'PORT' ? 'HOST' : 'ADMIN_HOST';
      return new CannotListen(
        `${variable}: ${host} is no address of this machine (${code}); 0.0.0.0 is all of them`,
      );
    }
    default:
      return new CannotListen(
        `${setting}: port ${port} on ${host} can't be used (${code}); set ${setting} to another`,
      );
  }
}
