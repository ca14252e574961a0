/**
 * Builds on a machine as docs/run-in-production.md has them: a folder for each under OPT, environment files in
 * ETC, and the scripts of deploy/, which start and stop their processes.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findTemporalCli } from '../../../dev/temporal-cli.ts';
import { builtFolder } from '../../support/compiled.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const COPIED = ['bin', 'kit', 'dist', 'package.json'];
const LINKED = ['node_modules', 'migrations'];
const LIMIT_MS = 240_000;

export interface Done {
  readonly code: number;
  /** Standard output and error, as a terminal shows them. */
  readonly output: string;
}

export interface Installation {
  readonly folder: string;
  /** Installs this build under a name, with its workflow code changed. */
  addBuild(name: string, change?: (workflows: string) => string): Promise<string>;
  /** Makes it the one of `paidonce` and of the API. */
  makeCurrent(name: string): Promise<void>;
  /** An environment file of one instance, for example `api-1`. */
  writeEnv(instance: string, env: Readonly<Record<string, string>>): Promise<void>;
  /** Runs a script of deploy/. */
  run(script: string, args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Done>;
  /** Stops what it has started, and deletes it. */
  remove(): Promise<void>;
}

export async function createInstallation(env: Readonly<Record<string, string>>): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), 'paidonce-installed-'));
  const at = (...names: string[]): string => join(folder, ...names);
  for (const name of ['opt', 'etc', 'run', 'log']) await mkdir(at(name));
  const temporal = await findTemporalCli({ env: process.env, say: () => undefined });
  const places = { OPT: at('opt'), ETC: at('etc'), RUN: at('run'), LOG: at('log'), SERVICE_USER: 'root' };
  const path = `${dirname(process.execPath)}:${dirname(temporal)}:${process.env['PATH'] ?? ''}`;
  const started = new Set<string>();
  const linesOf = (values: Readonly<Record<string, string>>): string =>
    Object.entries(values)
      .map(([name, value]) => `${name}=${value}\n`)
      .join('');
  const { PATH: _path, HOME = folder, ...common } = env;
  await writeFile(at('etc', 'common.env'), linesOf(common));

  const run: Installation['run'] = (script, args, more = {}) =>
    new Promise((resolve, reject) => {
      if (script === 'service.sh' && args[1] !== undefined) started.add(args[1]);
      const options = { env: { PATH: path, HOME, ...places, ...more }, timeout: LIMIT_MS };
      execFile(join(ROOT, 'deploy', script), args, options, (error, stdout, stderr) => {
        const code = error === null ? 0 : error.code;
        if (typeof code === 'number') resolve({ code, output: stdout + stderr });
        else reject(new Error(`deploy/${script} ${args.join(' ')}: ${stderr}`, { cause: error }));
      });
    });

  return {
    folder,
    run,
    async addBuild(name, change) {
      const dist = dirname(await builtFolder());
      const build = at('opt', name);
      await mkdir(build);
      for (const each of COPIED)
        await cp(each === 'dist' ? dist : join(ROOT, each), join(build, each), { recursive: true });
      for (const each of LINKED) await symlink(join(ROOT, each), join(build, each));
      const code = join(build, 'dist', 'src', 'workflow-bundle.js');
      if (change !== undefined) await writeFile(code, change(await readFile(code, 'utf8')));
      started.add(`worker@${name}`);
      return build;
    },
    async makeCurrent(name) {
      await rm(at('opt', 'current'), { force: true });
      await symlink(name, at('opt', 'current'));
    },
    writeEnv: (instance, values) => writeFile(at('etc', `${instance}.env`), linesOf(values)),
    async remove() {
      for (const service of started) await run('service.sh', ['stop', service]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
