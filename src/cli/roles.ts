/** The commands that keep running: each is one role of a process. */
import { Command } from 'commander';
import { readConfig, readStoreConfig } from '../config.ts';
import { run, type Roles } from '../main.ts';
import { openStore } from '../store/open.ts';
import { exitCodeOf } from './exit.ts';

/** A stop that takes longer than this is cut short: whatever was going on is durable. */
const STOP_LIMIT_MS = 40_000;

export function roleCommands(): Command[] {
  return [
    command('serve', 'the API and the worker in one process, as the embedded store needs it', {
      api: true,
      worker: true,
    }),
    command('api', 'the HTTP API; with DATABASE_URL any number of them', { api: true, worker: false }),
    command('worker', 'the Temporal worker; with DATABASE_URL any number of them', {
      api: false,
      worker: true,
    }),
    new Command('migrate').description('bring the store up to date').action(migrate),
    new Command('dev').description('everything on one machine, as npm start does').action(async () => {
      const { runDev } = await import('../dev/main.ts');
      process.exitCode = await runDev(process.env);
    }),
    new Command('sandbox').description('the Dintero sandbox alone').action(async () => {
      await import('../sandbox/start.ts');
    }),
  ];
}

function command(name: string, description: string, roles: Roles): Command {
  return new Command(name).description(description).action(() => serve(roles));
}

/** Ends by SIGTERM, SIGINT or the parent's going, or with the error that only a person can mend. */
async function serve(roles: Roles): Promise<void> {
  const running = await run(readConfig(process.env), roles);
  const error = await Promise.race([running.failed, untilAskedToStop()]);
  setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref();
  await running.stop();
  process.exit(error === null ? 0 : exitCodeOf(error));
}

function untilAskedToStop(): Promise<null> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const)
      process.once(signal, () => resolve(null));
  });
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
