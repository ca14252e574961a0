/** A switch that makes a gateway's sandbox misbehave until it is turned off. The core knows nothing else of it. */
export interface SandboxFault {
  readonly name: string;
  /** What goes wrong, in one sentence. */
  readonly summary: string;
  /** What paidonce does about it, and so what there is to see. */
  readonly watch: string;
  /** The page of the dashboard that shows it, below `/dashboard`. */
  readonly page: string;
  /** The body of `POST /__sim/faults` that turns it on, and the one that turns it off. */
  readonly on: Readonly<Record<string, unknown>>;
  readonly off: Readonly<Record<string, unknown>>;
}
