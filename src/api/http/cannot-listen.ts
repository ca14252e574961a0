import { takenPort } from '../../lib/port-holder.ts';

/**
 * The port is taken or may not be used. It has its own file, so that a process without the API need not load
 * the API.
 */
export class CannotListen extends Error {
  override readonly name = 'CannotListen';
}

/** Where we listen, and which variable sets it. */
export interface Listening {
  readonly setting: keyof typeof HOSTS;
  readonly port: number;
  readonly host: string;
}

/** The variable of the host, by that of the port. */
const HOSTS = { PORT: 'HOST', ADMIN_PORT: 'ADMIN_HOST', CODEC_PORT: 'CODEC_HOST' } as const;

const EACH = {
  PORT: '',
  ADMIN_PORT: ': an API and a worker on one machine need an ADMIN_PORT each',
  CODEC_PORT: '',
} as const satisfies Record<Listening['setting'], string>;

/** An error that says which setting is wrong, why, and what to do. */
export function cannotListen(at: Listening, { code }: NodeJS.ErrnoException): CannotListen {
  const { setting, port, host } = at;
  switch (code) {
    case 'EADDRINUSE':
      return new CannotListen(`${takenPort({ ...at, variable: setting })}${EACH[setting]}`);
    case 'EACCES':
      return new CannotListen(
        `${setting}: this user may not listen on port ${port} (${code}); set ${setting} to 1024 or higher`,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND': {
      const variable = HOSTS[setting];
      return new CannotListen(
        `${variable}: ${host} is not an address of this machine (${code}); set ${variable} to one that is, or to 0.0.0.0 for all of them`,
      );
    }
    default:
      return new CannotListen(
        `${setting}: port ${port} on ${host} can't be used (${code}); set ${setting} to another port`,
      );
  }
}
