/**
 * Rate, latencies and CPU of each part, in turn: A B C, A B C, so that a slow minute of the machine affects
 * all of them.
 */
import type { Client } from '@temporalio/client';
import type { Finished, Part, Sample } from '../part.ts';
import type { Child } from '../stand/measured-child.ts';
import { inParallel } from '../stand/waiting.ts';
import { median, percentiles, type Percentiles } from '../stats.ts';

/** Sessions at a time. */
export const WIDTH = 20;

export interface RoundSizes {
  readonly rounds: number;
  /** Sessions before anything is measured, since compilers and pools are cold. */
  readonly warmUp: number;
  readonly alone: number;
  readonly busy: number;
}

export interface Latencies {
  readonly openMs: Percentiles;
  readonly callbackToPaidMs: Percentiles;
  readonly callbackToToldMs?: Percentiles;
  readonly ackMs?: Percentiles;
}

export interface PartResult {
  /** 20 at a time; the median of the rounds. */
  readonly sessionsPerSecond: number;
  readonly sessionsPerSecondByRound: readonly number[];
  readonly busy: Latencies;
  readonly alone: Latencies;
  /** By process, for a session among 20. */
  readonly cpuSecondsPerSession: Readonly<Record<string, number>>;
  readonly cpuSecondsPerSessionInAll: number;
  readonly historyEvents: number;
}

interface Collected {
  readonly part: Part;
  readonly rates: number[];
  readonly alone: Sample[];
  readonly busy: Sample[];
  readonly cpu: Map<string, number>;
  sessions: number;
  last?: Finished;
}

/** Runs all rounds. `shared` are processes that work for every part: the server and this one. */
export async function measureRounds(
  parts: readonly Part[],
  shared: readonly Pick<Child, 'name' | 'cpuSeconds'>[],
  sizes: RoundSizes,
  clientOf: (namespace: string) => Client,
): Promise<Map<string, PartResult>> {
  const all = parts.map((part): Collected => ({
    part,
    rates: [],
    alone: [],
    busy: [],
    cpu: new Map(),
    sessions: 0,
  }));
  for (const { part } of all) await warmUp(part, sizes.warmUp);
  for (let round = 1; round <= sizes.rounds; round += 1) {
    for (const collected of all) await aloneRound(collected, round, sizes.alone);
    for (const collected of all) await busyRound(collected, round, sizes.busy, shared);
  }
  const results = new Map<string, PartResult>();
  for (const collected of all) {
    const { workflowId, namespace } = collected.last as Finished;
    const { historyLength } = await clientOf(namespace).workflow.getHandle(workflowId).describe();
    results.set(collected.part.name, resultOf(collected, historyLength));
  }
  return results;
}

async function warmUp(part: Part, count: number): Promise<void> {
  await inParallel(references(part, 'warm', count), WIDTH, (reference) => part.busy(reference));
}

async function aloneRound(collected: Collected, round: number, count: number): Promise<void> {
  for (const reference of references(collected.part, `alone-${round}`, count)) {
    const done = await collected.part.alone(reference);
    collected.alone.push(await done.sample());
  }
}

async function busyRound(
  collected: Collected,
  round: number,
  count: number,
  shared: readonly Pick<Child, 'name' | 'cpuSeconds'>[],
): Promise<void> {
  const { part } = collected;
  const processes = [...part.processes, ...shared];
  const before = processes.map((process) => process.cpuSeconds());
  const begun = performance.now();
  const done = await inParallel(references(part, `busy-${round}`, count), WIDTH, (reference) =>
    part.busy(reference),
  );
  collected.rates.push((count * 1_000) / (performance.now() - begun));
  processes.forEach((process, index) => {
    const used = process.cpuSeconds() - (before[index] ?? 0);
    collected.cpu.set(process.name, (collected.cpu.get(process.name) ?? 0) + used);
  });
  collected.sessions += count;
  collected.last = done.at(-1) as Finished;
  for (const session of done) collected.busy.push(await session.sample());
}

function references(part: Part, round: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${part.name}-${round}-${index}`);
}

function resultOf(collected: Collected, historyEvents: number): PartResult {
  const perSession = [...collected.cpu].map(
    ([name, seconds]) => [name, seconds / collected.sessions] as const,
  );
  return {
    sessionsPerSecond: median(collected.rates),
    sessionsPerSecondByRound: collected.rates,
    busy: latenciesOf(collected.busy),
    alone: latenciesOf(collected.alone),
    cpuSecondsPerSession: Object.fromEntries(perSession),
    cpuSecondsPerSessionInAll: perSession.reduce((sum, [, seconds]) => sum + seconds, 0),
    historyEvents,
  };
}

function latenciesOf(samples: readonly Sample[]): Latencies {
  const of = (name: keyof Sample) => samples.map((sample) => sample[name]).filter((ms) => ms !== undefined);
  const told = of('callbackToToldMs');
  const ack = of('ackMs');
  return {
    openMs: percentiles(of('openMs')),
    callbackToPaidMs: percentiles(of('callbackToPaidMs')),
    ...(told.length > 0 && { callbackToToldMs: percentiles(told) }),
    ...(ack.length > 0 && { ackMs: percentiles(ack) }),
  };
}
