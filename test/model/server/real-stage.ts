/**
 * Worlds on a real Temporal server whose clock runs ahead: workflows from the bundle, activities of the
 * sources. Some trouble is left out, since this server (Java's) does not support it or since it would stop
 * the server's clock: processes that die half-way, messages whose answer is lost, runs that are lost or
 * continue as new. Two checks are left out too, since the clock jumps past them: which runs are open, and
 * whether a callback or a hold has its effect in time. The core has all of that.
 * The server has two known faults: it loses a task when a message cancels a timer that has just fired, and an
 * update to a closing run. Both are waited for, see `batch.ts`.
 */
import { setTimeout as rest } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { createMoneyRuns } from '../../../src/temporal/money-runs.ts';
import { createPaymentRuns } from '../../../src/temporal/payment-runs.ts';
import { GatewayUnavailable } from '../../../src/gateways/gateway-errors.ts';
import { bundleWorkflows, startWorkers } from '../../support/workers.ts';
import { MissingActivity, type AnyActivity } from '../../support/run-activities.ts';
import { addSearchAttributes, startTimeSkippingServer } from '../../support/time-skipping.ts';
import { isExpected } from '../temporal/activity-try.ts';
import { Clock, time } from '../world/clock.ts';
import type { ServerPart, Stage } from '../world/stage.ts';
import { Trouble } from '../world/trouble.ts';
import type { World } from '../world/world.ts';

/**
 * This server loses an update that meets a closing run. The caller gets no answer for this time, and then may
 * repeat the update.
 */
const RUNS = { taskQueue: 'payments', updateTimeoutMs: 4_000, signalTimeoutMs: 30_000 };

/** A day without the gateway would be thousands of retries. */
const LEFT_OUT = { deaths: 0, lostSignals: 0, outlivesKeys: false, longRun: Infinity };

/** Those of both PSPs. */
const GATEWAYS = ['dintero', 'stripe'];

const LONGEST_STOP_MS = 10_000;

export interface RealStage extends Stage {
  readonly env: TestWorkflowEnvironment;
  /** Counts the activities: while it changes, work is going on. */
  readonly pulse: { running: number; ended: number };
  forget(world: World): void;
  close(): Promise<void>;
}

type Activities = Partial<Record<string, (...args: unknown[]) => Promise<unknown>>>;

interface Played {
  /** The world's activities, created at the first call. */
  readonly activities: () => Activities;
  readonly server: RealServer;
}

export async function startRealStage(): Promise<RealStage> {
  quieten();
  const env = await startTimeSkippingServer();
  await addSearchAttributes(env);
  const worlds = new Map<string, Played>();
  const pulse = { running: 0, ended: 0 };
  const activities = routed(worlds, pulse);
  const stop = await startWorkers(env.nativeConnection, await bundleWorkflows(), activities, GATEWAYS);
  const [runs, money] = [createPaymentRuns(env.client, RUNS), createMoneyRuns(env.client, RUNS)];
  time.now = await env.currentTimeMs();
  return {
    env,
    pulse,
    referenceOf: (seed) => `m${seed}`,
    clock: () => new Clock(time.now),
    trouble: (weather, chance, clock, say) =>
      new RealTrouble({ ...weather, ...LEFT_OUT }, chance, clock, say),
    connect(world) {
      let made: Activities | undefined;
      const activities = () => (made ??= world.activities() as unknown as Activities);
      const server = new RealServer();
      worlds.set(world.reference, { activities, server });
      return { server, runs, money };
    },
    forget: ({ reference }) => void worlds.delete(reference),
    async close() {
      // Workers may wait for a stuck server for ever, so the server is ended without them.
      await Promise.race([stop().catch(() => undefined), rest(LONGEST_STOP_MS, undefined, { ref: false })]);
      await env.teardown();
    },
  };
}

let isQuiet = false;

/** Once in a process. The warnings about this server's limits are dropped. */
function quieten(): void {
  if (isQuiet) return;
  isQuiet = true;
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    shutdownSignals: [],
    telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' } } },
  });
}

/** Forwards each activity to the world of its order. */
function routed(worlds: ReadonlyMap<string, Played>, pulse: RealStage['pulse']): AnyActivity {
  const play = async ({ activities, server }: Played, name: string, input: unknown) => {
    try {
      const activity = activities()[name];
      if (activity === undefined) throw new MissingActivity(`the model has no activity ${name}`);
      return await activity(input);
    } catch (error) {
      if (!isExpected(error)) server.fail(error, `${name} failed`);
      throw error;
    }
  };
  return {
    async default(input) {
      const reference = referenceOf(input);
      const played = worlds.get(reference);
      if (played === undefined) throw new Error(`no schedule plays order ${reference} any more`);
      const { activityType, currentAttemptScheduledTimestampMs } = Context.current().info;
      time.now = Math.max(time.now, currentAttemptScheduledTimestampMs);
      pulse.running += 1;
      try {
        return await play(played, activityType, input);
      } finally {
        pulse.running -= 1;
        pulse.ended += 1;
      }
    },
  };
}

/** Ids that begin with `m7-p2` or with `m7/` belong to order m7. */
function referenceOf(input: unknown): string {
  if (typeof input === 'string') return input.replace(/(-p\d+)?\/.*$/, '');
  const { orderReference, paymentId } = input as { orderReference?: string; paymentId: string };
  return orderReference ?? paymentId.replace(/-p\d+$/, '');
}

class RealServer implements ServerPart {
  failure: Error | null = null;

  fail(error: unknown, what: string): void {
    this.failure ??= new Error(`${what}: ${String(error)}`, { cause: error });
  }

  /** This server has no list of runs. */
  open(): readonly string[] {
    return [];
  }

  lose(): void {
    throw new Error('terminating a run can stop the clock of this server');
  }

  settle(): Promise<void> {
    return Promise.resolve();
  }
}

class RealTrouble extends Trouble {
  override get isCalm(): boolean {
    return false;
  }

  override answered<Answer>(answer: () => Answer): Promise<Answer> {
    return Promise.resolve(answer());
  }

  override async callGateway<Answer>(what: string, work: () => Answer, lost?: Answer): Promise<Answer> {
    const isSilent = this.isAway('gateway');
    const isLost = this.hits(this.weather.silence);
    const unavailable = () => new GatewayUnavailable(what, { kind: 'silent' });
    if (isSilent || (isLost && this.hits(0.5))) throw unavailable();
    const answer = work();
    if (!isLost) return answer;
    if (lost !== undefined) return lost;
    throw unavailable();
  }
}
