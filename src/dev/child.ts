/** Child processes that can't outlive us, however we die. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ChildSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Its standard output is ours, so that it sees a terminal where there is one; else it comes line by line. */
  readonly sharesOutput?: boolean;
  /** Rejects while it does not answer; called again until it does. */
  readonly answers: () => Promise<unknown>;
  readonly readyWithinMs: number;
}

const STOP_GRACE_MS = 10_000;
const GUARD = join(import.meta.dirname, '..', '..', 'bin', 'guard.js');

let isTiedByKernel: boolean | undefined;

/** Whether the kernel can be asked to kill a child when we are gone; asked once, since some systems' setpriv can't. */
function canTieByKernel(): boolean {
  isTiedByKernel ??=
    process.platform === 'linux' && spawnSync('setpriv', ['--pdeathsig', 'KILL', '--', 'true']).status === 0;
  return isTiedByKernel;
}

/** The shell looks whether we are still there: we may have died before the kernel was asked. */
const IF_PARENT_IS = '[ "$PPID" = "$0" ] && exec "$@"';

/** The command line that runs a command tied to this process's life. The guard of other systems needs stdin to be a pipe from us. */
export function tied(
  command: string,
  args: readonly string[],
  byKernel: boolean = canTieByKernel(),
): { command: string; args: readonly string[] } {
  if (!byKernel) return { command: process.execPath, args: [GUARD, command, ...args] };
  const shell = ['sh', '-c', IF_PARENT_IS, String(process.pid), command, ...args];
  return { command: 'setpriv', args: ['--pdeathsig', 'KILL', '--', ...shell] };
}

/** Starts it, tied to our life. What it prints, but for shared output, goes where `line` says; errors apart if `errorLine` is given. */
export function startChild(
  spec: ChildSpec,
  line: (text: string) => void,
  errorLine: (text: string) => void = line,
): ChildProcess {
  const { command, args } = tied(spec.command, spec.args);
  const child = spawn(command, args, {
    env: spec.env,
    stdio: ['pipe', spec.sharesOutput === true ? 'inherit' : 'pipe', 'pipe'],
    // A session of its own: Ctrl-C reaches us alone, and we stop the children in order.
    detached: true,
  });
  readLines(child.stdout, line);
  readLines(child.stderr, errorLine);
  child.once('error', (error) => errorLine(error.message));
  child.stdin?.once('error', () => undefined);
  return child;
}

function readLines(stream: Readable | null, line: (text: string) => void): void {
  if (stream !== null) createInterface({ input: stream }).on('line', line);
}

/** Waits until it answers. @throws Error when it dies before, or takes too long */
export async function untilAnswers(spec: ChildSpec, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + spec.readyWithinMs;
  while (!hasEnded(child)) {
    try {
      return void (await spec.answers());
    } catch (error) {
      if (Date.now() > deadline) {
        const why = error instanceof Error ? `: ${error.message}` : '';
        throw new Error(`${spec.name} did not answer within ${spec.readyWithinMs / 1_000} s${why}`, {
          cause: error,
        });
      }
      await sleep(50);
    }
  }
  throw new Error(`${spec.name} ended with ${child.exitCode ?? child.signalCode} before it answered`);
}

/** SIGTERM, then SIGKILL when it takes too long; resolves when it and whatever it started is gone. */
export async function stopChild(child: ChildProcess, graceMs = STOP_GRACE_MS): Promise<void> {
  if (!hasEnded(child)) {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const timer = setTimeout(() => killGroup(child), graceMs);
    await gone;
    clearTimeout(timer);
  }
  killGroup(child);
}

/** Kills it with everything in its session. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nobody is left in the group.
  }
}

/** Whether the process is gone. */
export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
}
