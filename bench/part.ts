import type { Child } from './stand/measured-child.ts';

/** What one session took, in milliseconds. */
export interface Sample {
  readonly openMs: number;
  /** Callback (or signal) sent → order paid (or run completed). */
  readonly callbackToPaidMs: number;
  /** Callback sent → merchant has the update; of the product only. */
  readonly callbackToToldMs?: number;
  /** Callback sent → answered; of the product only, and one at a time. */
  readonly ackMs?: number;
}

export interface Finished {
  readonly workflowId: string;
  readonly namespace: string;
  /** What has to be asked for is asked for outside of the measured time. */
  sample(): Promise<Sample>;
}

/** One of the things that are compared. */
export interface Part {
  readonly name: string;
  readonly processes: readonly Child[];
  /** A whole session as one of many. */
  busy(reference: string): Promise<Finished>;
  /** A whole session with nothing else going on. */
  alone(reference: string): Promise<Finished>;
}
