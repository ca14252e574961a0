import { spawn } from 'node:child_process';

export interface Child {
  readonly pid: number;
  /** Its output so far, line by line. */
  readonly lines: string[];
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  kill(signal: NodeJS.Signals): void;
}

/** Runs the text of a module in a separate process. */
export function startModule(source: string): Child {
  return startProcess(['--input-type=module', '-e', source], {});
}

/** Runs Node with these arguments, with this environment added to ours. */
export function startProcess(args: readonly string[], env: NodeJS.ProcessEnv): Child {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const lines: string[] = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  return { pid: child.pid ?? 0, lines, ended, kill: (signal) => void child.kill(signal) };
}
