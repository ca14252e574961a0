/** Child processes that can't outlive us, however we die. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ChildSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Rejects while it does not answer; called again until it does. */
  readonly answers: () => Promise<unknown>;
  readonly readyWithinMs: number;
}

const STOP_GRACE_MS = 10_000;
const SETPRIV = '/usr/bin/setpriv';
const GUARD = join(import.meta.dirname, '..', '..', 'bin', 'guard.js');

/** On Linux the kernel kills it with us; elsewhere a guard process notices that we are gone. */
function tethered(spec: ChildSpec): { command: string; args: readonly string[] } {
  if (process.platform === 'linux' && existsSync(SETPRIV)) {
    return { command: SETPRIV, args: ['--pdeathsig', 'KILL', '--', spec.command, ...spec.args] };
  }
  return { command: process.execPath, args: [GUARD, spec.command, ...spec.args] };
}

/** Starts it. Its output goes where `line` says, line by line. */
export function startChild(spec: ChildSpec, line: (text: string) => void): ChildProcess {
  const { command, args } = tethered(spec);
  // A session of its own: Ctrl-C reaches us alone, and we stop the children in order.
  const child = spawn(command, args, { env: spec.env, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream?.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      lines.forEach(line);
    });
  }
  child.on('error', () => undefined);
  return child;
}

/** Waits until it answers. @throws Error when it dies before or takes too long */
export async function untilAnswers(spec: ChildSpec, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + spec.readyWithinMs;
  for (;;) {
    if (hasEnded(child))
      throw new Error(`${spec.name} ended with ${child.exitCode ?? child.signalCode} before it answered`);
    try {
      return void (await spec.answers());
    } catch (error) {
      if (Date.now() > deadline) {
        throw new Error(`${spec.name} did not answer within ${spec.readyWithinMs / 1_000} s`, {
          cause: error,
        });
      }
      await sleep(100);
    }
  }
}

/** SIGTERM, then SIGKILL when it takes too long; resolves when it is gone. */
export async function stopChild(child: ChildProcess, graceMs = STOP_GRACE_MS): Promise<void> {
  if (hasEnded(child)) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await gone;
  clearTimeout(timer);
}

/** Whether the process is gone. */
export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
}
