/** Programs of other people that the suite runs: what each is for, and the Debian package that has it. */
import { spawnSync } from 'node:child_process';
import { onPath } from '../../kit/on-path.js';
import { postgresPrograms } from '../../kit/postgres-server.js';

const CHROMIUM_NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const PROGRAMS = {
  postgres: {
    name: 'PostgreSQL',
    debian: 'postgresql',
    purpose: 'a server for the tests, which ends with them',
    find: postgresPrograms,
  },
  java: {
    name: 'Java',
    debian: 'default-jre-headless',
    purpose: "runs Temporal's time-skipping test server",
    find: () => onPath('java'),
  },
  maven: {
    name: 'Maven',
    debian: 'maven',
    purpose: "fetches Temporal's time-skipping test server",
    find: () => onPath('mvn'),
  },
  chromium: {
    name: 'Chromium',
    debian: 'chromium',
    purpose: 'buys in the demo shop',
    find: () => process.env['CHROMIUM'] ?? onPath(...CHROMIUM_NAMES),
  },
  curl: {
    name: 'curl',
    debian: 'curl',
    purpose: 'makes the calls that the documents print',
    find: () => onPath('curl'),
  },
  python: {
    name: 'Python',
    debian: 'python3',
    purpose: 'tries the patterns of openapi.json',
    find: () => onPath('python3'),
  },
};
const tried = new Set();

/** Something that this machine lacks and that could not be got. The message says how to get it. */
export class Missing extends Error {
  name = 'Missing';
}

/**
 * Installs those of these programs that are not here, where that may be done, and says before which and why. Each is tried once. `layersOf`
 * says which layers of the suite need a program.
 */
export function installPrograms(names, layersOf = () => []) {
  const missing = [...new Set(names)].filter((name) => PROGRAMS[name].find() === null && !tried.has(name));
  if (missing.length === 0) return;
  for (const name of missing) tried.add(name);
  const packages = missing.map((name) => PROGRAMS[name].debian);
  const { command, refusal } = aptGet();
  say(`not on this machine, and ${refusal === undefined ? 'installed now' : 'not installed'}:`);
  for (const name of missing) say(`  ${inWords(PROGRAMS[name], layersOf(name))}`);
  if (refusal !== undefined) say(`${refusal}; on Debian: apt-get install ${packages.join(' ')}`);
  else if (!install(command, packages)) say('apt-get has failed, see above: is this machine offline?');
}

/** Where a program is, installed if need be. Throws `Missing`. */
export function programAt(name) {
  installPrograms([name]);
  const { find, name: named, debian, purpose } = PROGRAMS[name];
  const path = find();
  if (path === null) throw new Missing(`no ${named}, which ${purpose}; on Debian: apt-get install ${debian}`);
  return path;
}

function inWords({ name, debian, purpose }, layers) {
  const users = layers.length === 0 ? '' : ` (${layers.join(', ')})`;
  return `${name}, package ${debian}: ${purpose}${users}`;
}

/** How it is called here, or why it is not. Outside of CI sudo is not asked: a machine that somebody works on is theirs. */
function aptGet() {
  if (onPath('apt-get') === null) return { refusal: 'there is no apt-get here' };
  if (process.getuid?.() === 0) return { command: ['apt-get'] };
  if (!process.env['CI']) return { refusal: 'this is not root' };
  if (spawnSync('sudo', ['-n', 'true']).status !== 0)
    return { refusal: 'this is not root, and sudo refuses' };
  return { command: ['sudo', '-n', 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get'] };
}

function install([command, ...first], packages) {
  const apt = (...args) => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const options = { env, stdio: ['ignore', 'ignore', 'inherit'] };
    return spawnSync(command, [...first, '-qq', ...args], options).status === 0;
  };
  return apt('update') && apt('install', '--yes', '--no-install-recommends', ...packages);
}

function say(text) {
  process.stdout.write(`${text}\n`);
}
