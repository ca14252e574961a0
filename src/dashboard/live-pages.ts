/**
 * Keeps pages up to date. A page has parts: each is rendered once for all that look at it with the same scopes, and
 * sent to those that do not have it yet.
 */
import { EventStream } from '../lib/event-stream.ts';

/** Tells that something has changed in the store. */
export interface Changes {
  subscribe(listener: () => void): () => void;
}

export interface RenderedPart {
  /** The id of its element. */
  readonly id: string;
  /** While something changes, it is rendered this often at most. */
  readonly everyMs: number;
  /** Its content as HTML. */
  readonly render: () => Promise<string>;
}

export interface LivePage {
  /** The same for all that get the same parts. */
  readonly key: string;
  readonly parts: readonly RenderedPart[];
  /** Whether the person is still signed in. */
  readonly isAllowed: () => boolean;
}

const TICK_MS = 100;
/** Some parts depend on the time alone: what waits too long needs somebody. */
const OLDEST_MS = 10_000;
/** A browser that hears nothing for 20 s says so. */
const BEAT_MS = 10_000;
/** Rendering takes a twentieth of the time at most: with many different pages, each is renewed less often. */
const SHARE = 1 / 20;
/** What rendering may take at once after a pause. */
const MOST_SAVED_MS = 500;
/** On a busy machine a part takes long without costing much: half a second later the next one is rendered. */
const MOST_OWED_MS = -25;
/** When a part was rendered that never was. */
const NEVER = -1e9;
const MOST_STREAMS = 300;
const AGES = /(<time [^>]*class="(?:ago|until)"[^>]*>)[^<]*/g;

interface Watcher {
  readonly isAllowed: () => boolean;
  readonly openedAt: number;
  sentAt: number;
  /** Which version it has of each part. */
  readonly has: Map<string, number>;
}

interface Part extends RenderedPart {
  renderedAt: number;
  isChanged: boolean;
  /** Without the ages, which each browser counts by itself. */
  text: string | null;
  version: number;
  /** `"<id>":"<html>"` as JSON. */
  json: string;
}

interface Watched {
  readonly watchers: Map<EventStream, Watcher>;
  readonly parts: readonly Part[];
}

/** One per process. */
export class LivePages {
  readonly #changes: Changes;
  readonly #pages = new Map<string, Watched>();
  #timer: NodeJS.Timeout | undefined;
  #unsubscribe: (() => void) | undefined;
  #savedMs = MOST_SAVED_MS;
  #savedAt = now();

  constructor(changes: Changes) {
    this.#changes = changes;
  }

  /** The stream of one browser; null where there are too many. */
  open({ key, parts, isAllowed }: LivePage): EventStream | null {
    if (this.#count() >= MOST_STREAMS) return null;
    const page = this.#pages.get(key) ?? { watchers: new Map(), parts: parts.map(unrendered) };
    this.#pages.set(key, page);
    const stream = new EventStream();
    page.watchers.set(stream, { isAllowed, openedAt: now(), sentAt: now(), has: new Map() });
    // Something may have changed since this browser has got the page.
    for (const part of page.parts) part.isChanged = true;
    // The browser hears at once that the stream lives, also where no part is due for a while.
    stream.send(Buffer.concat([Buffer.from('retry: 2000\n'), frameOf([])]));
    stream.once('close', () => this.#leave(key, page, stream));
    this.#unsubscribe ??= this.#changes.subscribe(() => {
      for (const one of this.#pages.values()) for (const part of one.parts) part.isChanged = true;
    });
    this.#timer ??= setTimeout(() => void this.#tick(), TICK_MS);
    return stream;
  }

  /** Ends all streams; their browsers connect to another process. */
  close(): void {
    for (const { watchers } of this.#pages.values()) for (const stream of watchers.keys()) stream.end();
  }

  #count(): number {
    return [...this.#pages.values()].reduce((sum, { watchers }) => sum + watchers.size, 0);
  }

  #leave(key: string, page: Watched, stream: EventStream): void {
    page.watchers.delete(stream);
    if (page.watchers.size === 0 && this.#pages.get(key) === page) this.#pages.delete(key);
    if (this.#pages.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  async #tick(): Promise<void> {
    const pages = [...this.#pages.values()];
    const due = pages.flatMap(({ parts }) => parts).filter(isDue);
    for (const part of due.toSorted(byUrgency)) {
      this.#save();
      if (this.#savedMs <= 0) break;
      const begun = now();
      await renew(part);
      this.#savedMs = Math.max(MOST_OWED_MS, this.#savedMs - (now() - begun));
    }
    for (const page of pages) send(page);
    this.#timer = this.#pages.size > 0 ? setTimeout(() => void this.#tick(), TICK_MS) : undefined;
  }

  #save(): void {
    this.#savedMs = Math.min(MOST_SAVED_MS, this.#savedMs + (now() - this.#savedAt) * SHARE);
    this.#savedAt = now();
  }
}

function unrendered(part: RenderedPart): Part {
  return { ...part, renderedAt: NEVER, isChanged: true, text: null, version: 0, json: '' };
}

/** What is late by the most of its own times comes first; of new parts, that with the shortest time. */
function byUrgency(one: Part, other: Part): number {
  const at = now();
  const late = ({ renderedAt, everyMs }: Part) => (at - renderedAt) / everyMs;
  return late(other) - late(one);
}

function isDue({ renderedAt, isChanged, everyMs }: Part): boolean {
  return now() - renderedAt >= (isChanged ? everyMs : Math.max(everyMs, OLDEST_MS));
}

/** A part that can't be rendered now stays as it is. */
async function renew(part: Part): Promise<void> {
  part.isChanged = false;
  part.renderedAt = now();
  const html = await part.render().catch(() => null);
  const text = html?.replaceAll(AGES, '$1') ?? part.text;
  if (html === null || text === part.text) return;
  part.text = text;
  part.version += 1;
  part.json = `${JSON.stringify(part.id)}:${JSON.stringify(html)}`;
}

function send({ watchers, parts }: Watched): void {
  // Most browsers miss the same parts.
  const frames = new Map<string, Buffer>();
  for (const [stream, watcher] of watchers) {
    // What was rendered before the browser had the page is not newer than the page.
    const missing = parts.filter(
      ({ id, version, renderedAt }) =>
        version > 0 && renderedAt >= watcher.openedAt && watcher.has.get(id) !== version,
    );
    if (missing.length === 0 && now() - watcher.sentAt < BEAT_MS) continue;
    if (!watcher.isAllowed()) {
      stream.destroy();
      continue;
    }
    const name = missing.map(({ id }) => id).join(' ');
    const frame = frames.get(name) ?? frameOf(missing);
    frames.set(name, frame);
    stream.send(frame);
    watcher.sentAt = now();
    for (const { id, version } of missing) watcher.has.set(id, version);
  }
}

function frameOf(parts: readonly Part[]): Buffer {
  return Buffer.from(`data: {"parts":{${parts.map(({ json }) => json).join(',')}}}\n\n`);
}

function now(): number {
  return performance.now();
}
