/** What layers need from outside: got once per run, handed to the tests by the environment, and ended with the run. */
import { join } from 'node:path';
import { root } from '../prepare.js';
import { onPath } from '../../kit/on-path.js';
import { postgresPrograms, startPostgres } from '../../kit/postgres-server.js';
import { aptInstall } from './apt.js';
import { composeJudge } from './compose-judge.js';
import { makeStoreTemplate } from './store-template.js';
import { timeSkippingServer } from './time-skipping-server.js';

const CHROMIUM_NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/**
 * `prepare(names)` gets parts one after the other, since getting one may install something. `environment(names)` answers
 * their variables or throws what is missing; `stop` ends what was started.
 */
export function createParts() {
  const got = new Map();
  const stops = [];
  let stopped = null;
  const makers = {
    postgres: () => postgres(stops),
    postgresPrograms: installPostgres,
    embedded: () => embedded(stops),
    temporal,
    timeSkipping: async () => ({ TIME_SKIPPING_SERVER: await timeSkippingServer() }),
    chromium,
    compose: async () => ({ COMPOSE_JUDGE: await composeJudge() }),
    python,
    curl,
  };
  const get = (name) => {
    if (!got.has(name)) got.set(name, makers[name]());
    return got.get(name);
  };
  return {
    async prepare(names) {
      for (const name of names) await get(name).catch(() => undefined);
    },
    async environment(names) {
      return Object.assign(
        { PAIDONCE_DIST: join(root, 'dist', 'src') },
        ...(await Promise.all(names.map(get))),
      );
    },
    /** The second caller waits for the first. */
    stop() {
      stopped ??= stopAll(stops);
      return stopped;
    },
  };
}

async function stopAll(stops) {
  for (const stop of stops.reverse()) await stop();
}

async function postgres(stops) {
  const given = process.env['TEST_DATABASE_URL'];
  if (given !== undefined) return { TEST_DATABASE_URL: given };
  await installPostgres();
  const server = await startPostgres();
  stops.push(server.stop);
  return { TEST_DATABASE_URL: server.url };
}

async function installPostgres() {
  if (postgresPrograms() === null) aptInstall('PostgreSQL', ['postgresql']);
  return {};
}

async function embedded(stops) {
  const { folder, remove } = await makeStoreTemplate();
  stops.push(remove);
  return { TEST_STORE_TEMPLATE: folder };
}

async function temporal() {
  const { findTemporalCli } = await import('../../dist/dev/temporal-cli.js');
  const say = (text) => process.stdout.write(`${text}\n`);
  return { TEMPORAL_CLI: await findTemporalCli({ env: process.env, say }) };
}

async function chromium() {
  const find = () => process.env['CHROMIUM'] ?? onPath(...CHROMIUM_NAMES);
  if (find() === null) aptInstall('Chromium', ['chromium']);
  const found = find();
  if (found === null) throw new Error('no chromium on PATH after installing it; set CHROMIUM to a browser');
  return { CHROMIUM: found };
}

/** Documents print calls by it, and those are run as they are printed. */
async function curl() {
  if (onPath('curl') === null) aptInstall('curl', ['curl']);
  return {};
}

/** The published patterns are tried with its `re`. */
async function python() {
  if (onPath('python3') === null) aptInstall('Python', ['python3']);
  const found = onPath('python3');
  if (found === null) throw new Error('no python3 on PATH after installing it');
  return { PYTHON: found };
}
