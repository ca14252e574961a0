/** A bug of the kind that people make in payment systems, and how the model tells that it is there. */

/** Functions by name, each called with the one in whose place it stands. */
export type Planted = Readonly<Record<string, (real: never, ...args: never[]) => unknown>>;

export interface Plant {
  /** A part of what the model says of it. */
  readonly found: RegExp;
  /** Anew for each schedule, since some remember. */
  plant(): Planted;
}

export type Plants = Readonly<Record<string, Plant>>;
