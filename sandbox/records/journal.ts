import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** A change of the records. A sandbox narrows `kind` and `record` to those that it has. */
export interface Entry {
  readonly kind: string;
  readonly id: string;
  /** The whole record as it is now; null if it was removed. */
  readonly record: unknown;
}

export interface Journal<E extends Entry = Entry> {
  /** Notes that a record changed. The next flush writes it as it is then. */
  mark(entry: E): void;
  /** Writes the marked records. After it returns, a `kill -9` of this process loses none of them. */
  flush(): void;
  /** Replaces everything written by these entries. */
  rewrite(entries: Iterable<E>): void;
  close(): void;
}

/** A journal that keeps nothing, for a sandbox without a `DATA_DIR`. */
export function openNoJournal(): Journal {
  return { mark() {}, flush() {}, rewrite() {}, close() {} };
}

/**
 * The entries of `sandbox.jsonl` in the order in which they were written. A last line that a kill cut off is
 * left out.
 */
export function readJournal<E extends Entry>(dataDir: string): E[] {
  const file = join(dataDir, 'sandbox.jsonl');
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line, at) => entryOf(line, `${file}:${at + 1}`) as E);
}

function entryOf(line: string, where: string): Entry {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only this file writes it
    return JSON.parse(line) as Entry;
  } catch (cause) {
    throw new Error(
      `${where} is not JSON; repair that line, or delete the file to start with an empty sandbox`,
      { cause },
    );
  }
}

/**
 * Appends to `sandbox.jsonl` in `dataDir`. Without fsync: it survives the end of the process, not a crash of
 * the machine.
 */
export function openJournal(dataDir: string): Journal {
  mkdirSync(dataDir, { recursive: true });
  return new FileJournal(join(dataDir, 'sandbox.jsonl'));
}

class FileJournal implements Journal {
  readonly #file: string;
  readonly #dirty = new Map<string, Entry>();
  #fd: number;

  constructor(file: string) {
    this.#file = file;
    this.#fd = openSync(file, 'a', 0o600);
  }

  mark(entry: Entry): void {
    this.#dirty.set(`${entry.kind} ${entry.id}`, entry);
  }

  flush(): void {
    if (this.#dirty.size === 0) return;
    writeWhole(this.#fd, linesOf(this.#dirty.values()));
    this.#dirty.clear();
  }

  rewrite(entries: Iterable<Entry>): void {
    const fresh = `${this.#file}.new`;
    const fd = openSync(fresh, 'w', 0o600);
    for (const entry of entries) writeWhole(fd, linesOf([entry]));
    renameSync(fresh, this.#file);
    closeSync(this.#fd);
    this.#fd = fd;
    this.#dirty.clear();
  }

  close(): void {
    this.flush();
    closeSync(this.#fd);
  }
}

function linesOf(entries: Iterable<Entry>): Buffer {
  let text = '';
  for (const entry of entries) text += `${JSON.stringify(entry)}\n`;
  return Buffer.from(text);
}

function writeWhole(fd: number, bytes: Buffer): void {
  let written = 0;
  while (written < bytes.length) written += writeSync(fd, bytes, written);
}
