import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault, FaultState } from '../dintero/faults/fault-schema.ts';
import type { WebhookDelivery, Subscription } from '../dintero/webhooks/subscription.ts';
import type { Late, Quirk } from '../dintero/transactions/later.ts';
import type { Settlement } from '../dintero/settlements/settlement.ts';
import type { Rotation } from '../dintero/callbacks/signing-secrets.ts';
import type { CallbackRecord } from '../dintero/callbacks/callback-record.ts';
import type { Session } from '../dintero/sessions/session.ts';
import type { Resolution } from '../dintero/transactions/later.ts';
import type { Transaction } from '../dintero/transactions/transaction.ts';

interface EntryOf<Kind extends string, Value> {
  readonly kind: Kind;
  readonly id: string;
  /** The whole record as it is now; null if it was removed. */
  readonly record: Value;
}

export type Entry =
  | EntryOf<'session', Session>
  | EntryOf<'transaction', Transaction>
  | EntryOf<'callback', CallbackRecord>
  | EntryOf<'resolution', Resolution | null>
  | EntryOf<'late', Late | null>
  | EntryOf<'quirk', Quirk>
  | EntryOf<'subscription', Subscription>
  | EntryOf<'hookDelivery', WebhookDelivery>
  | EntryOf<'settlement', Settlement>
  | EntryOf<'secrets', readonly Rotation[]>
  | EntryOf<'ownFaults', Readonly<Record<string, Fault>>>
  | EntryOf<'faults', FaultState>;

export interface Journal {
  /** Notes that a record changed. The next flush writes it as it is then. */
  mark(entry: Entry): void;
  /** Writes the marked records. After it returns, a `kill -9` of this process loses none of them. */
  flush(): void;
  /** Replaces everything written by these entries. */
  rewrite(entries: Iterable<Entry>): void;
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
export function readJournal(dataDir: string): Entry[] {
  const file = join(dataDir, 'sandbox.jsonl');
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line, at) => entryOf(line, `${file}:${at + 1}`));
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
