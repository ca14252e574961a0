/** A typical bug of a payment system, and how the model reports it. */

/** Replacements by name. Each gets the replaced function as its first argument. */
export type Planted = Readonly<Record<string, (real: never, ...args: never[]) => unknown>>;

export interface Plant {
  /** Matches the broken promise that the model reports. */
  readonly found: RegExp;
  /** Called for each schedule, since some bugs have a memory. */
  plant(): Planted;
}

export type Plants = Readonly<Record<string, Plant>>;
