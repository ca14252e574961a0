/** What the background jobs of a process share. */
import type { Db } from '../store/open.ts';
import type { Logger } from '../telemetry/log.ts';
import type { MoneyRuns } from '../temporal/money-runs.ts';
import type { PaymentRuns } from '../temporal/payment-runs.ts';
import type { FirstAttempts } from '../updates/first-attempts.ts';

/** What is taken from the store at once. */
export const BATCH = 20;

/** How long what is kept for people is kept, in milliseconds; undefined is for ever. */
export interface Retentions {
  readonly deliveries: number;
  readonly timeline?: number | undefined;
  readonly updates?: number | undefined;
}

export interface ForwarderDependencies {
  readonly db: Db;
  readonly runs: Pick<PaymentRuns, 'callback' | 'look' | 'tell'>;
  readonly firstAttempts: Pick<FirstAttempts, 'tell' | 'tellUntold'>;
  readonly money: Pick<MoneyRuns, 'request' | 'requestGiveBack'>;
  readonly log: Logger;
  readonly retentionMs: Retentions;
  /** How often a hold is read. */
  readonly pollIntervalMs: number;
  /** Whether this process has an ORDER_WEBHOOK_URL: without one it wakes nobody to tell. */
  readonly tells: boolean;
  /** Whether the money is real, for what the merchant is told. */
  readonly livemode: boolean;
}

/** The jobs of one forwarder take their turns with Temporal, and ask for none once they are to stop. */
export interface Jobs extends ForwarderDependencies {
  readonly stopping: AbortSignal;
}
