/** Reads what has just happened, once for all streams of this process, and only while there are streams. */
import { newestNote, notesAfter, whatHappened, type StoredEvent } from '../../store/events.ts';
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

const READ_EVERY_MS = 500;
const LIMIT_MS = 2_000;
/** Transactions do not commit in the order of their numbers or times: what is this new is read again. */
const LATE_NOTES = 200;
const LATE_MS = 10_000;
const MOST_PENDING = 500;
const MOST_KNOWN = 5_000;

/** One per process. */
export function createEventFeed(db: Db): EventFeed {
  const listeners = new Set<Listener>();
  const pending = new Set<string>();
  /** Updates and refused callbacks. */
  let known = new Set<string>();
  let knownNotes: number[] = [];
  let newest: number | null = null;
  let timer: NodeJS.Timeout | undefined;
  const waiting: (() => void)[] = [];

  async function read(): Promise<void> {
    const since = new Date(Date.now() - LATE_MS);
    const isFirst = newest === null;
    newest ??= await newestNote(db);
    const afterNote = Math.max(0, newest - LATE_NOTES);
    const found = await whatHappened(db, {
      afterNote,
      knownNotes: knownNotes.filter((n) => n > afterNote),
      since,
      updates: [...pending],
    });
    for (const { n, effectId, isPending } of found) {
      if (n !== null) knownNotes.push(n);
      if (effectId === null) continue;
      if (isPending !== true) pending.delete(effectId);
      else if (pending.size < MOST_PENDING) pending.add(effectId);
    }
    knownNotes = knownNotes.filter((n) => n > afterNote);
    newest = Math.max(newest, ...knownNotes);
    const unknown = found.filter((event) => event.n !== null || !known.has(nameOf(event)));
    for (const event of unknown) if (event.n === null) known.add(nameOf(event));
    if (known.size > MOST_KNOWN) known = new Set([...known].slice(-MOST_KNOWN / 2));
    for (const resolve of waiting.splice(0)) resolve();
    // The first read only learns what is already there.
    if (isFirst || unknown.length === 0) return;
    const inOrder = unknown.toSorted(
      (one, other) => new Date(one.at).getTime() - new Date(other.at).getTime(),
    );
    for (const listener of listeners) listener(inOrder);
  }

  async function tick(): Promise<void> {
    // A store that is away is read again at the next tick.
    await withStoreTimeout(read(), LIMIT_MS).catch(() => undefined);
    timer = listeners.size > 0 ? setTimeout(() => void tick(), READ_EVERY_MS) : undefined;
    if (timer === undefined) [newest, knownNotes] = [null, []];
  }

  return {
    subscribe(listener) {
      listeners.add(listener);
      timer ??= setTimeout(() => void tick(), 0);
      return () => void listeners.delete(listener);
    },
    live: () => (newest === null ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve()),
    after: (note) => notesAfter(db, note),
  };
}

function nameOf({ kind, id }: StoredEvent): string {
  return `${kind} ${id}`;
}
