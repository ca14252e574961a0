/** A Temporal server and worker of a few lines, in one process and on our clock: what `workflows/` can see of them, and no more. */
import type { Clock } from '../world/clock.ts';
import type { ActivityTry } from './activity-try.ts';
import { Run, type Message } from './run.ts';

export type Workflows = Readonly<Record<string, (input: never) => Promise<unknown>>>;
type Activities = Readonly<Record<string, (...args: unknown[]) => Promise<unknown>>>;

/** What may go wrong here, as the world has it. */
export interface ServerTrouble {
  /** The result of an activity is lost with its process. */
  losesResult(tried: ActivityTry): boolean;
  /** Milliseconds from one machine to another. */
  hop(): number;
  /** After how many activations a run is told to continue as new. */
  longRun(): number;
  /** Whether messages that come with the start are handed over before the workflow's first line. */
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
  /** Whose conditions are to be looked at. */
  active: Run | null = null;
  /** What nobody expected. */
  failure: Error | null = null;
  readonly #open = new Map<string, Run>();
  #runs = 0;

  /** Its activities are asked for when the first is to run. */
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

  /** A plain signal; false where nobody is there. */
  tellIfOpen(workflowId: string, message: Message): boolean {
    const run = this.#open.get(workflowId);
    run?.tell(message);
    return run !== undefined;
  }

  /** Starts a run where none is open; the id of the one that is. */
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

  /** Its state and history are gone, as when the server's last seconds are lost, or somebody terminates it. */
  lose(workflowId: string): void {
    this.#open.get(workflowId)?.close();
  }

  fail(error: unknown, what: string): void {
    this.failure ??= new Error(`${what}: ${String(error)}`, { cause: error });
  }

  /** Lets what has just happened lead to all that follows from it at once. */
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
