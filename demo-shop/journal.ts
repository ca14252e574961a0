import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';

/** An append-only file of JSON lines. */
export interface Journal<Entry> {
  /** Every entry that earlier processes have written, oldest first. */
  readonly entries: readonly Entry[];
  /**
   * Returns once the operating system has the entry, so that a `kill -9` can't lose it. Throws if it can't be
   * written.
   */
  append(entry: Entry): void;
}

/** Opens `shop.jsonl` in a folder; without a folder nothing survives the process. */
export function openJournal<Entry>(dataDir: string | undefined): Journal<Entry> {
  if (dataDir === undefined) return { entries: [], append: () => undefined };
  mkdirSync(dataDir, { recursive: true });
  const file = join(dataDir, 'shop.jsonl');
  return {
    entries: existsSync(file) ? readEntries<Entry>(file) : [],
    // Synchronous on purpose: no effect may be visible before it is written, and a line takes microseconds.
    append: (entry) => appendFileSync(file, `${JSON.stringify(entry)}\n`, { mode: 0o600 }),
  };
}

// Only this shop writes the file, so every complete line is an entry.
function readEntries<Entry>(file: string): Entry[] {
  const bytes = readFileSync(file);
  const whole = bytes.lastIndexOf(0x0a) + 1;
  // A process that is killed during a write leaves half a line. It was not acknowledged, so it is dropped.
  if (whole < bytes.length) truncateSync(file, whole);
  const lines = bytes.subarray(0, whole).toString('utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Entry);
}
