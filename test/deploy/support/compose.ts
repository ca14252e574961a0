/** docker-compose.yml as Compose itself reads it, in a folder that docs/run-in-production.md describes. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const ROOT = join(import.meta.dirname, '..', '..', '..');

/** Compose's result for the file: variables replaced, anchors resolved, short forms written out. */
export interface Project {
  readonly name: string;
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly configs: Readonly<Record<string, { readonly file: string }>>;
}

export interface Service {
  readonly image: string;
  readonly read_only?: boolean;
  readonly build?: object;
  readonly user?: string;
  readonly entrypoint: readonly string[] | null;
  readonly command: readonly string[] | null;
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly networks?: Readonly<Record<string, { readonly aliases?: readonly string[] } | null>>;
  readonly ports?: readonly {
    readonly host_ip?: string;
    readonly target: number;
    readonly published: string;
  }[];
  readonly restart?: string;
  readonly secrets?: readonly { readonly source: string; readonly target: string }[];
  readonly stop_grace_period?: string;
  readonly configs?: readonly { readonly source: string; readonly target: string }[];
  readonly volumes?: readonly {
    /** `bind`: the source is a path on the host; `volume`: the name of a volume. */
    readonly type: string;
    readonly source: string;
    readonly target: string;
    readonly read_only?: boolean;
  }[];
}

const run = promisify(execFile);

/**
 * A new folder with the files that an operator has, in which these shell commands have been run. The caller
 * removes it.
 */
export async function projectFolder(commands: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'paidonce-deploy-'));
  await cp(join(ROOT, 'docker-compose.yml'), join(folder, 'docker-compose.yml'));
  await cp(join(ROOT, 'deploy'), join(folder, 'deploy'), { recursive: true });
  await run('sh', ['-euc', commands], { cwd: folder });
  return folder;
}

/** @throws Error with Compose's message where the file, or a value from .env, is wrong */
export async function readProject(folder: string): Promise<Project> {
  const judge = process.env['COMPOSE_JUDGE'];
  if (judge === undefined)
    throw new Error('COMPOSE_JUDGE is not set: npm test -- --layer deploy builds the judge');
  // Our own environment must not replace a line that is missing in .env.
  const { stdout } = await run(judge, [folder], { env: {} });
  return JSON.parse(stdout) as Project;
}
