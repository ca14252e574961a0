/** A process of the stand: started, watched, measured from /proc, and stopped by its own id. */
import type { ChildProcess } from 'node:child_process';
import { openSync, readdirSync, readFileSync } from 'node:fs';
import { postgresPrograms, startPostgres } from '../../kit/postgres-server.js';
import { spawnTied, stopChild } from '../../kit/tied-child.js';

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
}

const CLOCK_TICKS = 100;

/** Starts a process that dies with this one; its output goes to `logFile`. */
export function startChild({ name, command, args, env, logFile }: ChildSpec): Child {
  const log = openSync(logFile, 'a');
  const child = spawnTied(command, args, { env: { ...process.env, ...env }, output: [log, log] });
  return measured(child, { name, logFile, stop: () => stopChild(child) });
}

/** The PostgreSQL server of the kit, with its default durability; null where none is installed. */
export async function startDatabase(): Promise<{ readonly url: string; readonly process: Child } | null> {
  if (postgresPrograms() === null) return null;
  const { url, child, logFile, stop } = await startPostgres({ superuser: 'paidonce' });
  return { url, process: measured(child, { name: 'postgresql', logFile, stop }) };
}

function measured(child: ChildProcess, { name, logFile, stop }: Watched): Child {
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => fail({ name, logFile }, error.message));
    child.once('exit', (code, signal) => {
      if (!isStopping) fail({ name, logFile }, `${code ?? signal}`);
      resolve();
    });
  });
  let isStopping = false;
  const pid = child.pid ?? 0;
  return {
    name,
    pid,
    cpuSeconds: () => familyOf(pid).reduce((sum, member) => sum + cpuOf(member, member === pid), 0),
    residentMb: () => residentOf(pid),
    stop() {
      isStopping = true;
      return stop();
    },
    kill() {
      isStopping = true;
      child.kill('SIGKILL');
      return ended;
    },
  };
}

interface Watched {
  readonly name: string;
  readonly logFile: string;
  readonly stop: () => Promise<void>;
}

/** A figure would be worthless if it were measured with half of the stand gone. */
function fail({ name, logFile }: Pick<ChildSpec, 'name' | 'logFile'>, how: string): never {
  const tail = readFileSync(logFile, 'utf8').split('\n').slice(-15).join('\n');
  process.stderr.write(`bench: ${name} ended by itself (${how}); its last words:\n${tail}\n`);
  process.exit(1);
}

/** The fields of /proc/<pid>/stat after the name, which may contain anything. */
function statOf(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** With its children that have ended, as PostgreSQL's connections and parallel workers do. */
function cpuOf(pid: number, withEnded: boolean): number {
  try {
    const times = statOf(pid).slice(11, withEnded ? 15 : 13);
    return times.reduce((sum, time) => sum + Number(time), 0) / CLOCK_TICKS;
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
