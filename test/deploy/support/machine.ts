/**
 * Services of docker-compose.yml as processes of this machine, with their own commands, environments, health
 * checks and order. Only the private parts of a container are replaced: its names and ports, and the paths of
 * its secrets, configs and volumes. A name or port that the file does not know is an error.
 */
import { execFile } from 'node:child_process';
import { chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { launch, type Process } from '../../e2e/support/processes.ts';
import { until } from '../../../kit/poll.js';
import { createAddresses } from './addresses.ts';
import type { Project, Service } from './compose.ts';
import { readImage } from './image.ts';
import { imageOf, privatePorts } from './foreign-images.ts';

export interface Machine {
  /** The place of a service's port on this machine. */
  port(service: string, inside: number): number;
  /**
   * Starts the service once everything that it depends on is there, and starts that too. `null` where the
   * service runs already.
   */
  up(service: string): Promise<Process | null>;
  /** Starts the service at once, also if it has run before. */
  start(service: string): Promise<Process>;
  /** `docker compose exec <service> paidonce …` */
  exec(service: string, args: readonly string[]): Promise<Process>;
  /** Runs its health check. */
  isHealthy(service: string): Promise<boolean>;
  /** Waits for its health check. @throws Error with the last lines of the process */
  untilHealthy(process: Process): Promise<void>;
  /** The folder with the secrets of the service, and with no others. */
  secrets(service: string): Promise<string>;
}

export interface Place {
  readonly project: Project;
  /** For secrets, configs and volumes. */
  readonly folder: string;
  /** What the image has in /app. */
  readonly app: string;
  /** The folder with programs of other images. */
  readonly programs: string;
  /** The ports that listen already, by `service:port`. */
  readonly listening: Readonly<Record<string, number>>;
}

const SECRETS = '/run/secrets/';
const HEALTH_LIMIT_MS = 20_000;
const READY_WITHIN_MS = 120_000;

export async function createMachine({ project, folder, app, programs, listening }: Place): Promise<Machine> {
  const { port, translate } = await createAddresses(project, listening);
  const image = readImage();
  const user = userOf(image.user);
  const serviceOf = (name: string): Service => {
    const service = project.services[name];
    if (service === undefined) throw new Error(`docker-compose.yml starts no ${name} here`);
    return service;
  };
  const isOurs = (name: string) => serviceOf(name).build !== undefined;

  const secrets = once(async (name: string) => {
    const own = join(folder, 'run', name);
    await mkdir(own, { recursive: true });
    for (const { source, target } of serviceOf(name).secrets ?? []) {
      const content = await readFile(project.secrets[source]?.file ?? '', 'utf8');
      await writeFile(join(own, target.replace(SECRETS, '')), translate(content));
    }
    return own;
  });

  /** The paths inside of the container, and those that replace them. */
  const paths = once(async (name: string): Promise<[string, string][]> => {
    const { configs = [], volumes = [] } = serviceOf(name);
    const found: [string, string][] = [[SECRETS, `${await secrets(name)}/`]];
    for (const { source, target } of configs) {
      const own = join(folder, 'configs', name, source);
      await mkdir(dirname(own), { recursive: true });
      await writeFile(
        own,
        translate(withoutDns(await readFile(project.configs[source]?.file ?? '', 'utf8'))),
      );
      found.push([target, own]);
    }
    for (const { type, source, target } of volumes) {
      const own = type === 'bind' ? source : join(folder, 'volumes', source);
      if (type !== 'bind') await mkdir(own, { recursive: true });
      if (type !== 'bind' && user !== null && isOurs(name)) await chown(own, user.uid, user.gid);
      found.push([target, own]);
    }
    return found.concat(Object.entries(imageOf(serviceOf(name).image, programs).paths));
  });

  const inPlace = async (name: string, text: string): Promise<string> => {
    const found = new Map(await paths(name));
    const longestFirst = [...found.keys()].toSorted((one, other) => other.length - one.length);
    const inside = new RegExp(`(?<![\\w.-])(${longestFirst.join('|').replaceAll('.', '\\.')})`, 'g');
    return text.replace(inside, (path) => found.get(path) ?? path);
  };

  const environment = async (name: string): Promise<Record<string, string>> => {
    const declared = Object.entries(serviceOf(name).environment ?? {});
    const isHost = ([variable, value]: [string, string | null]) =>
      /_(HOST|SEEDS)$/.test(variable) && (value ?? '') in project.services;
    const other = declared.find(isHost)?.[1];
    const translated: Record<string, string> = {};
    for (const [variable, value] of declared) {
      const text = await inPlace(name, value ?? '');
      // A port belongs to the service that another variable names, and else to this one.
      if (/(^|_)PORT$/.test(variable)) translated[variable] = String(port(other ?? name, Number(text)));
      else if (isHost([variable, value]) || text === '0.0.0.0') translated[variable] = '127.0.0.1';
      else translated[variable] = translate(text);
    }
    // An engine sets HOME too.
    const own = {
      PATH: [programs, dirname(process.execPath), process.env['PATH']].join(delimiter),
      HOME: folder,
    };
    const ports = privatePorts(serviceOf(name).image, (inside) => port(name, inside));
    return { ...own, ...(isOurs(name) && image.env), ...ports, ...translated };
  };

  const commandIn = async (name: string, words: readonly string[]): Promise<string[]> => {
    const found: string[] = [];
    for (const word of words) {
      const isPort = found.at(-1) === '127.0.0.1' && /^\d+$/.test(word);
      found.push(isPort ? String(port(name, Number(word))) : translate(await inPlace(name, word), name));
    }
    return found;
  };

  const run = async (name: string, words: readonly string[]): Promise<Process> => {
    const [command = '', ...args] = await commandIn(name, words);
    const ours = isOurs(name) && { cwd: app, ...(user !== null && { user }) };
    return launch({ name, command, args, env: await environment(name), ...ours });
  };

  const start = (name: string): Promise<Process> => {
    const { entrypoint, command } = serviceOf(name);
    const own = isOurs(name) ? image : imageOf(serviceOf(name).image, programs);
    // An entrypoint of the service's own replaces the image's command too.
    return run(name, [...(entrypoint ?? own.entrypoint), ...(command ?? (entrypoint ? [] : own.command))]);
  };

  const isHealthy = async (name: string): Promise<boolean> => {
    const [kind, ...words] = serviceOf(name).healthcheck?.test ?? [];
    if (kind !== 'CMD') throw new Error(`${name} has no health check of the form CMD`);
    const [command = '', ...args] = await commandIn(name, words);
    return succeeds(command, args, { env: await environment(name), ...(isOurs(name) && { cwd: app }) });
  };

  const untilHealthy = async (name: string, process: Process | null): Promise<void> => {
    const isOver = async () => process?.hasEnded() === true || (await isHealthy(name));
    // Each check is a process.
    const patience = { limitMs: READY_WITHIN_MS, everyMs: 400 };
    await until(`${name} is healthy`, isOver, patience).catch((error: unknown) => {
      throw new Error(`${String(error)}:\n${process?.lines.join('\n')}`, { cause: error });
    });
    if (process?.hasEnded() === true) throw new Error(await endOf(process));
  };

  const up = once(async (name: string): Promise<Process | null> => {
    for (const [other, { condition }] of Object.entries(serviceOf(name).depends_on ?? {})) {
      const process = await up(other);
      if (condition === 'service_healthy') await untilHealthy(other, process);
      else if (process !== null && (await process.ended).code !== 0) throw new Error(await endOf(process));
    }
    const isThere = Object.keys(listening).some((place) => place.startsWith(`${name}:`));
    return isThere ? null : start(name);
  });

  return {
    port,
    secrets,
    up,
    start,
    exec: (name, args) => run(name, [...image.entrypoint, ...args]),
    isHealthy,
    untilHealthy: (process) => untilHealthy(process.name, process),
  };
}

/** `fine`, or how the process ended, with its last lines. */
export async function endOf(process: Process): Promise<string> {
  const { code, signal } = await process.ended;
  return code === 0 ? 'fine' : `${process.name} ended with ${code ?? signal}:\n${process.lines.join('\n')}`;
}

/** Runs once for each name: a starting process must not read half a secret, and no service starts twice. */
function once<Result>(make: (name: string) => Promise<Result>): (name: string) => Promise<Result> {
  const made = new Map<string, Promise<Result>>();
  return (name) => {
    const found = made.get(name) ?? make(name);
    made.set(name, found);
    return found;
  };
}

/** Prometheus finds containers by DNS, and processes by their ports. */
function withoutDns(text: string): string {
  const lookUp = /dns_sd_configs: \[\{ names: \[(\w+)\], type: A, port: (\d+)[^}]*\}\]/g;
  return text.replace(lookUp, "static_configs: [{ targets: ['$1:$2'] }]");
}

/** Only root may become another user. */
function userOf(user: string | undefined): { uid: number; gid: number } | null {
  const [uid = 0, gid = 0] = (user ?? '').split(':').map(Number);
  return process.getuid?.() === 0 ? { uid, gid } : null;
}

function succeeds(
  command: string,
  args: readonly string[],
  options: { env: NodeJS.ProcessEnv; cwd?: string },
): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(command, args, { ...options, timeout: HEALTH_LIMIT_MS }, (error) => resolve(error === null));
  });
}
