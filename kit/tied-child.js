/** Child processes that can't outlive this process, however it dies. */
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
 * @property {NodeJS.Signals} [signal] sent to the child when we are gone; default: SIGKILL
 * @property {{ readonly uid: number, readonly gid: number } | null} [user] runs the child as another user;
 * only root may
 * @property {boolean} [byKernel] false: uses the guard, as on systems without `setpriv`
 */

/**
 * @typedef {object} ChildSpec
 * @property {string} name
 * @property {string} command
 * @property {readonly string[]} args
 * @property {NodeJS.ProcessEnv} [env]
 * @property {string} [cwd]
 * @property {Tie['user']} [user] runs the child as another user; only root may
 * @property {boolean} [sharesOutput] the child uses our standard output and its terminal; otherwise its
 * output comes line by line
 * @property {() => Promise<unknown>} answers rejects while the child does not answer; called again until it
 * resolves
 * @property {number} readyWithinMs
 */

const STOP_GRACE_MS = 10_000;
const GUARD = join(import.meta.dirname, 'guard.js');
/** The shell checks that we are still alive: we may have died before the kernel was asked. */
const IF_PARENT_IS = '[ "$PPID" = "$0" ] && exec "$@"';

/** @type {boolean | undefined} */
let isTiedByKernel;

/**
 * Whether the kernel can end a child when we are gone. Tested once, since `setpriv` can't do it on some
 * systems.
 */
function canTieByKernel() {
  isTiedByKernel ??=
    process.platform === 'linux' && spawnSync('setpriv', ['--pdeathsig', 'KILL', '--', 'true']).status === 0;
  return isTiedByKernel;
}

/**
 * The command line that ties a command to this process's life. The guard of other systems needs a pipe from
 * us as stdin.
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
 * Starts a command that is tied to our life, in a session of its own: Ctrl-C reaches only us, and we stop the
 * children in order. `output` is where its standard output and its errors go.
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
 * Starts the child, tied to our life. Its output goes to `line`, unless the output is shared; errors go to
 * `errorLine` if it is given.
 * @param {Pick<ChildSpec, 'command' | 'args' | 'env' | 'cwd' | 'user' | 'sharesOutput'>} spec
 * @param {(text: string) => void} line
 * @param {(text: string) => void} [errorLine]
 * @returns {ChildProcess}
 */
export function startChild({ command, args, env, cwd, user, sharesOutput }, line, errorLine = line) {
  const output = /** @type {const} */ ([sharesOutput ? 'inherit' : 'pipe', 'pipe']);
  const tie = user === undefined ? {} : { user };
  const child = spawnTied(command, args, { env, ...(cwd !== undefined && { cwd }), output, tie });
  eachLine(child.stdout, line);
  eachLine(child.stderr, errorLine);
  child.once('error', (error) => errorLine(error.message));
  return child;
}

/**
 * Passes on what a stream prints, line by line.
 * @param {Readable | null} stream
 * @param {(text: string) => void} line
 */
export function eachLine(stream, line) {
  if (stream !== null) createInterface({ input: stream }).on('line', line);
}

/**
 * Waits until the child answers. Throws where it dies before, or takes too long.
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
 * Asks the child to end, and kills it after the grace period. Resolves when the child and all that it started
 * are gone.
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
 * Kills the child and everything in its session.
 * @param {ChildProcess} child
 */
export function killGroup(child) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group is empty.
  }
}

/**
 * Whether the process has ended.
 * @param {ChildProcess} child
 */
export function hasEnded(child) {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
}
