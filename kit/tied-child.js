/** Child processes that can't outlive us, however we die. */
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * @import { ChildProcess, IOType } from 'node:child_process'
 * @import { Readable } from 'node:stream'
 */

/**
 * @typedef {object} Tie How a child is bound to this process.
 * @property {NodeJS.Signals} [signal] what it gets when we are gone; SIGKILL where left out
 * @property {{ readonly uid: number, readonly gid: number } | null} [user] another user that it runs as; root alone may say so
 * @property {boolean} [byKernel] false: by the guard, as on systems without `setpriv`
 */

/**
 * @typedef {object} ChildSpec
 * @property {string} name
 * @property {string} command
 * @property {readonly string[]} args
 * @property {NodeJS.ProcessEnv} [env]
 * @property {boolean} [sharesOutput] its standard output is ours, so that it sees a terminal where there is one; else it comes line by line
 * @property {() => Promise<unknown>} answers rejects while it does not answer; called again until it does
 * @property {number} readyWithinMs
 */

const STOP_GRACE_MS = 10_000;
const GUARD = join(import.meta.dirname, 'guard.js');
/** The shell looks whether we are still there: we may have died before the kernel was asked. */
const IF_PARENT_IS = '[ "$PPID" = "$0" ] && exec "$@"';

/** @type {boolean | undefined} */
let isTiedByKernel;

/** Whether the kernel can be asked to end a child when we are gone; asked once, since some systems' `setpriv` can't. */
function canTieByKernel() {
  isTiedByKernel ??=
    process.platform === 'linux' && spawnSync('setpriv', ['--pdeathsig', 'KILL', '--', 'true']).status === 0;
  return isTiedByKernel;
}

/**
 * The command line that runs a command tied to this process's life. The guard of other systems needs stdin to be a pipe from us.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {Tie} [tie]
 * @returns {{ command: string, args: string[] }}
 */
export function tied(command, args, { signal = 'SIGKILL', user = null, byKernel = canTieByKernel() } = {}) {
  if (!byKernel) return { command: process.execPath, args: [GUARD, command, ...args] };
  const shell = ['sh', '-c', IF_PARENT_IS, String(process.pid), command, ...args];
  const options = ['--pdeathsig', signal.replace('SIG', ''), ...identity(user)];
  return { command: 'setpriv', args: [...options, '--', ...shell] };
}

/**
 * The options of `setpriv` for another user.
 * @param {Tie['user']} user
 * @returns {string[]}
 */
function identity(user) {
  if (user === null || user === undefined) return [];
  return ['--reuid', String(user.uid), '--regid', String(user.gid), '--clear-groups'];
}

/**
 * Starts a command tied to our life, in a session of its own: Ctrl-C reaches us alone, and we stop the children in order.
 * `output` is where its standard output and its errors go.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv | undefined, cwd?: string, output?: readonly [IOType | number, IOType | number], tie?: Tie }} [options]
 * @returns {ChildProcess}
 */
export function spawnTied(command, args, { env, cwd, output = ['pipe', 'pipe'], tie } = {}) {
  const line = tied(command, args, tie);
  const child = spawn(line.command, line.args, { env, cwd, stdio: ['pipe', ...output], detached: true });
  child.stdin?.once('error', () => undefined);
  return child;
}

/**
 * Starts it, tied to our life. What it prints, but for shared output, goes where `line` says; errors apart if `errorLine` is given.
 * @param {Pick<ChildSpec, 'command' | 'args' | 'env' | 'sharesOutput'>} spec
 * @param {(text: string) => void} line
 * @param {(text: string) => void} [errorLine]
 * @returns {ChildProcess}
 */
export function startChild({ command, args, env, sharesOutput }, line, errorLine = line) {
  const child = spawnTied(command, args, { env, output: [sharesOutput ? 'inherit' : 'pipe', 'pipe'] });
  eachLine(child.stdout, line);
  eachLine(child.stderr, errorLine);
  child.once('error', (error) => errorLine(error.message));
  return child;
}

/**
 * Hands over what a stream says, line by line.
 * @param {Readable | null} stream
 * @param {(text: string) => void} line
 */
export function eachLine(stream, line) {
  if (stream !== null) createInterface({ input: stream }).on('line', line);
}

/**
 * Waits until it answers; throws when it dies before, or takes too long.
 * @param {Pick<ChildSpec, 'name' | 'answers' | 'readyWithinMs'>} spec
 * @param {ChildProcess} child
 * @returns {Promise<void>}
 */
export async function untilAnswers({ name, answers, readyWithinMs }, child) {
  const deadline = Date.now() + readyWithinMs;
  while (!hasEnded(child)) {
    try {
      return void (await answers());
    } catch (error) {
      if (Date.now() > deadline) {
        const why = error instanceof Error ? `: ${error.message}` : '';
        throw new Error(`${name} did not answer within ${readyWithinMs / 1_000} s${why}`, { cause: error });
      }
      await sleep(50);
    }
  }
  throw new Error(`${name} ended with ${child.exitCode ?? child.signalCode} before it answered`);
}

/**
 * Asks it to end, then kills it when it takes too long; resolves when it and whatever it started is gone.
 * @param {ChildProcess} child
 * @param {number} [graceMs]
 * @param {NodeJS.Signals} [signal]
 * @returns {Promise<void>}
 */
export async function stopChild(child, graceMs = STOP_GRACE_MS, signal = 'SIGTERM') {
  if (!hasEnded(child)) {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    const timer = setTimeout(() => killGroup(child), graceMs);
    await gone;
    clearTimeout(timer);
  }
  killGroup(child);
}

/**
 * Kills it with everything in its session.
 * @param {ChildProcess} child
 */
export function killGroup(child) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nobody is left in the group.
  }
}

/**
 * Whether the process is gone.
 * @param {ChildProcess} child
 */
export function hasEnded(child) {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
}
