/** What payments need of their namespace: made at the start, and again when somebody has replaced the server under us. */
import { ScheduleNotFoundError, type Client, type Connection } from '@temporalio/client';
import type { Config } from '../config/config.ts';
import type { Gateway } from '../gateways/gateway.ts';
import { WrongAccount } from '../store/health.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { withTimeout } from './calls.ts';
import {
  addSearchAttributes,
  checkSweepStamp,
  missingSearchAttributes,
  scheduleIdsOf,
  scheduleSweeps,
  type GatewayStamp,
} from './setup.ts';

export interface Namespace {
  /** Asks for 2 s at most whose it is; one that can't be asked, or has no stamp yet, is anybody's. @throws WrongAccount */
  checkStamp(stamp: GatewayStamp): Promise<void>;
  /** Makes whatever is not there. @throws WrongAccount, or whatever Temporal says */
  prepare(): Promise<void>;
  /** The same for all who find it missing at once, and every 5 s at most. True when all of it is there now. */
  mend(): Promise<boolean>;
  /** @throws Error when Temporal does not answer, or saying which search attributes are missing; they are being added then */
  check(): Promise<void>;
  /** Mends what is missing, every Schedule too. @throws what `check` throws */
  look(): Promise<void>;
  /** Looks every minute; the returned function ends it. */
  watch(): () => Promise<void>;
}

export interface NamespaceDependencies {
  readonly client: Client;
  readonly connection: Connection;
  readonly config: Pick<Config, 'TEMPORAL_NAMESPACE' | 'TEMPORAL_TASK_QUEUE' | 'SWEEP_INTERVAL'>;
  readonly gateways: { readonly all: readonly Pick<Gateway, 'id' | 'account' | 'mode'>[] };
  readonly metrics: Pick<Metrics, 'namespaceRepairs'>;
  readonly log: Logger;
  readonly fail: (error: Error) => void;
}

const STAMP_LIMIT_MS = 2_000;
const MENDED_EVERY_MS = 5_000;
const MEND_LIMIT_MS = 10_000;
const WATCHED_EVERY_MS = 60_000;

/** Builds the one keeper of a process's namespace. */
export function createNamespace(deps: NamespaceDependencies): Namespace {
  return new KeptNamespace(deps);
}

class KeptNamespace implements Namespace {
  readonly #deps: NamespaceDependencies;
  #mending: Promise<boolean> | null = null;
  #mendedAt = -Infinity;

  constructor(deps: NamespaceDependencies) {
    this.#deps = deps;
  }

  async checkStamp(stamp: GatewayStamp): Promise<void> {
    try {
      await withTimeout(checkSweepStamp(this.#deps.client, stamp), STAMP_LIMIT_MS);
    } catch (error) {
      const { cause } = error as Error;
      if (cause instanceof WrongAccount) throw cause;
    }
  }

  async prepare(): Promise<void> {
    const { client, connection, config, gateways, log } = this.#deps;
    // Sweeps first: their stamp says whose the namespace is before anything is added, and `check` sees the attributes only.
    for (const { id: gateway, account, mode } of gateways.all) {
      const settings = { taskQueue: config.TEMPORAL_TASK_QUEUE, intervalMs: config.SWEEP_INTERVAL };
      const hasSchedules = await scheduleSweeps(client, { gateway, account, mode }, settings);
      if (!hasSchedules)
        log.warn(
          { gateway },
          'this server has no schedules: payments whose callbacks are lost are not found',
        );
    }
    await addSearchAttributes(connection, config.TEMPORAL_NAMESPACE).catch((error: unknown) =>
      log.warn(
        { reason: String(error) },
        'search attributes not added; an administrator must (paidonce doctor names them)',
      ),
    );
  }

  mend(): Promise<boolean> {
    this.#mending ??= this.#mendOnce().finally(() => {
      this.#mending = null;
    });
    return this.#mending;
  }

  async check(): Promise<void> {
    const { connection, config } = this.#deps;
    const [missing] = await Promise.all([
      this.#missing(),
      connection.workflowService.describeNamespace({ namespace: config.TEMPORAL_NAMESPACE }),
    ]);
    if (missing.length === 0) return;
    void this.mend();
    throw new Error(
      `search attributes are missing (${missing.join(', ')}), no payment can be opened; they are being added`,
    );
  }

  watch(): () => Promise<void> {
    let running: Promise<unknown> = Promise.resolve();
    const timer = setInterval(() => {
      running = withTimeout(this.look(), MEND_LIMIT_MS).catch(() => undefined);
    }, WATCHED_EVERY_MS);
    return async () => {
      clearInterval(timer);
      await running;
    };
  }

  async look(): Promise<void> {
    const { client, gateways } = this.#deps;
    await this.check();
    const ids = gateways.all.flatMap(({ id }) => scheduleIdsOf(id));
    const found = await Promise.allSettled(ids.map((id) => client.schedule.getHandle(id).describe()));
    const isGone = found.some(
      (each) => each.status === 'rejected' && each.reason instanceof ScheduleNotFoundError,
    );
    if (isGone) await this.mend();
  }

  async #mendOnce(): Promise<boolean> {
    const { log, metrics, fail } = this.#deps;
    if (performance.now() - this.#mendedAt < MENDED_EVERY_MS) return false;
    this.#mendedAt = performance.now();
    log.warn('the namespace lacks search attributes or a sweep: was the server replaced? making them');
    try {
      await withTimeout(this.prepare(), MEND_LIMIT_MS);
      const missing = await withTimeout(this.#missing(), MEND_LIMIT_MS);
      metrics.namespaceRepairs.inc({ outcome: missing.length === 0 ? 'done' : 'failed' });
      return missing.length === 0;
    } catch (error) {
      const { cause } = error as Error;
      if (cause instanceof WrongAccount) fail(cause);
      metrics.namespaceRepairs.inc({ outcome: 'failed' });
      log.warn(
        { reason: String(cause ?? error) },
        'the namespace could not be mended; tried again when it is missed',
      );
      return false;
    }
  }

  /** None where we may not ask: then only a start can tell. */
  #missing(): Promise<string[]> {
    const { connection, config } = this.#deps;
    return missingSearchAttributes(connection, config.TEMPORAL_NAMESPACE).catch(() => []);
  }
}
