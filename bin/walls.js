/**
 * Which folder may import from which. Every import that is not listed is refused. `npm run check` and
 * test/dev/walls.test.ts use it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';

/**
 * A room is a folder or a file. A path belongs to the room with the longest name, and `*` stands for any one
 * folder. An import from outside the room must be listed: as a room, or as a file. `type`: only its types.
 */
export const WALLS = {
  'src/lib': [],
  'src/domain': [],
  'src/crash-points.ts': [],
  'src/telemetry': ['src/lib', 'src/domain', 'type src/gateways/verification.ts'],

  'src/gateways/verification.ts': ['type src/domain'],
  'src/gateways/gateway-errors.ts': [],
  'src/gateways/traits.ts': ['type src/domain'],
  'src/gateways/gateway.ts': [
    'type src/domain',
    'type src/gateways/verification.ts',
    'type src/gateways/traits.ts',
  ],
  'src/gateways': [
    'src/lib',
    'src/domain',
    'type src/gateways/gateway.ts',
    'type src/gateways/traits.ts',
    'type src/gateways/verification.ts',
    'src/gateways/gateway-errors.ts',
  ],
  'src/gateways/registry.ts': [
    'src/gateways',
    'type src/gateways/gateway.ts',
    'type src/gateways/verification.ts',
    'src/gateways/*',
    'type src/domain',
    'type src/telemetry',
  ],
  'src/gateways/shared': [
    'src/lib',
    'src/domain',
    'type src/gateways/gateway.ts',
    'type src/gateways/verification.ts',
    'src/gateways/gateway-errors.ts',
    'type src/gateways/gateway-descriptor.ts',
    'type src/gateways/sandbox-event.ts',
    'type src/gateways/sandbox-fault.ts',
  ],
  'src/gateways/*': [
    'src/lib',
    'src/domain',
    'type src/gateways/gateway.ts',
    'src/gateways/gateway-errors.ts',
    'type src/gateways/verification.ts',
    'type src/gateways/traits.ts',
    'src/gateways/shared',
    'type src/gateways/gateway-command.ts',
    'type src/gateways/sandbox-event.ts',
    'type src/gateways/sandbox-fault.ts',
    'type src/gateways/gateway-proof.ts',
    'type src/gateways/gateway-descriptor.ts',
  ],

  'src/config': [
    'src/lib',
    'src/domain/amounts.ts',
    'type src/domain',
    'src/crash-points.ts',
    'src/gateways/registry.ts',
    'type src/gateways',
  ],
  'src/store': ['src/lib', 'src/domain', 'src/crash-points.ts'],
  'src/sessions': [
    'src/domain',
    'type src/gateways/gateway.ts',
    'src/store',
    'type src/updates',
    'src/crash-points.ts',
  ],
  'src/workflows': ['src/domain', 'type src/activities'],
  'src/temporal': [
    'src/lib',
    'type src/domain',
    'src/workflows',
    'type src/telemetry',
    'src/store/store-health.ts',
    'type src/config',
    'type src/gateways/gateway.ts',
  ],
  'src/updates': [
    'src/lib',
    'src/domain',
    'src/store',
    'src/crash-points.ts',
    'type src/config',
    'type src/telemetry',
  ],
  'src/activities': [
    'src/lib',
    'src/sessions',
    'src/domain',
    'type src/gateways/gateway.ts',
    'src/gateways/gateway-errors.ts',
    'src/store',
    'src/updates',
    'src/crash-points.ts',
    'type src/temporal',
  ],
  'src/background': [
    'src/lib',
    'type src/domain',
    'src/store',
    'type src/telemetry',
    'type src/temporal',
    'type src/updates',
  ],
  'src/service.ts': [
    'type src/config',
    'type src/gateways/registry.ts',
    'type src/health',
    'type src/store',
    'type src/telemetry',
    'type src/temporal',
    'type src/updates',
  ],
  'src/health': [
    'src/lib',
    'src/domain',
    'type src/gateways/gateway.ts',
    'src/gateways/gateway-errors.ts',
    'type src/gateways/verification.ts',
    'src/store',
    'src/temporal',
    'type src/telemetry',
    'src/workflows/messages.ts',
    'type src/config',
    'type src/service.ts',
  ],
  'src/api': [
    'src/lib',
    'src/sessions',
    'src/domain',
    'type src/gateways/gateway.ts',
    'src/gateways/gateway-errors.ts',
    'type src/gateways/verification.ts',
    'src/gateways/capabilities.ts',
    'src/gateways/traits.ts',
    'src/gateways/registry.ts',
    'src/gateways/running-sandbox.ts',
    'type src/gateways',
    'src/config',
    'src/store',
    'src/temporal',
    'src/telemetry',
    'src/health',
    'src/workflows/messages.ts',
    'src/crash-points.ts',
    'src/dashboard',
    'type src/service.ts',
  ],
  // Everything else it gets from the API, like any other client.
  'src/dashboard': [
    'src/lib',
    'src/domain',
    'src/config/api-keys.ts',
    'type src/config',
    'src/dashboard/charts',
  ],
  'src/worker': [
    'src/lib',
    'src/activities',
    'src/workflows',
    'src/store',
    'src/updates',
    'src/temporal',
    'type src/telemetry',
    'type src/config',
    'type src/service.ts',
  ],
  'src/run-service.ts': [
    'src/lib',
    'src/config',
    'src/gateways/traits.ts',
    'src/gateways/registry.ts',
    'src/store',
    'src/temporal',
    'src/telemetry',
    'src/updates',
    'src/health',
    'src/background',
    'src/worker',
    'src/api',
    'src/crash-points.ts',
    'type src/service.ts',
  ],
  'src/cli': [
    'src/lib',
    'src/domain',
    'type src/gateways/gateway.ts',
    'src/gateways/gateway-errors.ts',
    'src/gateways/registry.ts',
    'src/config',
    'src/store',
    'src/temporal',
    'src/telemetry',
    'src/health',
    'src/workflows/messages.ts',
    'src/api',
    'src/run-service.ts',
    'src/updates',
    'src/worker/replay-runs.ts',
    'type src/gateways',
    'src/gateways/running-sandbox.ts',
    'src/gateways/shared/which-secret.ts',
  ],
  'src/dashboard/charts': ['src/lib'],
  'src/for-dev.ts': ['src/lib', 'src/config', 'src/gateways/registry.ts'],

  kit: [],
  // The shared parts name no sandbox, and no sandbox knows another.
  sandbox: [],
  'sandbox/dintero': ['sandbox'],
  'sandbox/stripe': ['sandbox'],
  'sandbox/run-sandbox.ts': ['sandbox', 'sandbox/dintero', 'sandbox/stripe'],
  'sandbox/start.ts': ['sandbox', 'sandbox/run-sandbox.ts'],
  client: [],
  // It has the client by its package's name, like any shop.
  'demo-shop': [],
  dev: ['kit', 'src/for-dev.ts'],
};

