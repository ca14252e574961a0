/** Third-party programs that the suite runs: the purpose of each, and its Debian package. */
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
    purpose: "downloads Temporal's time-skipping test server",
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
  netcat: {
    name: 'netcat',
    debian: 'netcat-openbsd',
    purpose: "checks the health of Temporal's server, as in its image",
    find: () => onPath('nc'),
  },
  jq: {
    name: 'jq',
    debian: 'jq',
    purpose: 'reads the answers of Temporal in deploy/deploy-worker.sh',
    find: () => onPath('jq'),
  },
  prometheus: {
    name: 'Prometheus',
    debian: 'prometheus',
    purpose: 'reads the figures of the containers',
    find: () => onPath('prometheus'),
  },
  nginx: {
    name: 'nginx',
    debian: 'nginx-light',
    purpose: 'runs deploy/nginx/paidonce.conf',
    find: () => onPath('nginx'),
  },
  caddy: {
    name: 'Caddy',
    debian: 'caddy',
    purpose: 'runs deploy/caddy/Caddyfile',
    find: () => onPath('caddy'),
  },
  openssl: {
    name: 'OpenSSL',
    debian: 'openssl',
    purpose: 'makes the certificate of the proxy in the tests',
    find: () => onPath('openssl'),
  },
  systemd: {
    name: 'systemd',
    debian: 'systemd',
    purpose: 'judges the units of deploy/systemd',
    find: () => onPath('systemd-analyze'),
  },
  wget: {
    name: 'wget',
    debian: 'wget',
    purpose: 'checks the health of images that are not ours',
    find: () => onPath('wget'),
  },
  python: {
    name: 'Python',
    debian: 'python3',
    purpose: 'tries the patterns of openapi.json',
    find: () => onPath('python3'),
  },
  venv: {
    name: 'venv of Python',
    debian: 'python3-venv',
    purpose: 'installs the packages of examples/python',
    find: () => succeeds('python3', '-c', 'import venv, ensurepip'),
  },
  php: {
    name: 'PHP with SQLite',
    debian: 'php-cli php-sqlite3',
    purpose: 'runs examples/php',
    find: () => succeeds('php', '-r', 'new PDO("sqlite::memory:");'),
  },
};
const tried = new Set();

/** The program's path where this call of it succeeds. */
function succeeds(name, ...args) {
  const path = onPath(name);
  return path !== null && spawnSync(path, args).status === 0 ? path : null;
}

/** Something that this machine lacks and that could not be installed. The message says how to get it. */
export class Missing extends Error {
  name = 'Missing';
}

/**
 * Installs the missing ones of these programs, where that is allowed. Before that it says which, and why.
 * Each is tried once. `layersOf` says which layers of the suite need a program.
 */
export function installPrograms(names, layersOf = () => []) {
  const missing = [...new Set(names)].filter((name) => PROGRAMS[name].find() === null && !tried.has(name));
  if (missing.length === 0) return;
  for (const name of missing) tried.add(name);
  const packages = missing.flatMap((name) => PROGRAMS[name].debian.split(' '));
  const { command, refusal } = aptGet();
  say(`not on this machine, and ${refusal === undefined ? 'installed now' : 'not installed'}:`);
  for (const name of missing) say(`  ${inWords(PROGRAMS[name], layersOf(name))}`);
  if (refusal !== undefined) say(`${refusal}; on Debian: apt-get install ${packages.join(' ')}`);
  else if (!install(command, packages)) say('apt-get failed, see above; check that this machine is online');
}

/** The path of a program, which is installed if necessary. Throws `Missing`. */
export function programAt(name) {
  installPrograms([name]);
  const { find, name: named, debian, purpose } = PROGRAMS[name];
  const path = find();
  if (path === null)
    throw new Missing(`${named} is missing (purpose: ${purpose}); on Debian: apt-get install ${debian}`);
  return path;
}

function inWords({ name, debian, purpose }, layers) {
  const users = layers.length === 0 ? '' : ` (${layers.join(', ')})`;
  return `${name}, package ${debian}: ${purpose}${users}`;
}

/**
 * The command of apt-get here, or why it is not used. Outside of CI, sudo is not used: the machine belongs to
 * the person who works on it.
 */
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
