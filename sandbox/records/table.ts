/** Records in the order of their creation, found without a scan by id or by any value of `keysOf`. */
export class Table<T extends { readonly id: string }> {
  readonly #rows: T[] = [];
  readonly #rowById = new Map<string, number>();
  readonly #rowsByKey = new Map<string, Set<number>>();
  readonly #keysOf: (record: T) => readonly (string | undefined)[];

  constructor(keysOf: (record: T) => readonly (string | undefined)[]) {
    this.#keysOf = keysOf;
  }

  get size(): number {
    return this.#rows.length;
  }

  get(id: string): T | undefined {
    const row = this.#rowById.get(id);
    return row === undefined ? undefined : this.#rows[row];
  }

  /**
   * Adds a record or indexes its changed keys. Old keys are kept: readers check the records that they find.
   */
  put(record: T): void {
    const row = this.#rowById.get(record.id) ?? this.#rows.length;
    this.#rowById.set(record.id, row);
    this.#rows[row] = record;
    for (const key of this.#keysOf(record)) if (key !== undefined) this.#index(key, row);
  }

  clear(): void {
    this.#rows.length = 0;
    this.#rowById.clear();
    this.#rowsByKey.clear();
  }

  all(): readonly T[] {
    return this.#rows;
  }

  /**
   * Newest first, starting after the record `after`. If `keys` are given, only records found under one of
   * them.
   */
  *newestFirst(after?: string, keys?: readonly string[]): Generator<T> {
    const below = after === undefined ? this.#rows.length : (this.#rowById.get(after) ?? 0);
    const rows = keys === undefined ? downFrom(below) : this.#found(keys, below);
    for (const row of rows) {
      const record = this.#rows[row];
      if (record !== undefined) yield record;
    }
  }

  /** Oldest first. */
  underKey(key: string): T[] {
    return [...this.newestFirst(undefined, [key])].reverse();
  }

  #found(keys: readonly string[], below: number): number[] {
    const rows = new Set<number>();
    for (const key of keys) {
      const own = this.#rowById.get(key);
      if (own !== undefined) rows.add(own);
      for (const row of this.#rowsByKey.get(key) ?? []) rows.add(row);
    }
    return [...rows].filter((row) => row < below).sort((a, b) => b - a);
  }

  #index(key: string, row: number): void {
    const rows = this.#rowsByKey.get(key);
    if (rows === undefined) this.#rowsByKey.set(key, new Set([row]));
    else rows.add(row);
  }
}

function* downFrom(below: number): Generator<number> {
  for (let row = below - 1; row >= 0; row--) yield row;
}
