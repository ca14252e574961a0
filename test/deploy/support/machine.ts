/**
 * Services of docker-compose.yml as processes of this machine, with their own commands and environments. Only
 * the private parts of a container are replaced: names of services with their ports, the folder of secrets,
 * volumes. A name or port that the file does not know is an error.
 */
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { launch, type Process } from '../../e2e/support/processes.ts';
import { createAddresses } from './addresses.ts';
import type { Project, Service } from './compose.ts';
import { readImage } from './image.ts';

export interface Machine {
  /** The place of a service's port on this machine. */
  port(service: string, inside: number): number;
  /**
   * Starts the service and does not wait. For an image that is not ours, programs of this machine are
   * started: `programs` is their folder.
   */
  start(service: string, programs?: string): Promise<Process>;
  /** `docker compose exec <service> paidonce …` */
  exec(service: string, args: readonly string[]): Promise<Process>;
  /** Runs its health check, with `more` in its environment. */
  isHealthy(service: string, more?: Readonly<Record<string, string>>): Promise<boolean>;
  /** The folder with the secrets of the service, and with no others. */
  secrets(service: string): Promise<string>;
}

const SECRETS = '/run/secrets/';
const HEALTH_LIMIT_MS = 20_000;

/** `listening` are the ports that listen already, by `service:port`. */
export async function createMachine(
  project: Project,
  folder: string,
  listening: Readonly<Record<string, number>>,
): Promise<Machine> {
  const { port, translate } = await createAddresses(project, listening);
  const image = readImage();
  const serviceOf = (name: string): Service => {
    const service = project.services[name];
    if (service === undefined) throw new Error(`docker-compose.yml starts no ${name} here`);
    return service;
  };
  const writeSecrets = async (name: string): Promise<string> => {
    const own = join(folder, 'run', name);
    await mkdir(own, { recursive: true });
    for (const { source, target } of serviceOf(name).secrets ?? []) {
      const content = await readFile(project.secrets[source]?.file ?? '', 'utf8');
      await writeFile(join(own, target.replace(SECRETS, '')), translate(content));
    }
    return own;
  };
  const written = new Map<string, Promise<string>>();
  /** Only once, since a starting process must not read half a secret. */
  const secrets = (name: string): Promise<string> => {
    const own = written.get(name) ?? writeSecrets(name);
    written.set(name, own);
    return own;
  };
  const environment = async (name: string): Promise<Record<string, string>> => {
    const granted = await secrets(name);
    const { environment: declared = {}, volumes = [] } = serviceOf(name);
    const translated = Object.entries(declared).map(([variable, value]) => {
      const text = value ?? '';
      if (/(^|_)PORT$/.test(variable)) return [variable, String(port(name, Number(text)))];
      const volume = volumes.find(({ target }) => target === text);
      if (volume !== undefined) return [variable, join(folder, 'volumes', volume.source)];
      return [variable, translate(text.replace(SECRETS, `${granted}/`))];
    });
    // An engine sets HOME too.
    const own = { PATH: pathOf(dirname(process.execPath)), HOME: folder };
    return { ...own, ...image.env, ...Object.fromEntries(translated) };
  };
  const run = async (name: string, [command = '', ...args]: readonly string[], more = {}): Promise<Process> =>
    launch({ name, command, args, env: { ...(await environment(name)), ...more } });
  return {
    port,
    secrets,
    start(name, programs) {
      const { entrypoint, command } = serviceOf(name);
      // An entrypoint of the service's own replaces the image's command too.
      const words = [...(entrypoint ?? image.entrypoint), ...(command ?? (entrypoint ? [] : image.command))];
      return run(name, words, programs === undefined ? {} : { PATH: pathOf(programs) });
    },
    exec: (name, args) => run(name, [...image.entrypoint, ...args]),
    async isHealthy(name, more = {}) {
      const [kind, command = '', ...args] = serviceOf(name).healthcheck?.test ?? [];
      if (kind !== 'CMD') throw new Error(`${name} has no health check of the form CMD`);
      const env = { ...(await environment(name)), ...more };
      return succeeds(
        command,
        args.map((arg) => translate(arg, name)),
        env,
      );
    },
  };
}

function pathOf(first: string): string {
  return [first, process.env['PATH']].join(delimiter);
}

function succeeds(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(command, args, { env, timeout: HEALTH_LIMIT_MS }, (error) => resolve(error === null));
  });
}
