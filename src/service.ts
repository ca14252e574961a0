import type { Client, Connection } from '@temporalio/client';
import type { Config } from './config/config.ts';
import type { GatewayRegistry } from './gateways/registry.ts';
import type { Openings } from './health/openings.ts';
import type { StoreFigures } from './health/store-figures.ts';
import type { Store } from './store/open.ts';
import type { Logger } from './telemetry/log.ts';
import type { Metrics } from './telemetry/metrics.ts';
import type { Tracing } from './telemetry/tracing/tracing.ts';
import type { Namespace } from './temporal/namespace.ts';
import type { MoneyRuns } from './temporal/money-runs.ts';
import type { PaymentRuns } from './temporal/payment-runs.ts';
import type { FirstAttempts } from './updates/first-attempts.ts';
import type { Recording } from './updates/recording.ts';

/** What all parts of a process share. Created once, in run-service.ts. */
export interface Service {
  readonly config: Config;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Null where no traces are made. */
  readonly tracing: Tracing | null;
  readonly gateways: GatewayRegistry;
  readonly store: Store;
  readonly client: Client;
  readonly connection: Connection;
  readonly namespace: Namespace;
  readonly openings: Openings;
  readonly storeFigures: StoreFigures;
  readonly runs: PaymentRuns;
  readonly money: MoneyRuns;
  /** Notifies the merchant of committed updates. Has no effect in a process that does not notify. */
  readonly firstAttempts: FirstAttempts;
  /** Records findings, and has the merchant notified of them. */
  readonly recording: Recording;
  /** Reports a fault that only a person can repair. The process ends with this error. */
  readonly fail: (error: Error) => void;
}
