/** A process of the stand: started, watched, measured from /proc, and stopped by its own id. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, openSync, readdirSync, readFileSync } from 'node:fs';

export interface Child {
  readonly name: string;
  readonly pid: number;
  /** User and system time of the process and its living children, in seconds. */
  readonly cpuSeconds: () => number;
  /** Resident memory of the process itself, in MB. */
  readonly residentMb: () => number;
  stop(): Promise<void>;
  /** `kill -9`. */
  kill(): Promise<void>;
}

export interface ChildSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly logFile: string;
  /** PostgreSQL refuses to run as root. */
  readonly user?: string | undefined;
  /** SIGINT is PostgreSQL's word for "end now, but properly". */
  readonly stopBy?: NodeJS.Signals;
}

const SETPRIV = '/usr/bin/setpriv';
const CLOCK_TICKS = 100;
const STOP_LIMIT_MS = 10_000;

/** Starts a process that dies with this one where the system can arrange it; what it says goes to `logFile`. */
export function startChild(spec: ChildSpec): Child {
  const log = openSync(spec.logFile, 'a');
  const child = spawn(...commandOf(spec), {
    env: { ...process.env, ...spec.env },
    stdio: ['ignore', log, log],
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      if (!isStopping) fail(spec, `${code ?? signal}`);
      resolve();
    });
  });
  let isStopping = false;
  const pid = pidOf(child, spec);
  return {
    name: spec.name,
    pid,
    cpuSeconds: () => familyOf(pid).reduce((sum, member) => sum + cpuOf(member), 0),
    residentMb: () => residentOf(pid),
    async stop() {
      isStopping = true;
      child.kill(spec.stopBy ?? 'SIGTERM');
      const cut = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
      await ended;
      clearTimeout(cut);
    },
    kill() {
      isStopping = true;
      child.kill('SIGKILL');
      return ended;
    },
  };
}

function commandOf({ command, args, user }: ChildSpec): [string, string[]] {
  if (!existsSync(SETPRIV)) return [command, [...args]];
  const identity = user === undefined ? [] : [`--reuid=${user}`, `--regid=${user}`, '--init-groups'];
  return [SETPRIV, [...identity, '--pdeathsig', 'KILL', '--', command, ...args]];
}

function pidOf(child: ChildProcess, { name, command }: ChildSpec): number {
  if (child.pid === undefined) throw new Error(`starting ${name}: ${command} can't be run`);
  return child.pid;
}

/** A figure taken with half of the stand gone would be worth nothing. */
function fail({ name, logFile }: ChildSpec, how: string): never {
  const tail = readFileSync(logFile, 'utf8').split('\n').slice(-15).join('\n');
  process.stderr.write(`bench: ${name} ended by itself (${how}); its last words:\n${tail}\n`);
  process.exit(1);
}

/** The fields of /proc/<pid>/stat after the name, which may contain anything. */
function statOf(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function cpuOf(pid: number): number {
  try {
    const [user, system] = statOf(pid).slice(11, 13).map(Number);
    return ((user ?? 0) + (system ?? 0)) / CLOCK_TICKS;
  } catch {
    return 0;
  }
}

function familyOf(pid: number): number[] {
  const all = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return [pid, ...all.filter((other) => parentOf(other) === pid)];
}

function parentOf(pid: number): number | null {
  try {
    return Number(statOf(pid)[1]);
  } catch {
    return null;
  }
}

function residentOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}
