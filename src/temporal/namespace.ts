/**
 * What payments need in their namespace. It is created at the start, and again after the server was replaced
 * while the process ran.
 */
import { ScheduleNotFoundError, type Client, type Connection } from '@temporalio/client';
import type { Config } from '../config/config.ts';
import type { Gateway } from '../gateways/gateway.ts';
import { WrongAccount } from '../store/store-health.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { UnreadablePayload } from './payload-codec.ts';
import { withTimeout } from './run-calls.ts';
import {
  addSearchAttributes,
  checkSweepStamp,
  makeSchedules,
  missingSearchAttributes,
  schedulesOf,
  type GatewayStamp,
} from './setup.ts';

export interface Namespace {
  /**
   * Checks, for at most 2 s, which account the namespace belongs to, and so whether this process has the key
   * of its payloads. One that does not answer, or has no stamp yet, is accepted.
   * @throws WrongAccount | UnreadablePayload
   */
  checkStamp(stamp: GatewayStamp): Promise<void>;
  /** Creates everything that is missing. @throws WrongAccount, UnreadablePayload, or any error of Temporal */
  prepare(): Promise<void>;
  /**
   * The same, shared by all callers that find something missing at the same time, and at most once in 5 s.
   * True once everything is there.
   */
  repair(): Promise<boolean>;
  /**
   * Checks and changes nothing.
   * @throws Error where Temporal does not answer, or naming the missing search attributes
   */
  check(): Promise<void>;
  /**
   * Regularly repairs everything that is missing: search attributes and every Schedule. The returned function
   * ends it.
   */
  watch(everyMs?: number): () => Promise<void>;
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
const REPAIRED_EVERY_MS = 5_000;
const REPAIR_LIMIT_MS = 10_000;
/** Meanwhile no payment can be opened, unless a refused start has the namespace repaired first. */
const WATCHED_EVERY_MS = 15_000;

/** Creates the keeper of a process's namespace. */
export function createNamespace(deps: NamespaceDependencies): Namespace {
  return new KeptNamespace(deps);
}

/** Whether only a person can repair it. */
function isForPeople(error: unknown): error is Error {
  return error instanceof WrongAccount || error instanceof UnreadablePayload;
}

class KeptNamespace implements Namespace {
  readonly #deps: NamespaceDependencies;
  #repairing: Promise<boolean> | null = null;
  #repairedAt = -Infinity;

  constructor(deps: NamespaceDependencies) {
    this.#deps = deps;
  }

  async checkStamp(stamp: GatewayStamp): Promise<void> {
    try {
      await withTimeout(checkSweepStamp(this.#deps.client, stamp), STAMP_LIMIT_MS);
    } catch (error) {
      const { cause } = error as Error;
      if (isForPeople(cause)) throw cause;
    }
  }

  async prepare(): Promise<void> {
    const { client, connection, config, gateways, log } = this.#deps;
    // Sweeps first: their stamp shows the owner of the namespace before anything is added, and `check` sees
    // only the attributes.
    for (const { id: gateway, account, mode } of gateways.all) {
      const settings = { taskQueue: config.TEMPORAL_TASK_QUEUE, sweepEveryMs: config.SWEEP_INTERVAL };
      const hasSchedules = await makeSchedules(client, { gateway, account, mode }, settings);
      if (!hasSchedules)
        log.warn(
          { gateway },
          'this Temporal server has no Schedules: payments whose callbacks are lost are not found',
        );
    }
    await addSearchAttributes(connection, config.TEMPORAL_NAMESPACE).catch((error: unknown) =>
      log.warn(
        { reason: String(error) },
        'search attributes could not be added; an administrator must add them (paidonce doctor names them)',
      ),
    );
  }

  repair(): Promise<boolean> {
    this.#repairing ??= this.#repairOnce().finally(() => {
      this.#repairing = null;
    });
    return this.#repairing;
  }

  async check(): Promise<void> {
    const { connection, config } = this.#deps;
    const [missing] = await Promise.all([
      this.#missingAttributes(),
      connection.workflowService.describeNamespace({ namespace: config.TEMPORAL_NAMESPACE }),
    ]);
    if (missing.length === 0) return;
    throw new Error(
      `search attributes are missing (${missing.join(', ')}), so no payment can be opened; they are added within ${WATCHED_EVERY_MS / 1_000} s`,
    );
  }

  watch(everyMs = WATCHED_EVERY_MS): () => Promise<void> {
    let running: Promise<unknown> = Promise.resolve();
    const timer = setInterval(() => {
      running = withTimeout(this.#repairMissing(), REPAIR_LIMIT_MS).catch(() => undefined);
    }, everyMs);
    return async () => {
      clearInterval(timer);
      await running;
    };
  }

  async #repairMissing(): Promise<void> {
    if ((await this.#missing()).length > 0) await this.repair();
  }

  async #repairOnce(): Promise<boolean> {
    const { log, metrics, fail } = this.#deps;
    if (performance.now() - this.#repairedAt < REPAIRED_EVERY_MS) return false;
    this.#repairedAt = performance.now();
    log.warn(
      'the namespace lacks search attributes or a sweep: was the server replaced? They are created now',
    );
    try {
      await withTimeout(this.prepare(), REPAIR_LIMIT_MS);
      const missing = await withTimeout(this.#missing(), REPAIR_LIMIT_MS);
      metrics.namespaceRepairs.inc({ outcome: missing.length === 0 ? 'done' : 'failed' });
      return missing.length === 0;
    } catch (error) {
      const { cause } = error as Error;
      if (isForPeople(cause)) fail(cause);
      metrics.namespaceRepairs.inc({ outcome: 'failed' });
      log.warn(
        { reason: String(cause ?? error) },
        'the namespace could not be repaired; it is tried again at the next check',
      );
      return false;
    }
  }

  /** The names of missing search attributes and the ids of missing Schedules. */
  async #missing(): Promise<string[]> {
    const found = await Promise.all([this.#missingAttributes(), this.#missingSchedules()]);
    return found.flat();
  }

  /** Empty where we may not list them: then only a start can show that one is missing. */
  #missingAttributes(): Promise<string[]> {
    const { connection, config } = this.#deps;
    return missingSearchAttributes(connection, config.TEMPORAL_NAMESPACE).catch(() => []);
  }

  /**
   * Empty unless the server says that a Schedule does not exist: it may be away, or have no Schedules at all.
   */
  async #missingSchedules(): Promise<string[]> {
    const { client, config, gateways } = this.#deps;
    const ids = gateways.all.flatMap(({ id }) =>
      schedulesOf(id, config.SWEEP_INTERVAL).map((schedule) => schedule.id),
    );
    const found = await Promise.allSettled(ids.map((id) => client.schedule.getHandle(id).describe()));
    return ids.filter((_, index) => {
      const each = found[index];
      return each?.status === 'rejected' && each.reason instanceof ScheduleNotFoundError;
    });
  }
}
