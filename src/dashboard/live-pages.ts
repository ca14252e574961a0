/**
 * Keeps pages up to date: renders the live part of each page that somebody looks at, at most once a second and once
 * for all that look at it with the same scopes, and sends it where it has changed.
 */
import { createHash } from 'node:crypto';
import { EventStream } from '../lib/event-stream.ts';

/** Tells that something has changed in the store. */
export interface Changes {
  subscribe(listener: () => void): () => void;
}

export interface LivePage {
  /** The same for all that get the same part. */
  readonly key: string;
  /** The live part as HTML. */
  readonly render: () => Promise<string>;
  /** Whether the person is still signed in. */
  readonly isAllowed: () => boolean;
}

const FRAME_MS = 1_000;
const TICK_MS = 200;
/** Some parts depend on the time alone: what waits too long needs somebody. */
const OLDEST_MS = 10_000;
/** Rendering takes a twentieth of the time at most; with many different pages, each is renewed less often. */
const IDLE_FACTOR = 19;
const MOST_STREAMS = 300;

interface Watcher {
  readonly isAllowed: () => boolean;
  /** Which part it has; empty before the first. */
  version: string;
}

interface Watched {
  readonly watchers: Map<EventStream, Watcher>;
  render: () => Promise<string>;
  renderedAt: number;
  isChanged: boolean;
}

/** One per process. */
export class LivePages {
  readonly #changes: Changes;
  readonly #pages = new Map<string, Watched>();
  #timer: NodeJS.Timeout | undefined;
  #unsubscribe: (() => void) | undefined;
  #idleUntil = 0;

  constructor(changes: Changes) {
    this.#changes = changes;
  }

  /** The stream of one browser; null where there are too many. */
  open({ key, render, isAllowed }: LivePage): EventStream | null {
    if (this.#count() >= MOST_STREAMS) return null;
    const page = this.#pages.get(key) ?? { watchers: new Map(), render, renderedAt: 0, isChanged: true };
    this.#pages.set(key, page);
    const stream = new EventStream();
    page.watchers.set(stream, { isAllowed, version: '' });
    // Something may have changed since this browser has got the page.
    page.isChanged = true;
    page.render = render;
    stream.send('retry: 2000\n\n');
    stream.once('close', () => this.#leave(key, page, stream));
    this.#unsubscribe ??= this.#changes.subscribe(() => {
      for (const one of this.#pages.values()) one.isChanged = true;
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
    const due = [...this.#pages.values()]
      .filter(({ isChanged, renderedAt }) => now() - renderedAt >= (isChanged ? FRAME_MS : OLDEST_MS))
      .toSorted((one, other) => one.renderedAt - other.renderedAt);
    for (const page of due) {
      if (now() < this.#idleUntil) break;
      const begun = now();
      page.isChanged = false;
      await renew(page);
      page.renderedAt = now();
      this.#idleUntil = now() + (now() - begun) * IDLE_FACTOR;
    }
    this.#timer = this.#pages.size > 0 ? setTimeout(() => void this.#tick(), TICK_MS) : undefined;
  }
}

async function renew(page: Watched): Promise<void> {
  const html = await page.render().catch(() => null);
  if (html === null) return;
  const version = createHash('sha256').update(html).digest('base64url').slice(0, 16);
  const frame = (part: string | null) => `data: ${JSON.stringify({ html: part })}\n\n`;
  const [whole, none] = [frame(html), frame(null)] as const;
  for (const [stream, watcher] of page.watchers) {
    if (watcher.isAllowed()) stream.send(watcher.version === version ? none : whole);
    else stream.destroy();
    watcher.version = version;
  }
}

function now(): number {
  return performance.now();
}
