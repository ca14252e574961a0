/**
 * The walls: each gets an import that it must refuse. The compiler's walls are tested in a copy of only the
 * settings.
 */
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { lookAtWalls, readSources, WALLS as TABLE } from '../../bin/walls.js';
import { copyOf, linkPackages, ROOT, writeIn } from './support/scratch-folder.ts';

const WALLS: Readonly<Record<string, readonly string[]>> = TABLE;

const SETTINGS = [
  '.oxlintrc.json',
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  ...['client', 'sandbox', 'demo-shop', 'dev'].map((workspace) => `${workspace}/tsconfig.json`),
];
const FOLDERS = ['src', 'client', 'sandbox', 'demo-shop', 'dev', 'kit'];

let folder: string;
beforeAll(async () => {
  folder = await copyOf(SETTINGS);
  await linkPackages(folder);
  for (const name of FOLDERS) await write(`${name}/other.ts`, 'export const other = 1;\n');
  await write('src/for-dev.ts', 'export const other = 1;\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const write = (path: string, text: string) => writeIn(folder, path, text);

/** The output of a command; empty where it reports nothing. */
function complaints(command: string, ...args: string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(join(ROOT, 'node_modules', '.bin', command), args, { cwd: folder }, (error, stdout) =>
      resolve(error === null ? '' : stdout),
    );
  });
}

async function plant(inFolder: string, imported: string): Promise<string> {
  const path = `${inFolder}/planted.ts`;
  await write(path, `import { other } from '../${imported}.ts';\n\nexport const mine = other;\n`);
  return path;
}

describe('the compiler', () => {
  it.each([
    ['sandbox', 'src/other'],
    ['sandbox', 'demo-shop/other'],
    ['sandbox', 'kit/other'],
    ['demo-shop', 'src/other'],
    ['demo-shop', 'sandbox/other'],
    ['demo-shop', 'client/other'],
    ['src', 'client/other'],
    ['src', 'sandbox/other'],
    ['src', 'dev/other'],
    ['src', 'kit/other'],
  ])('refuses in %s an import of %s', async (inFolder, imported) => {
    const path = await plant(inFolder, imported);
    const project = inFolder === 'src' ? 'tsconfig.build.json' : inFolder;
    expect(await complaints('tsc', '-p', project, '--noEmit')).toContain('error TS6059');
    await rm(join(folder, path));
    expect(await complaints('tsc', '-p', project, '--noEmit')).toBe('');
  });
});

describe('the walls between folders', () => {
  const sources = readSources(ROOT);
  const rooms = Object.keys(WALLS);
  /** A file of a room. For `src/gateways/*` it is a file of a gateway that does not exist. */
  const fileIn = (room: string) =>
    room.endsWith('.ts') ? room : `${room.replace('*', 'planted')}/planted.ts`;
  const importing = (target: string, what: string) => `import ${what} from '${target}';\n`;

  /** The error about one file that imports something by a path from the root. */
  function breach(room: string, target: string, what = '{ other }'): string {
    const path = fileIn(room);
    const to = relative(dirname(path), target);
    const text = importing(to.startsWith('.') ? to : `./${to}`, what);
    return lookAtWalls(new Map([[path, text]])).breaches.join();
  }

  it('are kept by every file, and every entry of the table is used', () => {
    expect(sources.size).toBeGreaterThan(300);
    expect(lookAtWalls(sources)).toEqual({ breaches: [], unused: [] });
  });

  const pairs = rooms.flatMap((room) => rooms.map((target) => [room, target] as const));
  it.each(pairs.filter(([room, target]) => room !== target))(
    'refuse all that the table does not list: %s imports of %s',
    (room, target) => {
      const entries = WALLS[room] ?? [];
      const [mayValues, mayTypes] = [entries.includes(target), entries.includes(`type ${target}`)];
      const file = fileIn(target);
      expect(breach(room, file, '{ other }') === '').toBe(mayValues || entries.includes(file));
      for (const what of ['type { Other }', '{ type Other, type Another }'])
        expect(breach(room, file, what) === '').toBe(mayValues || mayTypes || entries.includes(file));
      if (!mayTypes) expect(breach(room, file, '{ type Other, other }') === '').toBe(mayValues);
    },
  );

  it('separate the gateways from each other', () => {
    expect(breach('src/gateways/*', 'src/gateways/another/client.ts')).toContain('src/gateways/*');
    expect(breach('src/gateways/*', 'src/gateways/planted/client.ts')).toBe('');
  });

  it('name a file outside of every folder of the table', () => {
    expect(lookAtWalls(new Map([['src/new/file.ts', '']])).breaches.join()).toContain('src/new/file.ts');
  });

  it.each([
    "import '../store/open.ts';",
    "export * from '../store/open.ts';",
    "export { openStore } from '../store/open.ts';",
    "import {\n  openStore,\n  type Db,\n} from '../store/open.ts';",
    "const { openStore } = await import('../store/open.ts');",
    "import type { A } from './money.ts';\nimport { openStore } from '../store/open.ts';",
    "import { openStore } from '../store/open.ts';\nimport type { A } from './money.ts';",
  ])('see %s', (text) => {
    const { breaches } = lookAtWalls(new Map([['src/domain/planted.ts', `${text}\n`]]));
    expect(breaches.join()).toMatch(/^src\/domain\/planted\.ts:\d imports src\/store\/open\.ts: /);
  });
});
