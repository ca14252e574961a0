/**
 * One activity of a run, retried until it succeeds, as Temporal does it, and as often as a worker dies during
 * it.
 */
import { ApplicationFailure } from '@temporalio/common';
import type { RetryPolicy } from '@temporalio/common';
import { RunsUnavailable } from '../../../src/temporal/run-calls.ts';
import { currentActivity, enterActivity } from './current.ts';
import { milliseconds } from './duration.ts';
import type { Run } from './run.ts';

export interface ActivityOptions {
  readonly retry?: RetryPolicy;
}

/** The time until the server notices that the activity's process is gone. */
const NOTICED_MS = 8_000;

/** One try. Only the result of the newest one counts. */
export interface ActivityTry {
  readonly name: string;
  readonly attempt: number;
  readonly scheduledAt: number;
  readonly run: Run;
  /** Its process is killed at this point, or stands still for so long that another try starts. */
  die(): void;
}

export function callActivity(
  run: Run,
  name: string,
  args: readonly unknown[],
  options: ActivityOptions,
): Promise<unknown> {
  return new Promise((resolve) => new Call(run, name, args, options, resolve).begin(1, run.server.hop()));
}

class Call {
  readonly run: Run;
  readonly name: string;
  readonly args: readonly unknown[];
  readonly options: ActivityOptions;
  readonly resolve: (value: unknown) => void;
  readonly #scheduledAt: number;
  #attempt = 0;

  constructor(
    run: Run,
    name: string,
    args: readonly unknown[],
    options: ActivityOptions,
    resolve: (value: unknown) => void,
  ) {
    this.run = run;
    this.name = name;
    this.args = args;
    this.options = options;
    this.resolve = resolve;
    this.#scheduledAt = run.server.clock.now;
  }

  begin(attempt: number, delay: number): void {
    this.#attempt = attempt;
    this.run.server.clock.after(delay, () => {
      if (!this.run.isClosed) this.#try(attempt);
    });
  }

  #try(attempt: number): void {
    const { run, name } = this;
    const isDying = { already: false };
    const tried: ActivityTry = {
      name,
      attempt,
      scheduledAt: this.#scheduledAt,
      run,
      die: () => {
        if (isDying.already) return;
        isDying.already = true;
        this.#again(attempt, NOTICED_MS);
      },
    };
    enterActivity(tried);
    const activity = run.server.activities[name];
    if (activity === undefined) throw new Error(`there is no activity ${name}`);
    void activity(...this.args).then(
      (value) => this.#end(tried, value),
      (error: unknown) => this.#fail(attempt, error),
    );
  }

  #end(tried: ActivityTry, value: unknown): void {
    const { server } = this.run;
    if (tried.attempt !== this.#attempt) return;
    // The work is done, and the process dies before it can report the result.
    if (server.trouble.losesResult(tried)) return this.#again(tried.attempt, NOTICED_MS);
    this.#attempt = Infinity;
    server.clock.after(server.hop(), () => this.run.activate(() => this.resolve(value)));
  }

  #fail(attempt: number, error: unknown): void {
    if (attempt !== this.#attempt) return;
    const { server } = this.run;
    if (!isExpected(error)) return server.fail(error, `${this.name} failed`);
    if (error instanceof ApplicationFailure && error.nonRetryable)
      return server.fail(error, `${this.name} failed permanently`);
    const given = error instanceof ApplicationFailure ? error.nextRetryDelay : undefined;
    this.#again(attempt, given == null ? this.#backOff(attempt) : milliseconds(given));
  }

  #again(attempt: number, delay: number): void {
    if (attempt === this.#attempt) this.begin(attempt + 1, delay);
  }

  #backOff(attempt: number): number {
    const {
      initialInterval = '1 second',
      backoffCoefficient = 2,
      maximumInterval,
    } = this.options.retry ?? {};
    const first = milliseconds(initialInterval);
    const most = maximumInterval === undefined ? 100 * first : milliseconds(maximumInterval);
    return Math.min(most, first * backoffCoefficient ** (attempt - 1));
  }
}

/**
 * Trouble that the model has made itself, which is retried. Any other error is a bug of ours or of the model.
 */
export class MadeTrouble extends Error {
  override readonly name = 'MadeTrouble';
}

/** Whether an activity that throws this error is retried. */
export function isExpected(error: unknown): boolean {
  return [MadeTrouble, ApplicationFailure, RunsUnavailable].some((kind) => error instanceof kind);
}

/** Kills the process of this activity, and never resolves. */
export function never<Value>(): Promise<Value> {
  currentActivity()?.die();
  return new Promise<Value>(() => undefined);
}
