/**
 * The person or system that asked for a decision or a repetition. Kept only in the timeline and the audit
 * log.
 */
export interface Asker {
  /** A person's name, or the name of the key where no person was given. */
  readonly actor: string;
  /** The name of the API key. */
  readonly key: string;
  readonly reason: string;
}

/** The name as the timeline shows it. */
export function nameOf({ actor, key }: Omit<Asker, 'reason'>): string {
  return actor === key ? key : `${actor} (key ${key})`;
}
