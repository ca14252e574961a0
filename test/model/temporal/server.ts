/**
 * A small Temporal server and worker in one process, on our clock. It has only the features that `workflows/`
 * can see.
 */
import type { Clock } from '../world/clock.ts';
import type { ActivityTry } from './activity-try.ts';
import { Run, type Message } from './run.ts';

export type Workflows = Readonly<Record<string, (input: never) => Promise<unknown>>>;
type Activities = Readonly<Record<string, (...args: unknown[]) => Promise<unknown>>>;

/** The faults of this server, as the world sets them. */
export interface ServerTrouble {
  /** Whether the result of an activity is lost with its process. */
  losesResult(tried: ActivityTry): boolean;
  /** The time from one machine to another, in milliseconds. */
  hop(): number;
  /** The number of activations after which a run is told to continue as new. */
  longRun(): number;
  /** Whether messages of the start are delivered before the workflow's first line. */
  isTogether(): boolean;
}

export interface Address {
  readonly type: string;
  readonly workflowId: string;
  readonly input: object;
}

export class ToyServer {
  readonly clock: Clock;
  readonly trouble: ServerTrouble;
  readonly workflows: Record<string, (input: object) => Promise<unknown>>;
  readonly #makeActivities: () => Activities;
  #activities: Activities | null = null;
  /** The run whose conditions have to be checked. */
  active: Run | null = null;
  /** The first unexpected error. */
  failure: Error | null = null;
  readonly #open = new Map<string, Run>();
  #runs = 0;

  /** Activities are created before the first one runs. */
  constructor(clock: Clock, trouble: ServerTrouble, workflows: Workflows, activities: () => object) {
    this.clock = clock;
    this.trouble = trouble;
    this.#makeActivities = activities as () => Activities;
    this.workflows = workflows as unknown as ToyServer['workflows'];
  }

  get activities(): Activities {
    this.#activities ??= this.#makeActivities();
    return this.#activities;
  }

  hop(): number {
    return this.trouble.hop();
  }

  /** Ids of the workflows that have a run. */
  open(): string[] {
    return [...this.#open.keys()];
  }

  /** Signal with start. */
  tell({ type, workflowId, input }: Address, message: Message): void {
    const run = this.#open.get(workflowId);
    if (run === undefined) this.begin(type, workflowId, input, [message]);
    else run.tell(message);
  }

  /** A plain signal. Returns false where no run is open. */
  tellIfOpen(workflowId: string, message: Message): boolean {
    const run = this.#open.get(workflowId);
    run?.tell(message);
    return run !== undefined;
  }

  /** Starts a run where none is open. Returns the id of the open run. */
  ensure(type: string, workflowId: string, input: object): string {
    if (!this.#open.has(workflowId)) this.begin(type, workflowId, input, []);
    return this.#open.get(workflowId)?.runId ?? '';
  }

  begin(type: string, workflowId: string, input: object, messages: readonly Message[]): void {
    this.#runs += 1;
    const runId = `run-${this.#runs}`;
    const run = new Run(this, { type, workflowId, runId, long: this.trouble.longRun() });
    this.#open.set(workflowId, run);
    run.start(input, messages, this.trouble.isTogether());
  }

  forget(run: Run): void {
    if (this.#open.get(run.workflowId) === run) this.#open.delete(run.workflowId);
  }

  /**
   * Deletes a run's state and history, as when the server's last seconds are lost or a person terminates the
   * run.
   */
  lose(workflowId: string): void {
    this.#open.get(workflowId)?.close();
  }

  fail(error: unknown, what: string): void {
    this.failure ??= new Error(`${what}: ${String(error)}`, { cause: error });
  }

  /** Lets all immediate effects of the last event happen. */
  async settle(): Promise<void> {
    await microtasks();
    for (let run = this.active; run !== null && run.unblock(); run = this.active) await microtasks();
    this.active = null;
  }
}

/** Resolves once there is no microtask left. */
export function microtasks(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
