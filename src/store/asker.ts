/** Who has a thing decided or done again. Kept in the timeline and the audit, and nowhere else. */
export interface Asker {
  /** A person's name, or that of the key where none was given. */
  readonly actor: string;
  /** The name of the API key. */
  readonly key: string;
  readonly reason: string;
}

/** As the timeline says it. */
export function nameOf({ actor, key }: Omit<Asker, 'reason'>): string {
  return actor === key ? key : `${actor} (key ${key})`;
}
