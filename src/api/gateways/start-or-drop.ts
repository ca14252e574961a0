import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal, type ProblemCode } from '../refusal.ts';

interface Asked {
  /** Starts the run whose row is written already. @throws RunsUnavailable */
  readonly start: () => Promise<'started' | 'running'>;
  /** Deletes the row again. */
  readonly drop: () => Promise<void>;
  /** The rows of this gateway that are not ended, this one included. */
  readonly countRunning: () => Promise<number>;
  /** What is said where one runs at this gateway. */
  readonly running: { readonly code: ProblemCode; readonly detail: string };
}

/** A run writes its end to the store and is over with its next workflow task, later where the worker is busy. */
const CLOSES_WITHIN_MS = 5_000;
const PAUSE_MS = 200;

/** The row exists before its run, so the caller can follow it at once; and goes where the run does not start. @throws Refusal */
export async function startOrDrop(asked: Asked): Promise<void> {
  const { drop, running } = asked;
  const started = await startOnceClosed(asked).catch(async (error: unknown) => {
    await drop();
    throw error;
  });
  if (started === 'started') return;
  await drop();
  throw new Refusal(running.code, running.detail);
}

/** Waits for a run that has written its end: its caller has seen that and may ask for the next at once. */
async function startOnceClosed({ start, countRunning }: Asked): Promise<'started' | 'running'> {
  const limit = Date.now() + CLOSES_WITHIN_MS;
  for (;;) {
    const started = await start();
    if (started === 'started' || Date.now() > limit || (await countRunning()) > 1) return started;
    await sleep(PAUSE_MS);
  }
}
