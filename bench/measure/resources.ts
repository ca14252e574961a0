/** Memory after thousands of sessions, and the cost of many open sessions while nothing happens. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Part } from '../part.ts';
import type { OpenedSession, ProductStand } from '../stand/product.ts';
import { inParallel } from '../stand/waiting.ts';
import { median } from '../stats.ts';
import { WIDTH } from './rounds.ts';

export interface Memory {
  readonly sessions: number;
  readonly residentMb: number;
  readonly residentMbAfterTwice: number;
  readonly growth: number;
}

/**
 * Resident memory after `sessions` whole sessions and after the same number again. The process may have had
 * some before.
 */
export async function measureMemory(part: Part, product: ProductStand, sessions: number): Promise<Memory> {
  const residentMb = await afterMore(part, product, 'memory', sessions);
  const residentMbAfterTwice = await afterMore(part, product, 'memory-again', sessions);
  return { sessions, residentMb, residentMbAfterTwice, growth: residentMbAfterTwice / residentMb - 1 };
}

async function afterMore(part: Part, product: ProductStand, name: string, count: number): Promise<number> {
  const references = Array.from({ length: count }, (_, index) => `${name}-${index}`);
  const readings: number[] = [];
  await inParallel(references, WIDTH, async (reference) => {
    await part.busy(reference);
    readings.push(product.processes.reduce((sum, { residentMb }) => sum + residentMb(), 0));
  });
  // A single reading depends on the time of the last garbage collection.
  return median(readings.slice(-Math.ceil(count / 10)));
}

/** Opens sessions and leaves them open. */
export function openMany(product: ProductStand, name: string, count: number): Promise<OpenedSession[]> {
  const references = Array.from({ length: count }, (_, index) => `${name}-${index}`);
  return inParallel(references, WIDTH, (reference) => product.open(reference));
}

/** Share of one core that the product takes while it gets no requests. */
export async function measureIdle(product: ProductStand, seconds: number): Promise<number> {
  const cpu = () => product.processes.reduce((sum, { cpuSeconds }) => sum + cpuSeconds(), 0);
  // Work that the last request left behind is not idling.
  await sleep(5_000);
  const before = cpu();
  await sleep(seconds * 1_000);
  return (cpu() - before) / seconds;
}
