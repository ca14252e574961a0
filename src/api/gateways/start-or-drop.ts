import { Refusal, type ProblemCode } from '../refusal.ts';

interface Asked {
  /** Starts the run whose row is written already. @throws RunsUnavailable */
  readonly start: () => Promise<'started' | 'running'>;
  /** Deletes the row again. */
  readonly drop: () => Promise<void>;
  /** What is said where one runs at this gateway. */
  readonly running: { readonly code: ProblemCode; readonly detail: string };
}

/** The row exists before its run, so the caller can follow it at once; and goes where the run does not start. @throws Refusal */
export async function startOrDrop({ start, drop, running }: Asked): Promise<void> {
  const started = await start().catch(async (error: unknown) => {
    await drop();
    throw error;
  });
  if (started === 'started') return;
  await drop();
  throw new Refusal(running.code, running.detail);
}
