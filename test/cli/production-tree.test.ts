/**
 * Production has only the bundles in `dist` and the dependencies of package.json. An import of anything else
 * fails only there.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bundlePrograms, OPTIONAL, UNBUNDLED } from '../../bin/building/programs.js';

const ROOT = join(import.meta.dirname, '..', '..');
const WORKSPACES = ['sandbox', 'demo-shop', 'dev'];

interface Manifest {
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly files: readonly string[];
}

const manifest = manifestIn('.');
const all = { ...manifest.devDependencies, ...manifest.dependencies };

function manifestIn(folder: string): Manifest {
  return JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Manifest;
}

function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/** Found by their names at run time, which no bundler sees: `require.resolve`, and a thread's program. */
const BY_NAME = { 'swagger-ui-dist': 'src/api/docs/routes.ts', 'pino-pretty': 'src/telemetry/log.ts' };

describe('the bundles', () => {
  let folder: string;
  let inputs: string[];
  let imports: string[];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'paidonce-bundles-'));
    const made = await bundlePrograms(ROOT, folder);
    inputs = Object.keys(made.inputs);
    const left = Object.values(made.outputs).flatMap((output) => output.imports);
    imports = [...new Set(left.filter(({ external }) => external).map(({ path }) => path))];
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('import only dependencies of package.json, and all of them are needed', () => {
    const isBuiltIn = (name: string) => name.startsWith('node:') || builtinModules.includes(packageOf(name));
    const packages = imports.filter((name) => !name.startsWith('.') && !isBuiltIn(name)).map(packageOf);
    const needed = [...new Set([...packages, ...Object.keys(BY_NAME)])].filter(
      (name) => !OPTIONAL.includes(name),
    );
    expect(needed.toSorted()).toEqual(Object.keys(manifest.dependencies ?? {}).toSorted());
    expect(needed.toSorted()).toEqual(UNBUNDLED.toSorted());
    for (const [name, file] of Object.entries(BY_NAME))
      expect(readFileSync(join(ROOT, file), 'utf8')).toContain(`'${name}`);
  });

  it('import only own files that are there', () => {
    const own = imports.filter((name) => name.startsWith('.'));
    expect(own.length).toBeGreaterThan(2);
    const chunks = join(folder, 'chunks');
    for (const path of own) {
      const isKit = path.startsWith('../../kit/');
      const place = isKit ? join(ROOT, path.slice('../../'.length)) : join(chunks, `${path}.js`);
      expect([path, existsSync(place)]).toEqual([path, true]);
    }
    expect(manifest.files).toEqual(expect.arrayContaining(['dist', 'kit', 'migrations', 'tools']));
  });

  it('have no bundler and no compiler in them', () => {
    const of = (name: string) => inputs.filter((path) => path.includes(`node_modules/${name}/`));
    expect(of('koa').length).toBeGreaterThan(0);
    for (const name of ['webpack', '@swc/core', 'memfs', 'esbuild', 'typescript'])
      expect(of(name)).toEqual([]);
  });

  it('are read where they are needed only: the API has nothing of a worker', () => {
    const loaded = loadedBy('src/cli/main.js');
    expect(loaded).toContain('// src/cli/program.ts');
    for (const part of ['node_modules/@temporalio/worker/', 'src/worker/', 'src/api/http/server.ts'])
      expect([part, loaded.includes(`// ${part}`)]).toEqual([part, false]);
  });

  it('are read where they are needed only: neither has anything of tracing but its API', () => {
    const chunks = readdirSync(join(folder, 'chunks'));
    const chunk = (of: string) => join('chunks', chunks.find((name) => name.startsWith(of)) ?? 'none');
    const loaded = ['src/cli/main.js', chunk('run-'), chunk('server-')].map(loadedBy).join('\n');
    for (const part of ['src/worker/worker.ts', 'src/api/http/app.ts', 'node_modules/@opentelemetry/api/'])
      expect([part, loaded.includes(`// ${part}`)]).toEqual([part, true]);
    const tracing = loadedBy(chunk('tracing-'));
    for (const part of ['src/telemetry/tracing/', 'node_modules/@opentelemetry/sdk-trace-base/'])
      expect([part, loaded, tracing].map((one) => one.includes(`// ${part}`))).toEqual([false, false, true]);
  });

  /** The text of a bundle with everything that it imports at once. */
  function loadedBy(first: string): string {
    const texts = new Map<string, string>();
    const follow = (file: string): void => {
      if (texts.has(file)) return;
      const text = readFileSync(join(folder, file), 'utf8');
      texts.set(file, text);
      for (const [, path = ''] of text.matchAll(/^(?:import|\} from) .*?"([^"]+)";$/gm))
        if (/chunks\/|^\.\//.test(path)) follow(join('chunks', path.replace(/^.*\//, '')));
    };
    follow(first);
    expect(texts.size).toBeGreaterThan(1);
    return [...texts.values()].join('\n');
  }
});

it.each(WORKSPACES)('%s has every package that it imports, in the version of package.json', (workspace) => {
  const { devDependencies = {}, dependencies } = manifestIn(workspace);
  // Everything is bundled: a dependency here would be installed in production.
  expect(dependencies).toBeUndefined();
  const { '@paidonce/client': _, ...others } = devDependencies;
  expect(all).toMatchObject(others);
  const files = readdirSync(join(ROOT, workspace), { recursive: true, encoding: 'utf8' });
  const texts = files
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => readFileSync(join(ROOT, workspace, name), 'utf8'));
  const found = texts.flatMap((text) => [...text.matchAll(/(?:from|import\()\s*'([^'.][^']*)'/g)]);
  const names = found.map(([, name = '']) => name).filter((name) => !name.startsWith('node:'));
  expect(names.length).toBeGreaterThan(0);
  expect(
    names.map(packageOf).filter((name) => !(name in devDependencies) && !OPTIONAL.includes(name)),
  ).toEqual([]);
});

it('the client, which is published, has the versions that the demo shop is tested with', () => {
  expect(all).toMatchObject(manifestIn('client').dependencies ?? {});
});
