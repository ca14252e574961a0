/** Where the workflows run, and what time and trouble are there. */
import type { MoneyRuns } from '../../../src/temporal/money-runs.ts';
import type { PaymentRuns } from '../../../src/temporal/payment-runs.ts';
import type { Chance } from './chance.ts';
import type { Clock } from './clock.ts';
import type { Trouble } from './trouble.ts';
import type { Weather } from './weather.ts';
import type { World } from './world.ts';

/** As much of a Temporal server as a schedule has to do with. */
export interface ServerPart {
  /** What nobody expected. */
  readonly failure: Error | null;
  fail(error: unknown, what: string): void;
  /** Ids of the workflows that have a run, as far as that can be told. */
  open(): readonly string[];
  /** A run and its history are gone. */
  lose(workflowId: string): void;
  /** Lets what has just happened lead to all that follows from it at once. */
  settle(): Promise<void>;
}

export interface Connected {
  readonly server: ServerPart;
  readonly runs: PaymentRuns;
  readonly money: MoneyRuns;
}

export interface Stage {
  referenceOf(seed: number): string;
  clock(): Clock;
  trouble(weather: Weather, chance: Chance, clock: Clock, say: (text: () => string) => void): Trouble;
  /** Gives a world its server; its activities are asked for when one is to run. */
  connect(world: World): Connected;
}
