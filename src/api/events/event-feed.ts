/** Reads what has just happened, once for all streams of this process, and only while there are streams. */
import {
  newestNote,
  notesAfter,
  whatHappened,
  type Asked,
  type HappenedEvent,
  type StoredEvent,
} from '../../store/events.ts';
import { withStoreTimeout } from '../../store/errors.ts';
import type { Db } from '../../store/open.ts';

export type Listener = (events: readonly StoredEvent[]) => void;

export interface EventFeed {
  /** Calls the listener with each event once, from now on. Returns how to end that. */
  subscribe(listener: Listener): () => void;
  /** Resolves once the next event would be told: what is older has been read. */
  live(): Promise<void>;
  /** The notes after this one, for a stream that was interrupted: at most 500. */
  after(note: number): Promise<readonly StoredEvent[]>;
}

const READ_EVERY_MS = 300;
const LIMIT_MS = 2_000;
/** Transactions do not commit in the order of their numbers or times: what is this new is read again. */
const LATE_NOTES = 200;
const LATE_MS = 10_000;
const MOST_PENDING = 500;
const MOST_KNOWN = 5_000;

/** One per process. */
export function createEventFeed(db: Db): EventFeed {
  const listeners = new Set<Listener>();
  let told: Told | null = null;
  let timer: NodeJS.Timeout | undefined;
  const waiting: (() => void)[] = [];

  async function read(): Promise<void> {
    // The first read only learns what is already there.
    const isFirst = told === null;
    const memory = told ?? new Told(await newestNote(db));
    const events = memory.newOf(await whatHappened(db, memory.next()));
    told = memory;
    for (const resolve of waiting.splice(0)) resolve();
    if (isFirst || events.length === 0) return;
    for (const listener of listeners) listener(events);
  }

  async function tick(): Promise<void> {
    // A store that is away is read again at the next tick.
    await withStoreTimeout(read(), LIMIT_MS).catch(() => undefined);
    timer = listeners.size > 0 ? setTimeout(() => void tick(), READ_EVERY_MS) : undefined;
    if (timer === undefined) told = null;
  }

  return {
    subscribe(listener) {
      listeners.add(listener);
      timer ??= setTimeout(() => void tick(), 0);
      return () => void listeners.delete(listener);
    },
    live: () => (told === null ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve()),
    after: (note) => notesAfter(db, note),
  };
}

/** What was told already. */
class Told {
  #newestNote: number;
  #notes: number[] = [];
  /** Updates and refused callbacks, by kind and id. */
  #others = new Set<string>();
  readonly #pending = new Set<string>();

  constructor(newestNote: number) {
    this.#newestNote = newestNote;
  }

  /** What is asked for next. */
  next(): Asked {
    const afterNote = Math.max(0, this.#newestNote - LATE_NOTES);
    this.#notes = this.#notes.filter((n) => n > afterNote);
    const since = new Date(Date.now() - LATE_MS);
    return { afterNote, knownNotes: this.#notes, since, updates: [...this.#pending] };
  }

  /** Those of these events that were not told, oldest first. */
  newOf(found: readonly HappenedEvent[]): HappenedEvent[] {
    const events = found.filter(({ n, kind, id }) => n !== null || !this.#others.has(`${kind} ${id}`));
    for (const { n, kind, id } of events)
      if (n === null) this.#others.add(`${kind} ${id}`);
      else this.#notes.push(n);
    this.#newestNote = Math.max(this.#newestNote, ...this.#notes);
    if (this.#others.size > MOST_KNOWN) this.#others = new Set([...this.#others].slice(-MOST_KNOWN / 2));
    for (const { effectId, isPending } of found)
      if (effectId !== null && isPending !== true) this.#pending.delete(effectId);
      else if (effectId !== null && this.#pending.size < MOST_PENDING) this.#pending.add(effectId);
    return events.toSorted((one, other) => new Date(one.at).getTime() - new Date(other.at).getTime());
  }
}
