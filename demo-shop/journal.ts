import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';

/** An append-only file of JSON lines. */
export interface Journal<Entry> {
  /** Every entry written by earlier processes, oldest first. */
  readonly entries: readonly Entry[];
  /** Returns when the entry is with the operating system, so that `kill -9` can't lose it. Throws when it can't be written. */
  append(entry: Entry): void;
}

/** Opens `shop.jsonl` in a folder; without a folder nothing outlives the process. */
export function openJournal<Entry>(dataDir: string | undefined): Journal<Entry> {
  if (dataDir === undefined) return { entries: [], append: () => undefined };
  mkdirSync(dataDir, { recursive: true });
  const file = join(dataDir, 'shop.jsonl');
  return {
    entries: existsSync(file) ? readEntries<Entry>(file) : [],
    // Synchronous on purpose: nobody may see an effect that is not written yet, and a line takes microseconds.
    append: (entry) => appendFileSync(file, `${JSON.stringify(entry)}\n`, { mode: 0o600 }),
  };
}

// Only this shop writes the file, so its lines are what was once appended.
function readEntries<Entry>(file: string): Entry[] {
  const bytes = readFileSync(file);
  const whole = bytes.lastIndexOf(0x0a) + 1;
  // A process killed in the middle of a write leaves half a line: nobody was told of it, so it never happened.
  if (whole < bytes.length) truncateSync(file, whole);
  const lines = bytes.subarray(0, whole).toString('utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Entry);
}
