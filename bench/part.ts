import type { Child } from './stand/measured-child.ts';

/** The product with encrypted payloads, beside the same product without. */
export const ENCRYPTED = 'paidonce-encrypted';
/** The product with traces, every one of them kept, beside the same product without. */
export const TRACED = 'paidonce-traced';

/** What one session took, in milliseconds. */
export interface Sample {
  readonly openMs: number;
  /** Callback (or signal) sent → order paid (or run completed). */
  readonly callbackToPaidMs: number;
  /** Callback sent → merchant has the update; only for the product. */
  readonly callbackToToldMs?: number;
  /** Callback sent → answered; only for the product, and one at a time. */
  readonly ackMs?: number;
}

export interface Finished {
  readonly workflowId: string;
  readonly namespace: string;
  /** Requests for the figures are made outside of the measured time. */
  sample(): Promise<Sample>;
}

/** One of the compared parts. */
export interface Part {
  readonly name: string;
  readonly processes: readonly Child[];
  /** A whole session among many. */
  busy(reference: string): Promise<Finished>;
  /** A whole session with nothing else going on. */
  alone(reference: string): Promise<Finished>;
}
