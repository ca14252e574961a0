/** The server of the workflows, with its clock and its trouble. */
import type { MoneyRuns } from '../../../src/temporal/money-runs.ts';
import type { PaymentRuns } from '../../../src/temporal/payment-runs.ts';
import type { Chance } from './chance.ts';
import type { Clock } from './clock.ts';
import type { Trouble } from './trouble.ts';
import type { Weather } from './weather.ts';
import type { World } from './world.ts';

/** The parts of a Temporal server that a schedule uses. */
export interface ServerPart {
  /** The first unexpected error. */
  readonly failure: Error | null;
  fail(error: unknown, what: string): void;
  /** Ids of the workflows that have a run, as far as the server can list them. */
  open(): readonly string[];
  /** Deletes a run and its history. */
  lose(workflowId: string): void;
  /** Lets all immediate effects of the last event happen. */
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
  /** Gives a world its server. The world's activities are created before the first one runs. */
  connect(world: World): Connected;
}
