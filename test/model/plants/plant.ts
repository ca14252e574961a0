/** A typical bug of a payment system, and how the model reports it. */

import type { PspKind } from '../world/psp.ts';

/** Replacements by name. Each gets the replaced function as its first argument. */
export type Planted = Readonly<Record<string, (real: never, ...args: never[]) => unknown>>;

export interface Plant {
  /** The PSP with which it is found; `lagging` if it is left out. */
  readonly psp?: PspKind;
  /** Matches the broken promise that the model reports. */
  readonly found: RegExp;
  /** Called for each schedule, since some bugs have a memory. */
  plant(): Planted;
}

export type Plants = Readonly<Record<string, Plant>>;
