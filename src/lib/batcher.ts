const DELAY_MS = 250;

/** Collects items for a moment and writes them together, for writes that nothing waits for. */
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

  /** Writes the collected items. A failed write is dropped: its items must be found again by other means. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const items = this.#items;
    this.#items = [];
    if (items.length > 0) await this.#write(items).catch(() => undefined);
  }
}
