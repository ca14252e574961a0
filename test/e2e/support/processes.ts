/** Real processes, each tracked by its pid, and stopped when the tests end in any way. */
import type { ChildProcess } from 'node:child_process';
import { hasEnded, startChild, stopChild, untilAnswers, type ChildSpec } from '../../../kit/tied-child.js';

const LINES_KEPT = 2_000;

export interface Process {
  readonly name: string;
  readonly pid: number;
  /** Its output, the newest lines last. */
  readonly lines: readonly string[];
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  hasEnded(): boolean;
  /** Resolves when the process has ended. */
  kill(signal: NodeJS.Signals): Promise<void>;
}

const alive = new Set<ChildProcess>();

/** Starts a process and does not wait for anything. */
export function launch(spec: Omit<ChildSpec, 'answers' | 'readyWithinMs'>): Process {
  return follow(spec.name, { ...spec, answers: () => Promise.resolve(), readyWithinMs: 0 }).process;
}

/** Starts a process and waits until it answers. @throws Error with its last lines */
export async function startProcess(spec: ChildSpec): Promise<Process> {
  const { process, child } = follow(spec.name, spec);
  try {
    await untilAnswers(spec, child);
  } catch (error) {
    await stopChild(child, 0);
    const words = process.lines.slice(-20).join('\n  ');
    throw new Error(`${(error as Error).message}; its last words:\n  ${words}`, { cause: error });
  }
  return process;
}

function follow(name: string, spec: ChildSpec): { process: Process; child: ChildProcess } {
  const lines: string[] = [];
  const child = startChild(spec, (text) => {
    lines.push(text);
    if (lines.length > LINES_KEPT) lines.shift();
  });
  alive.add(child);
  const ended: Process['ended'] = new Promise((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  void ended.then(() => alive.delete(child));
  return { child, process: { name, pid: child.pid ?? 0, lines, ended, ...controls(child, ended) } };
}

function controls(child: ChildProcess, ended: Process['ended']): Pick<Process, 'hasEnded' | 'kill'> {
  return {
    hasEnded: () => hasEnded(child),
    async kill(signal) {
      child.kill(signal);
      await ended;
    },
  };
}

/** Ends all processes that a failed test has left. */
export async function endAllProcesses(): Promise<void> {
  await Promise.all([...alive].map((child) => stopChild(child, 0)));
}
