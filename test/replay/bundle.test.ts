import { AsyncLocalStorage } from 'node:async_hooks';
import { execFileSync } from 'node:child_process';
import { builtinModules } from 'node:module';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Worker } from '@temporalio/worker';
import { NO_PAYLOAD_KEYS } from '../../src/config/payload-keys.ts';
import { bundleWorkflows, quietRuntime, workflowBundle as workflowBundleOf } from '../support/workers.ts';
import { HISTORY_CONVERTER, storedHistories } from './replaying.ts';

beforeAll(quietRuntime);

const ROOT = join(import.meta.dirname, '..', '..');

describe('the workflow bundle', () => {
  let modules: string[];
  beforeAll(async () => {
    const { code } = await bundleWorkflows();
    // Webpack names every module that it takes in: `  !*** ./src/workflows/look.ts ***!`.
    modules = [...code.matchAll(/^ {2}!\*\*\* (\S.*?) \*\*\*!$/gm)].map((match) => match[1] as string);
  }, 60_000);

  it('has our workflows and domain, and nothing of the other folders', () => {
    const ours = modules.filter((path) => path.startsWith('./src/'));
    expect(ours).toContain('./src/workflows/payment-session.ts');
    expect(ours).toContain('./src/domain/callback.ts');
    // A look decides in its activity, so an upgrade of the decisions can't break a run's replay.
    expect(ours).not.toContain('./src/domain/decide.ts');
    expect(ours.filter((path) => !/^\.\/src\/(workflows|domain)\//.test(path))).toEqual([]);
  });

  it('uses no randomness, which the interceptor of traces leaves alone', () => {
    const folders = ['workflows', 'domain'].map((name) => join(ROOT, 'src', name));
    const files = folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
    expect(files.length).toBeGreaterThan(40);
    const random = /Math\.random|uuid4|workflowRandom|getRandomStream|randomUUID/;
    expect(files.filter((file) => random.test(readFileSync(file, 'utf8')))).toEqual([]);
  });

  it('has no zod', () => {
    expect(modules.filter((path) => /node_modules\/zod\//.test(path))).toEqual([]);
  });

  it('has no Node module except the stand-ins that Temporal brings', () => {
    const names = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]));
    const taken = modules.filter((path) => names.has(path.replace(/^external "|"$/g, '')));
    expect(taken).toEqual([]);
  });
});

it('that passes traces on has no storage for each run: Node would visit all of them at every promise', async () => {
  const histories = (await storedHistories()).slice(0, 20);
  const workflowBundle = await workflowBundleOf(NO_PAYLOAD_KEYS, true);
  const run = jest.spyOn(AsyncLocalStorage.prototype, 'run');
  const options = { workflowBundle, dataConverter: HISTORY_CONVERTER };
  for await (const { error } of Worker.runReplayHistories(options, histories)) expect(error).toBeUndefined();
  const used = new Set<unknown>(run.mock.contexts);
  run.mockRestore();
  expect(used.size).toBeGreaterThan(0);
  expect(used.size).toBeLessThan(10);
}, 60_000);

describe('protobufjs', () => {
  it("is there once, in version 8, for all of Temporal's packages", () => {
    const printed = execFileSync('npm', ['ls', 'protobufjs', '--all', '--json'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    const temporal = [...versionsUnder(JSON.parse(printed) as Tree, '')].filter(
      ([path]) => !path.includes('@grpc/proto-loader') && !path.includes('@opentelemetry/otlp-transformer'),
    );
    expect(temporal.length).toBeGreaterThan(3);
    expect(new Set(temporal.map(([, version]) => version)).size).toBe(1);
    expect(temporal[0]?.[1]).toMatch(/^8\./);
  });
});

interface Tree {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, Tree>>;
}

function* versionsUnder(tree: Tree, path: string): Generator<[string, string]> {
  for (const [name, child] of Object.entries(tree.dependencies ?? {})) {
    if (name === 'protobufjs' && child.version !== undefined) yield [`${path}/${name}`, child.version];
    yield* versionsUnder(child, `${path}/${name}`);
  }
}