const typesOf = (entry) => (entry.startsWith('type ') ? entry : `type ${entry}`);
const FOLDERS = ['src', 'client', 'kit', 'sandbox', 'demo-shop', 'dev'];

/** Every source file inside the walls, path → text. */
export function readSources(root) {
  const paths = FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)),
  );
  const sources = paths.filter(
    (path) => /\.(ts|tsx|js)$/.test(path) && !/node_modules|client.dist/.test(path),
  );
  return new Map(sources.map((path) => [path.split(sep).join('/'), readFileSync(join(root, path), 'utf8')]));
}

/** The imports that the walls refuse, in words, and the listed entries that no file needs. */
export function lookAtWalls(sources) {
  const breaches = [];
  const used = new Set();
  for (const [path, text] of sources) {
    const room = roomOf(path);
    if (room === null) breaches.push(`${path} is in no room: add one to bin/walls.js`);
    for (const { target, isType, line } of importsOf(path, text)) {
      if (room === null || isInside(room, path, target)) continue;
      const allowed = WALLS[room].find((entry) => allows(entry, target, isType));
      if (allowed === undefined) breaches.push(inWords({ room, path, line, target, isType }));
      else used.add(`${room} ${isType ? typesOf(allowed) : allowed}`);
    }
  }
  const all = Object.entries(WALLS).flatMap(([room, entries]) => entries.map((entry) => `${room} ${entry}`));
  return { breaches, unused: all.filter((wall) => !used.has(wall)) };
}

function inWords({ room, path, line, target, isType }) {
  const what = isType ? `types of ${target}` : target;
  return `${path}:${line} imports ${what}: ${room} may import ${WALLS[room].join(', ') || 'nothing but itself'}`;
}

/** Relative imports. Packages belong to no room. */
function importsOf(path, text) {
  const found = [...text.matchAll(/\b(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g)];
  return found.map((match) => {
    const before = text.slice(0, match.index);
    const statement = before.slice(
      before.search(/(?:^|\n)(?:import|export)\b(?![\s\S]*\n(?:import|export)\b)/),
    );
    const target = normalize(join(dirname(path), match[1]))
      .split(sep)
      .join('/');
    return { target, isType: isTypeOnly(statement, match[0]), line: before.split('\n').length };
  });
}

/** `import type { A }`, or `import { type A, type B }`. */
function isTypeOnly(statement, match) {
  if (!match.startsWith('from')) return false;
  if (/^\s*(?:import|export)\s+type\b/.test(statement)) return true;
  const names = /\{([^}]*)\}\s*$/.exec(statement)?.[1];
  return names !== undefined && names.split(',').every((name) => /^\s*(type\s|$)/.test(name));
}

/** The room with the longest name; a name without `*` counts as longer. Null where there is none. */
export function roomOf(path) {
  const rooms = Object.keys(WALLS).filter((room) => isIn(room, path));
  const [nearest = null] = rooms.sort((left, right) => depth(right) - depth(left));
  return nearest;
}

function depth(room) {
  return room.split('/').length - (room.includes('*') ? 0.5 : 0);
}

function isIn(room, path) {
  return folderOf(room, path) !== null;
}

/** The folder that the room means for this path: `src/gateways/*` is a different folder for each gateway. */
function folderOf(room, path) {
  const parts = path.split('/');
  const names = room.split('/');
  const isFitting = names.every((name, at) => name === parts[at] || (name === '*' && at < parts.length - 1));
  return isFitting ? parts.slice(0, names.length).join('/') : null;
}

function isInside(room, path, target) {
  return roomOf(target) === room && folderOf(room, path) === folderOf(room, target);
}

function allows(entry, target, isType) {
  const [, only, place] = /^(type )?(.*)$/.exec(entry);
  return (place === target || place === roomOf(target)) && (only === undefined || isType);
}
