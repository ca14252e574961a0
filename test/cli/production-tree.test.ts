/** Production has `dist` and the dependencies of package.json, and nothing else: a development one that is imported is missed only there. */
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, it } from '@jest/globals';

const ROOT = join(import.meta.dirname, '..', '..');
/** Types are gone once it is compiled. */
const IMPORT =
  /^(?:import|export)\s(?!type\s)(?:[^'";]*?from\s+)?'([^']+)'|(?:import|resolve|require)\(\s*'([^']+)'/gm;

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly dependencies: Record<string, string>;
  readonly files: readonly string[];
};

interface Import {
  readonly file: string;
  readonly of: string;
}

function filesIn(folder: string): string[] {
  const entries = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  return entries.filter((name) => /\.(?:tsx?|js)$/.test(name)).map((name) => join(folder, name));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return [...text.matchAll(IMPORT)].map(([, named, called]) => ({ file, of: named ?? called ?? '' }));
}

/** What runs in production: the sources, and of bin/ what the commands are started by. */
const imports = [
  ...filesIn('src'),
  'bin/paidonce.js',
  'bin/prepare.js',
  'bin/lock.js',
  'bin/guard.js',
].flatMap(importsOf);

/** One of five ways by which `paidonce dev` comes by a Temporal server; where it is missing the next is tried. */
const OPTIONAL = { file: 'src/dev/temporal-cli.ts', of: '@temporalio/testing' };

function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

it('has every package that it imports', () => {
  const isBuiltIn = (of: string) => of.startsWith('node:') || builtinModules.includes(of);
  const packages = imports.filter(({ of }) => !of.startsWith('.') && !isBuiltIn(of));
  expect(packages.length).toBeGreaterThan(50);
  expect(packages.filter(({ of }) => !(packageOf(of) in manifest.dependencies))).toEqual([OPTIONAL]);
});

it('has every file of its own that it imports', () => {
  const packed = new Set(manifest.files.map((folder) => (folder === 'dist' ? 'src' : folder)));
  const own = imports.filter(({ of }) => of.startsWith('.'));
  const beyond = own.filter(({ file, of }) => {
    const [folder = ''] = relative(ROOT, resolve(ROOT, dirname(file), of)).split('/');
    return !packed.has(folder) && folder !== 'dist';
  });
  expect(own.length).toBeGreaterThan(300);
  expect(beyond).toEqual([]);
});
