/** The commands that start a process in one of its roles, and `migrate`, `dev` and `sandbox`. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Command } from 'commander';
import { readConfig, readStoreConfig, type Config } from '../config/config.ts';
import { ConfigError } from '../config/environment.ts';
import { PACKAGE_FOLDER } from '../lib/package-folder.ts';
import { run, type Roles } from '../run-service.ts';
import { openStore } from '../store/open.ts';
import { exitCodeOf } from './exit.ts';
import { untilAskedToStop } from './until-asked-to-stop.ts';

/** A stop that takes longer is cut short, which is safe: all work under way is durable. */
const STOP_LIMIT_MS = 40_000;

export function roleCommands(): Command[] {
  return [
    command('serve', 'run the API and the worker in one process', () => ({ api: true, worker: true })),
    command(
      'api',
      'run the HTTP API; with DATABASE_URL any number of processes, without it the worker too',
      apiRoles,
    ),
    command('worker', 'run the Temporal worker; needs DATABASE_URL, any number of processes', workerRoles),
    new Command('migrate')
      .description('migrate the store to the current schema')
      .addHelpText('after', example('DATABASE_URL=postgresql://… paidonce migrate'))
      .action(migrate),
    new Command('dev')
      .description('run everything on one machine, like npm start')
      .addHelpText('after', example('PORT=4000 paidonce dev'))
      .action(() => startStage('dev')),
    new Command('sandbox')
      .description('run only the sandbox of a gateway')
      .addHelpText('after', example('SANDBOX_PORT=4001 paidonce sandbox'))
      .action(() => startStage('sandbox')),
  ];
}

/** Only one process can open the embedded store, so that process has to be the worker too. */
function apiRoles({ DATABASE_URL }: Config): Roles {
  return { api: true, worker: DATABASE_URL === undefined };
}

function workerRoles({ DATABASE_URL }: Config): Roles {
  if (DATABASE_URL !== undefined) return { api: false, worker: true };
  throw new ConfigError(
    'DATABASE_URL: missing; a separate worker needs PostgreSQL. With the embedded store "paidonce api" is the worker too',
  );
}

/**
 * The only place where the core refers to `dev` and `sandbox`. They are workspaces that the core can't be
 * compiled against: importing the start module starts one with the environment of this process, and the
 * workspace sets the exit code itself.
 */
async function startStage(workspace: 'dev' | 'sandbox'): Promise<void> {
  await import(pathToFileURL(join(PACKAGE_FOLDER, 'dist', workspace, 'start.js')).href);
}

function command(name: string, description: string, roles: (config: Config) => Roles): Command {
  return new Command(name)
    .description(description)
    .addHelpText('after', example(`paidonce ${name}`))
    .action(() => serve(roles));
}

function example(line: string): string {
  return `\nExample:\n  ${line}\n\nSettings come from the environment: docs/run-in-production.md lists them.`;
}

/**
 * Ends at SIGTERM, SIGINT or the end of the parent process, or with an error that only a person can repair.
 */
async function serve(rolesOf: (config: Config) => Roles): Promise<void> {
  const config = readConfig(process.env);
  const running = await run(config, rolesOf(config));
  const error = await Promise.race([running.failed, untilAskedToStop()]);
  setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref();
  await running.stop();
  process.exit(error === null ? 0 : exitCodeOf(error));
}

async function migrate(): Promise<void> {
  const config = readStoreConfig(process.env);
  const store = await openStore({ databaseUrl: config.DATABASE_URL, dataDir: config.DATA_DIR });
  try {
    await store.migrate();
    process.stdout.write(`the ${store.kind} store is up to date\n`);
  } finally {
    await store.close();
  }
}
