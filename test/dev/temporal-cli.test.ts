import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cachedCli, findTemporalCli, NoTemporalCli } from '../../dev/temporal-cli.ts';

describe('the search for a Temporal CLI', () => {
  let folder = '';
  const said: string[] = [];
  const say = (text: string) => void said.push(text);
  const env = (more: NodeJS.ProcessEnv = {}) => ({
    PATH: '',
    XDG_CACHE_HOME: join(folder, 'cache'),
    ...more,
  });
  const fails = () => Promise.reject(new Error('no network'));

  beforeEach(async () => {
    said.length = 0;
    folder = await mkdtemp(join(tmpdir(), 'paidonce-ladder-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('takes TEMPORAL_CLI before all others', async () => {
    const named = await fake(join(folder, 'mine'));
    await fake(join(folder, 'bin', 'temporal'));
    const found = await findTemporalCli({
      env: env({ TEMPORAL_CLI: named, PATH: join(folder, 'bin') }),
      say,
    });
    expect(found).toBe(named);
  });

  it.each([
    ['is not there', null],
    ['is something else', 'echo "git version 2.39"'],
    ['is too old', 'echo "temporal version 1.3.1"'],
    ['fails', 'echo "temporal version 1.8.2"; exit 1'],
  ])('refuses a TEMPORAL_CLI that %s instead of going on', async (_, script) => {
    const named = join(folder, 'mine');
    if (script !== null) await fake(named, script);
    await fake(join(folder, 'bin', 'temporal'));
    const search = findTemporalCli({ env: env({ TEMPORAL_CLI: named, PATH: join(folder, 'bin') }), say });
    await expect(search).rejects.toThrow(NoTemporalCli);
    await expect(search).rejects.toThrow(`TEMPORAL_CLI: "${named}"`);
  });

  it('takes the first one on PATH that works, before the cache', async () => {
    await fake(join(folder, 'broken', 'temporal'), 'exit 127');
    const good = await fake(join(folder, 'good', 'temporal'));
    await fake(cachedCli(env()));
    const PATH = [join(folder, 'none'), join(folder, 'broken'), join(folder, 'good')].join(':');
    expect(await findTemporalCli({ env: env({ PATH }), say })).toBe(good);
  });

  it('takes the cached one silently', async () => {
    const cached = await fake(cachedCli(env()));
    expect(await findTemporalCli({ env: env(), say, download: fails, build: fails })).toBe(cached);
    expect(said).toEqual([]);
  });

  it('downloads into the cache', async () => {
    const download = async (target: string) => void (await fake(target));
    const found = await findTemporalCli({ env: env(), say, download, build: fails });
    expect(found).toBe(cachedCli(env()));
    expect(await findTemporalCli({ env: env(), say, download: fails, build: fails })).toBe(found);
  });

  it('builds where the download fails, and leaves nothing but the executable in the cache', async () => {
    const build = async (target: string) => void (await fake(target));
    const found = await findTemporalCli({ env: env(), say, download: fails, build });
    expect(await readdir(dirname(found))).toEqual(['temporal']);
  });

  it('builds where the downloaded one does not run', async () => {
    const download = async (target: string) => void (await fake(target, 'exit 1'));
    const build = async (target: string) => void (await fake(target));
    expect(await findTemporalCli({ env: env(), say, download, build })).toBe(cachedCli(env()));
  });

  it('names all five places when none has one', async () => {
    const search = findTemporalCli({ env: env(), say, download: fails, build: fails });
    for (const words of [
      'TEMPORAL_CLI',
      'on PATH',
      cachedCli(env()),
      'official release: no network',
      'Go build: no network',
    ]) {
      await expect(search).rejects.toThrow(words);
    }
    expect(await readdir(dirname(cachedCli(env())))).toEqual([]);
  });

  it('builds once when two processes need it at the same time', async () => {
    let builds = 0;
    const build = async (target: string) => {
      builds += 1;
      await fake(target);
    };
    const search = { env: env(), say, download: fails, build };
    const found = await Promise.all([findTemporalCli(search), findTemporalCli(search)]);
    expect(new Set(found)).toEqual(new Set([cachedCli(env())]));
    expect(builds).toBe(1);
    expect(said.join()).toContain('another process is getting Temporal');
  });
});

async function fake(path: string, script = 'echo "temporal version 1.8.2 (Server 1.31.2)"'): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}
