/**
 * Production has only `dist` and the dependencies of package.json. An import of a development dependency
 * fails only there.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, it } from '@jest/globals';

const ROOT = join(import.meta.dirname, '..', '..');
/** Types are gone after compilation. */
const IMPORT =
  /^(?:import|export)\s(?!type\s)(?:[^'";]*?from\s+)?'([^']+)'|(?:import|resolve|require)\(\s*'([^']+)'/gm;

const WORKSPACES = ['sandbox', 'demo-shop', 'dev'];

interface Manifest {
  readonly dependencies: Record<string, string>;
  readonly files: readonly string[];
}

const manifest = manifestIn('.');

interface Import {
  readonly file: string;
  readonly of: string;
}

function manifestIn(folder: string): Manifest {
  return JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Manifest;
}

function filesIn(folder: string): string[] {
  const entries = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  return entries.filter((name) => /\.(?:tsx?|js)$/.test(name)).map((name) => join(folder, name));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return [...text.matchAll(IMPORT)].map(([, named, called]) => ({ file, of: named ?? called ?? '' }));
}

/** The code that runs in production: the sources, and the files of bin/ that start the commands. */
const imports = [
  ...['src', 'kit', ...WORKSPACES].flatMap(filesIn),
  'bin/paidonce.js',
  'bin/prepare.js',
].flatMap(importsOf);

/**
 * `paidonce dev` has five ways to get a Temporal server; where this dependency is missing, it tries the next
 * one.
 */
const OPTIONAL = { file: 'dev/temporal-cli.ts', of: '@temporalio/testing' };

function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

function packagesOf(of: readonly Import[]): Import[] {
  const isBuiltIn = (name: string) => name.startsWith('node:') || builtinModules.includes(name);
  return of.filter((each) => !each.of.startsWith('.') && !isBuiltIn(each.of));
}

it('the installed tree has every package that it imports', () => {
  const packages = packagesOf(imports);
  expect(packages.length).toBeGreaterThan(50);
  expect(packages.filter(({ of }) => !(packageOf(of) in manifest.dependencies))).toEqual([OPTIONAL]);
});

it.each(WORKSPACES)(
  'the installed tree has every package of %s, in the version that the workspace names',
  (workspace) => {
    const { dependencies } = manifestIn(workspace);
    expect(manifest.dependencies).toMatchObject(dependencies);
    const used = packagesOf(filesIn(workspace).flatMap(importsOf)).filter(({ of }) => of !== OPTIONAL.of);
    expect(used.filter(({ of }) => !(packageOf(of) in dependencies))).toEqual([]);
  },
);

it('the installed tree has every own file that it imports', () => {
  const compiled = ['src', ...WORKSPACES];
  const packed = new Set(manifest.files.flatMap((folder) => (folder === 'dist' ? compiled : [folder])));
  const own = imports.filter(({ of }) => of.startsWith('.'));
  const beyond = own.filter(({ file, of }) => {
    const [folder = ''] = relative(ROOT, resolve(ROOT, dirname(file), of)).split('/');
    return !packed.has(folder) && folder !== 'dist';
  });
  expect(own.length).toBeGreaterThan(300);
  expect(beyond).toEqual([]);
});
