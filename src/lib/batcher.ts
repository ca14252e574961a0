const DELAY_MS = 250;

/** Gathers for a moment and writes together: marks that nobody waits for. */
export class Batcher<Item> {
  readonly #write: (items: Item[]) => Promise<void>;
  #items: Item[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(write: (items: Item[]) => Promise<void>) {
    this.#write = write;
  }

  add(item: Item): void {
    this.#items.push(item);
    this.#timer ??= setTimeout(() => void this.flush(), DELAY_MS);
  }

  /** What can't be written is dropped: the forwarder finds it again. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const items = this.#items;
    this.#items = [];
    if (items.length > 0) await this.#write(items).catch(() => undefined);
  }
}
