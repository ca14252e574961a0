/**
 * What layers need from outside. Prepared once per run, passed to the tests by the environment, and ended
 * with the run.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../prepare.js';
import { startPostgres } from '../../kit/postgres-server.js';
import { judge } from './judges.js';
import { installedExamples } from './examples.js';
import { installPrograms, Missing, programAt } from './programs.js';
import { makeDatabaseTemplate, makeStoreTemplate } from './store-template.js';
import { temporalServerPrograms } from './temporal-server.js';
import { timeSkippingPrograms, timeSkippingServer } from './time-skipping-server.js';

/** Prepares each part and returns its variables. `stops` collects the functions that end what was started. */
const MAKERS = {
  postgres,
  postgresPrograms: async () => void programAt('postgres'),
  embedded,
  temporal,
  timeSkipping: async () => ({ TIME_SKIPPING_SERVER: await timeSkippingServer() }),
  chromium: async () => ({ CHROMIUM: programAt('chromium') }),
  compose: async () => ({ COMPOSE_JUDGE: await judge('compose-judge') }),
  kubernetes: async () => ({ KUBERNETES_JUDGE: await judge('kubernetes-judge') }),
  temporalServer: async () => ({ TEMPORAL_SERVER_PROGRAMS: await temporalServerPrograms() }),
  // The programs of the images of docker-compose.yml that are not ours.
  images: async () => void ['netcat', 'prometheus', 'wget'].map(programAt),
  // The published patterns are tested with Python's `re`.
  python: async () => ({ PYTHON: programAt('python') }),
  // Documents print calls by curl, and the tests run them as printed.
  curl: async () => void programAt('curl'),
  proxy: async () => void ['nginx', 'caddy', 'openssl'].map(programAt),
  systemd: async () => void programAt('systemd'),
  jq: async () => void programAt('jq'),
  examples: async () => ({ EXAMPLES: await installedExamples() }),
};

/** The programs that a part needs. They are installed together, with one update of the package lists. */
const PROGRAMS_OF = {
  postgres: () => (process.env['TEST_DATABASE_URL'] === undefined ? ['postgres'] : []),
  postgresPrograms: () => ['postgres'],
  timeSkipping: timeSkippingPrograms,
  chromium: () => ['chromium'],
  python: () => ['python'],
  curl: () => ['curl'],
  proxy: () => ['nginx', 'caddy', 'openssl'],
  systemd: () => ['systemd'],
  jq: () => ['jq'],
  examples: () => ['php', 'python', 'venv'],
  images: () => ['netcat', 'prometheus', 'wget'],
};

/**
 * `prepare(layers)` prepares their parts one after the other, since preparing one may install something. It
 * returns `{ layer, reason }` for each layer that this machine can't run. `environment(names)` returns their
 * variables, or throws where one is missing. `requestsDir` is the folder for the requests that Stripe's sandbox
 * and its fake get. `stop` ends what was started.
 */
export function createParts() {
  const got = new Map();
  const stops = [];
  const requestsDir = mkdtempSync(join(tmpdir(), 'paidonce-requests-'));
  stops.push(() => rmSync(requestsDir, { recursive: true, force: true }));
  let stopped = null;
  const get = (name) => {
    if (!got.has(name)) got.set(name, MAKERS[name](stops));
    return got.get(name);
  };
  return {
    requestsDir,
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
        { PAIDONCE_DIST: join(root, 'dist', 'src'), STRIPE_SANDBOX_REQUESTS: requestsDir },
        ...(await Promise.all(names.map(get))),
      );
    },
    /** A second caller waits for the first. */
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

/**
 * Any error other than `Missing` means that something of ours is broken: the layer starts, and fails with it.
 */
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
  const server = await startPostgres({ isDurable: false });
  stops.push(server.stop);
  return { TEST_DATABASE_URL: server.url, TEST_DATABASE_TEMPLATE: await makeDatabaseTemplate(server.url) };
}

async function embedded(stops) {
  const { folder, remove } = await makeStoreTemplate();
  stops.push(remove);
  return { TEST_STORE_TEMPLATE: folder };
}

/** Silent where the CLI only has to be found. */
async function temporal() {
  const { findTemporalCli } = await import('../../dist/dev/temporal-cli.js');
  const said = ['Temporal is not on this machine: its dev server runs the workflows of the tests'];
  const say = (text) => process.stdout.write(`${[...said.splice(0), text].join('\n')}\n`);
  try {
    return { TEMPORAL_CLI: await findTemporalCli({ env: process.env, say }) };
  } catch (error) {
    throw error.name === 'NoTemporalCli' ? new Missing(error.message) : error;
  }
}
