import { execFileSync } from 'node:child_process';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { bundleWorkflows } from '../support/workers.ts';

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

  it('has no zod', () => {
    expect(modules.filter((path) => /node_modules\/zod\//.test(path))).toEqual([]);
  });

  it('has no Node module except the stand-ins that Temporal brings', () => {
    const names = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]));
    const taken = modules.filter((path) => names.has(path.replace(/^external "|"$/g, '')));
    expect(taken).toEqual([]);
  });
});

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
