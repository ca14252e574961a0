/** What layers need from outside: got once per run, handed to the tests by the environment, and ended with the run. */
import { join } from 'node:path';
import { root } from '../prepare.js';
import { startPostgres } from '../../kit/postgres-server.js';
import { composeJudge } from './compose-judge.js';
import { installPrograms, Missing, programAt } from './programs.js';
import { makeStoreTemplate } from './store-template.js';
import { timeSkippingPrograms, timeSkippingServer } from './time-skipping-server.js';

/** How each is got: its variables. `stops` gets what ends what was started. */
const MAKERS = {
  postgres,
  postgresPrograms: async () => void programAt('postgres'),
  embedded,
  temporal,
  timeSkipping: async () => ({ TIME_SKIPPING_SERVER: await timeSkippingServer() }),
  chromium: async () => ({ CHROMIUM: programAt('chromium') }),
  compose: async () => ({ COMPOSE_JUDGE: await composeJudge() }),
  // The published patterns are tried with its `re`.
  python: async () => ({ PYTHON: programAt('python') }),
  // Documents print calls by it, and those are run as they are printed.
  curl: async () => void programAt('curl'),
};

/** The programs that a part takes, which are installed together: one look at the lists of packages. */
const PROGRAMS_OF = {
  postgres: () => (process.env['TEST_DATABASE_URL'] === undefined ? ['postgres'] : []),
  postgresPrograms: () => ['postgres'],
  timeSkipping: timeSkippingPrograms,
  chromium: () => ['chromium'],
  python: () => ['python'],
  curl: () => ['curl'],
};

/**
 * `prepare(layers)` gets their parts one after the other, since getting one may install something, and answers `{ layer, reason }` for each
 * layer that this machine can't run. `environment(names)` answers their variables or throws what is missing; `stop` ends what was started.
 */
export function createParts() {
  const got = new Map();
  const stops = [];
  let stopped = null;
  const get = (name) => {
    if (!got.has(name)) got.set(name, MAKERS[name](stops));
    return got.get(name);
  };
  return {
    async prepare(layers) {
      installWhatIsMissing(layers);
      const lacking = [];
      for (const layer of layers) {
        const reasons = await reasonsAgainst(layer, get);
        if (reasons.length > 0) lacking.push({ layer, reason: reasons.join('; ') });
      }
      return lacking;
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

function installWhatIsMissing(layers) {
  const programsOf = ({ needs }) => needs.flatMap((name) => PROGRAMS_OF[name]?.() ?? []);
  const layersOf = (program) =>
    layers.filter((layer) => programsOf(layer).includes(program)).map(({ name }) => name);
  installPrograms(layers.flatMap(programsOf), layersOf);
}

/** Any other error than `Missing` means that something of ours is broken: the layer begins, and fails by it. */
async function reasonsAgainst({ needs }, get) {
  const reasons = [];
  for (const name of needs)
    await get(name).catch((error) => {
      if (error instanceof Missing) reasons.push(error.message);
    });
  return reasons;
}

async function stopAll(stops) {
  for (const stop of stops.reverse()) await stop();
}

async function postgres(stops) {
  const given = process.env['TEST_DATABASE_URL'];
  if (given !== undefined) return { TEST_DATABASE_URL: given };
  programAt('postgres');
  const server = await startPostgres();
  stops.push(server.stop);
  return { TEST_DATABASE_URL: server.url };
}

async function embedded(stops) {
  const { folder, remove } = await makeStoreTemplate();
  stops.push(remove);
  return { TEST_STORE_TEMPLATE: folder };
}

/** It is silent where it has only to be found. */
async function temporal() {
  const { findTemporalCli } = await import('../../dist/dev/temporal-cli.js');
  const said = ['no Temporal on this machine: its dev server runs the workflows of the tests'];
  const say = (text) => process.stdout.write(`${[...said.splice(0), text].join('\n')}\n`);
  try {
    return { TEMPORAL_CLI: await findTemporalCli({ env: process.env, say }) };
  } catch (error) {
    throw error.name === 'NoTemporalCli' ? new Missing(error.message) : error;
  }
}
