/**
 * Starts all that `npm start` starts, on free ports and with its own data, for a program that controls it
 * from outside.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { startChild, stopChild, untilAnswers } from './tied-child.js';

/**
 * @typedef {object} Everything
 * @property {Readonly<Record<'api' | 'dashboard' | 'shop' | 'sandbox' | 'temporalUi', string>>} urls
 * @property {string} apiKey
 * @property {() => Promise<number | null>} stop asks it to end and waits; returns its exit code
 */

const ROOT = join(import.meta.dirname, '..');
const PORTS = ['PORT', 'TEMPORAL_PORT', 'TEMPORAL_UI_PORT', 'SANDBOX_PORT', 'SHOP_PORT'];
/** Variables that name an existing service, or that would change what is started. */
const NAMES_A_SERVICE =
  /^(TEMPORAL_(ADDRESS|UI_URL)|DATABASE_URL|DINTERO_.*|ORDER_WEBHOOK_.*|PUBLIC_URL|API_KEYS.*)$/;
const STOP_GRACE_MS = 60_000;
/** The first start on a machine may build a Temporal server. */
export const READY_WITHIN_MS = 10 * 60_000;

/**
 * Starts it and waits until it is ready.
 * @param {{ readonly API_KEYS?: string }} [own] other keys than the one that it makes by itself
 * @returns {Promise<Everything>}
 * @throws Error with its output, where it ends or the time limit passes before that
 */
export async function startEverything(own = {}) {
  const dataDir = await mkdtemp(join(tmpdir(), 'paidonce-everything-'));
  /** @type {string[]} */
  const printed = [];
  const spec = {
    name: 'npm start',
    command: process.execPath,
    args: [join(ROOT, 'bin', 'start.js')],
    env: { ...(await environment(dataDir)), ...own },
    answers: async () => {
      if (!printed.includes('ready')) throw new Error('it has not printed "ready"');
    },
    readyWithinMs: READY_WITHIN_MS,
  };
  const child = startChild(spec, (line) => printed.push(line));
  const stop = async () => {
    await stopChild(child, STOP_GRACE_MS);
    await rm(dataDir, { recursive: true, force: true });
    return child.exitCode;
  };
  try {
    await untilAnswers(spec, child);
    const json = async (/** @type {string} */ name) =>
      JSON.parse(await readFile(join(dataDir, name), 'utf8'));
    const apiKey = own.API_KEYS ?? (await json('secrets.json')).API_KEYS;
    return { urls: await json('urls.json'), apiKey, stop };
  } catch (cause) {
    await stop();
    throw new Error(`${String(cause)}; it printed:\n${printed.join('\n')}`, { cause });
  }
}

/**
 * @param {string} dataDir
 * @returns {Promise<NodeJS.ProcessEnv>}
 */
async function environment(dataDir) {
  const inherited = Object.entries(process.env).filter(([name]) => !NAMES_A_SERVICE.test(name));
  const own = [];
  for (const name of PORTS) own.push([name, String(await freePort())]);
  return { ...Object.fromEntries(inherited), ...Object.fromEntries(own), DATA_DIR: dataDir };
}
