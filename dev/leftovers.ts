/**
 * Waits for the children of an earlier, killed `npm start` on the same DATA_DIR. The kernel ends them, but
 * not at once, and two Temporal servers on one file corrupt it. So each child is recorded, and the next start
 * waits for its end.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

interface Noted {
  readonly name: string;
  readonly pid: number;
  /** Distinguishes the process from a later one with the same pid. */
  readonly birth: string;
}

const PATIENCE_MS = 10_000;

/** Records each child, replacing an earlier one of the same name. */
export function createNotebook(dataDir: string): (name: string, pid: number) => void {
  const noted = new Map<string, Noted>();
  return (name, pid) => {
    noted.set(name, { name, pid, birth: birthOf(pid) ?? 'gone' });
    writeFileSync(fileIn(dataDir), JSON.stringify([...noted.values()]));
  };
}

/**
 * Resolves once no child of an earlier start is alive. A child that does not end is killed, but only if it is
 * certainly ours.
 */
export async function untilLeftoversEnd(dataDir: string, say: (text: string) => void): Promise<void> {
  for (const { name, pid, birth } of readNotes(dataDir)) {
    const isAlive = () => birthOf(pid) === birth;
    if (!isAlive()) continue;
    say(`waiting for ${name} of an earlier start to end (process ${pid}) …`);
    const deadline = Date.now() + PATIENCE_MS;
    while (isAlive() && Date.now() < deadline) await sleep(50);
    if (isAlive()) process.kill(pid, 'SIGKILL');
    while (isAlive()) await sleep(50);
  }
}

function readNotes(dataDir: string): Noted[] {
  try {
    return JSON.parse(readFileSync(fileIn(dataDir), 'utf8')) as Noted[];
  } catch {
    return [];
  }
}

function fileIn(dataDir: string): string {
  return join(dataDir, 'children.json');
}

/** The start time of a process as the system counts it; null if it has ended or is a zombie. */
export function birthOf(pid: number): string | null {
  try {
    return process.platform === 'linux' ? birthByProc(pid) : birthByPs(pid);
  } catch {
    return null;
  }
}

function birthByProc(pid: number): string | null {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the command in brackets, which may itself contain blanks and brackets.
  const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return state === 'Z' || state === 'X' ? null : `${boot} ${rest[18]}`;
}

function birthByPs(pid: number): string | null {
  const [state, ...started] = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
    encoding: 'utf8',
  })
    .trim()
    .split(/\s+/);
  return state?.startsWith('Z') === true ? null : started.join(' ');
}
