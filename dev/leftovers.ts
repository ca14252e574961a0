/**
 * What an earlier `npm start` on the same DATA_DIR left behind when it was killed: the kernel ends its children, but not in
 * no time, and two Temporal servers on one file corrupt it. So each child is written down, and the next start waits for it.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

interface Noted {
  readonly name: string;
  readonly pid: number;
  /** Tells a process from a later one with the same pid. */
  readonly birth: string;
}

const PATIENCE_MS = 10_000;

/** Writes down each child that it is told of, in place of an earlier one of the same name. */
export function createNotebook(dataDir: string): (name: string, pid: number) => void {
  const noted = new Map<string, Noted>();
  return (name, pid) => {
    noted.set(name, { name, pid, birth: birthOf(pid) ?? 'gone' });
    writeFileSync(fileIn(dataDir), JSON.stringify([...noted.values()]));
  };
}

/** Resolves when no child of an earlier start is alive; one that stays is killed, and only if it is provably ours. */
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

/** When a process began, as the system counts it; null when it is gone, which a zombie is too. */
export function birthOf(pid: number): string | null {
  try {
    return process.platform === 'linux' ? birthByProc(pid) : birthByPs(pid);
  } catch {
    return null;
  }
}

function birthByProc(pid: number): string | null {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the command in brackets, which may hold blanks and brackets of its own.
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
