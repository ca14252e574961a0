/**
 * The process that plays schedules on a time-skipping server, one batch at a time. It replaces a server that
 * gets stuck, and plays that batch in halves.
 */
import '../world/outside.ts';
import type { Batch, Harvest, Tale } from '../worker.ts';
import { withPlant } from '../planting.ts';
import { playBatch, ServerStuck, type Played } from './batch.ts';
import { startRealStage, type RealStage } from './real-stage.ts';

const TRIES = 3;
const LONGEST_END_MS = 30_000;

/**
 * Runs that a batch leaves open are polled and retried at every jump of the clock, so a server gets slower with
 * every batch.
 */
const BATCHES_OF_A_SERVER = 3;

let stage: RealStage | null = null;
let batches = 0;

async function leave(): Promise<void> {
  await stage?.close().catch(() => undefined);
  stage = null;
  batches = 0;
}

/**
 * Plays a batch in halves when the server gets stuck with it, since the server's fault needs two things at
 * the same moment.
 */
async function play(batch: Batch, attempt = 1): Promise<Played[]> {
  const { from, count } = batch;
  if (batches === BATCHES_OF_A_SERVER) await leave();
  stage ??= await startRealStage();
  batches += 1;
  try {
    return await playBatch(stage, batch);
  } catch (error) {
    if (!(error instanceof ServerStuck) || attempt === TRIES) throw error;
    process.stdout.write(`the test server is stuck (${error.message}): another one is started\n`);
    await leave();
  }
  if (count === 1) return play(batch, attempt + 1);
  const half = Math.ceil(count / 2);
  const rest = { ...batch, from: from + half, count: count - half };
  return [...(await play({ ...batch, count: half })), ...(await play(rest))];
}

async function harvest(batch: Batch): Promise<Harvest> {
  const { count, plant } = batch;
  const played = await withPlant(plant, () => play(batch));
  const ends: Record<string, number> = {};
  for (const { orderStatus } of played) ends[orderStatus] = (ends[orderStatus] ?? 0) + 1;
  const actions = played.reduce((sum, one) => sum + one.actions, 0);
  const [broken = null] = played.flatMap(({ broken: promise, seed, psp, story }) =>
    promise === null ? [] : [{ seed, psp, promise, story }],
  );
  return { done: count, actions, ends, broken };
}

async function tell({ tell: seed, psp = 'lagging' }: Tale): Promise<Harvest> {
  const [played] = await play({ from: seed, count: 1, psp });
  const { broken = null, story = [], orderStatus = 'none', actions = 0 } = played ?? {};
  const promise = broken ?? 'every promise is kept';
  return { done: 1, actions, ends: { [orderStatus]: 1 }, broken: { seed, psp, promise, story } };
}

process.on('message', (asked: Batch | Tale) => {
  ('tell' in asked ? tell(asked) : harvest(asked)).then(
    (answer) => process.send?.(answer),
    (error: unknown) => {
      process.stderr.write(
        `the model itself failed: ${error instanceof Error ? error.stack : String(error)}\n`,
      );
      void end(1);
    },
  );
});

// The SDK retries, by a timer, its calls of a server that was replaced.
process.on('uncaughtException', (error) => {
  if (error.message === 'Channel has been shut down') return;
  process.stderr.write(`the model itself failed: ${error.stack}\n`);
  void end(1);
});

// The farm is closed, or its process has ended.
process.on('disconnect', () => {
  setTimeout(() => process.exit(1), LONGEST_END_MS).unref();
  void end(0);
});

async function end(status: number): Promise<void> {
  await leave();
  process.exit(status);
}
