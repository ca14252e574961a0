/** The dependencies that the background jobs of a process share. */
import type { Db } from '../store/open.ts';
import type { RecordSettings } from '../store/record-finding/record-request.ts';
import type { Logger } from '../telemetry/log.ts';
import type { MoneyRuns } from '../temporal/money-runs.ts';
import type { PaymentRuns } from '../temporal/payment-runs.ts';
import type { FirstAttempts } from '../updates/first-attempts.ts';

/** How many rows are taken from the store at once. */
export const BATCH = 20;

/** How long data for people is kept, in milliseconds. Undefined: forever. */
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
  /** Whether this process has an ORDER_WEBHOOK_URL. Without one it wakes no run to notify the merchant. */
  readonly tells: boolean;
  /** Whether the money of a gateway is real. The updates to the merchant say so. */
  readonly livemode: RecordSettings['livemode'];
}

/** The jobs of one forwarder share its pace of calls to Temporal, and start no call once they must stop. */
export interface Jobs extends ForwarderDependencies {
  readonly stopping: AbortSignal;
}
