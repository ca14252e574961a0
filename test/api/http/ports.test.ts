/** A port that another process uses: the error names the setting, the process and the remedy. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { portHolder } from '../../../src/lib/port-holder.ts';
import { ENVIRONMENT } from '../../support/api.ts';
import { startProcess, type Child } from '../../support/child.ts';
import { builtFolder } from '../../support/compiled.ts';
import { freePort } from '../../support/ports.ts';
import { until } from '../../support/until.ts';

const LISTEN = `require('node:net').createServer().listen(Number(process.env.AT), '127.0.0.1', () => console.log('listens'))`;

describe('a port that is taken', () => {
  let folder: string;
  const children: Child[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'paidonce-ports-'));
    await writeFile(join(folder, 'other.cjs'), LISTEN);
    await builtFolder();
  }, 180_000);
  afterEach(async () => {
    for (const child of children.splice(0)) {
      child.kill('SIGKILL');
      await child.ended;
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const taker = async (...args: string[]) => {
    const port = await freePort();
    const child = startProcess(args, { AT: String(port) });
    children.push(child);
    await until('it listens', () => child.lines.includes('listens'));
    return { port, pid: child.pid };
  };
  const script = () => join(folder, 'other.cjs');

  /** The output of a role, and how it ends. */
  const outcomeOf = async (env: NodeJS.ProcessEnv): Promise<{ code: number | null; said: string }> => {
    const args = [join(await builtFolder(), 'cli', 'main.js'), 'api'];
    const all = { ...process.env, ...ENVIRONMENT, TEMPORAL_ADDRESS: '127.0.0.1:1', ...env };
    const child = spawn(process.execPath, args, {
      env: { ...all, DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { code, said };
  };

  it.each(['PORT', 'ADMIN_PORT'] as const)(
    'ends the process with 2, and names %s, the holder of the port and the remedy',
    async (setting) => {
      const { port, pid } = await taker(script(), '--password', 'a-secret-argument');
      const env = { PORT: String(await freePort()), [setting]: String(port) };
      const { code, said } = await outcomeOf(env);
      expect(said).toContain(
        `paidonce: ${setting}: port ${port} on 127.0.0.1 is taken by pid ${pid} (node ${script()}); stop it, or set ${setting} to a free port`,
      );
      expect(said.includes('a worker on one machine')).toBe(setting === 'ADMIN_PORT');
      expect(said).not.toMatch(/secret-argument|password|^ +at /m);
      expect(code).toBe(2);
    },
    60_000,
  );

  it('names the host where the host is wrong', async () => {
    const { code, said } = await outcomeOf({ PORT: String(await freePort()), HOST: '192.0.2.1' });
    expect(said).toContain('HOST: 192.0.2.1 is not an address of this machine');
    expect(code).toBe(2);
  }, 60_000);

  it("shows no code from a program's arguments, and no control characters of its name", async () => {
    const { port, pid } = await taker('-e', `/* a-secret */ ${LISTEN}`);
    expect(portHolder(port)).toBe(`pid ${pid} (node)`);
    const named = await taker('-e', `process.title = 'sh\\u001b[31m\\nop'; ${LISTEN}`);
    await until('it has its title', () => portHolder(named.port)?.includes('sh') === true);
    expect(portHolder(named.port)).toBe(`pid ${named.pid} (sh?[31m?op)`);
  });

  it('has no holder where no process listens', async () => {
    expect(portHolder(await freePort())).toBeNull();
  });
});
