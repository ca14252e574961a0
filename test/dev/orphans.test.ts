import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNotebook, untilLeftoversEnd } from '../../dev/leftovers.ts';
import { killGroup, startChild } from '../../kit/tied-child.js';
import { until } from '../support/until.ts';
import { isAlive, script } from './support/stand-in.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const KIT = join(ROOT, 'kit', 'tied-child.js');
const FOREVER = 'setInterval(() => 0, 1000)';

describe('a child whose supervisor is killed', () => {
  const parents: ChildProcess[] = [];
  afterEach(() => parents.splice(0).forEach(killGroup));

  /** Another process that starts a child tied to it, and prints the pid of both. */
  async function parentOf(byKernel: boolean): Promise<{ parent: ChildProcess; pids: () => number[] }> {
    const child = JSON.stringify(['-e', `console.log('pid ' + process.pid); ${FOREVER}`]);
    const code = `
      import { spawn } from 'node:child_process';
      import { tied } from ${JSON.stringify(KIT)};
      const { command, args } = tied(process.execPath, ${child}, { byKernel: ${byKernel} });
      console.log('pid ' + spawn(command, args, { stdio: ['pipe', 'inherit', 'inherit'], detached: true }).pid);`;
    const args = ['--input-type=module', '-e', code];
    const parent = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    parents.push(parent);
    let printed = '';
    parent.stdout?.on('data', (chunk: Buffer) => void (printed += chunk.toString()));
    const pids = () => [...printed.matchAll(/pid (\d+)/g)].map(([, pid]) => Number(pid));
    await until('both pids are known', () => pids().length === 2);
    return { parent, pids };
  }

  it.each([
    ['the kernel', true],
    ['the guard', false],
  ])('is ended by %s', async (_, byKernel) => {
    if (byKernel && process.platform !== 'linux') return;
    const { parent, pids } = await parentOf(byKernel);
    expect(pids().every(isAlive)).toBe(true);
    process.kill(parent.pid as number, 'SIGKILL');
    await until('nothing is left', () => !pids().some(isAlive));
  });
});

describe('a process that an earlier start left behind', () => {
  let folder = '';
  const children: ChildProcess[] = [];
  const start = () => {
    const child = startChild(script('temporal', FOREVER), () => undefined);
    children.push(child);
    return child;
  };

  afterEach(async () => {
    children.splice(0).forEach(killGroup);
    await rm(folder, { recursive: true, force: true });
  });

  it('is waited for', async () => {
    folder = await mkdtemp(join(tmpdir(), 'paidonce-leftovers-'));
    const child = start();
    createNotebook(folder)('temporal', child.pid as number);
    const said: string[] = [];
    const waiting = untilLeftoversEnd(folder, (text) => said.push(text));
    await until('it says so', () => said.length === 1);
    expect(said[0]).toContain(`waiting for temporal of an earlier start to end (process ${child.pid})`);
    child.kill('SIGKILL');
    await waiting;
    expect(isAlive(child.pid)).toBe(false);
  });

  it('is not confused with another process that has its id', async () => {
    folder = await mkdtemp(join(tmpdir(), 'paidonce-leftovers-'));
    const notebook = createNotebook(folder);
    const gone = start();
    const pid = gone.pid as number;
    gone.kill('SIGKILL');
    await until('it is gone', () => !isAlive(pid));
    notebook('temporal', pid);
    const said: string[] = [];
    await untilLeftoversEnd(folder, (text) => said.push(text));
    expect(said).toEqual([]);
  });

  it('does not exist at a first start', async () => {
    folder = await mkdtemp(join(tmpdir(), 'paidonce-leftovers-'));
    await expect(untilLeftoversEnd(folder, () => undefined)).resolves.toBeUndefined();
  });
});
