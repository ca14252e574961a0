/** One process that runs schedules for the farm. Bugs are planted in it and removed again. */
import './world/outside.ts';
import { withPlant } from './planting.ts';
import { runSchedule } from './schedule/run.ts';
import { pspOf, type PspKind } from './world/psp.ts';

/** A request of the farm. */
export interface Batch {
  readonly from: number;
  readonly count: number;
  /** The name of a planted bug, if one is wanted. */
  readonly plant?: string;
  /** The PSP of the schedules; `lagging` if it is left out. */
  readonly psp?: PspKind | 'both';
}

/** One schedule that is to be told. */
export interface Tale {
  readonly tell: number;
  readonly psp?: PspKind;
}

/** The result of a batch: the number of schedules, and the first one that broke a promise. */
export interface Harvest {
  readonly done: number;
  readonly actions: number;
  readonly ends: Readonly<Record<string, number>>;
  readonly broken: {
    readonly seed: number;
    readonly psp: PspKind;
    readonly promise: string;
    readonly story: readonly string[];
  } | null;
}

/** Runs seeds one after another, up to the first that breaks a promise. */
export async function runBatch({ from, count, plant, psp: wanted = 'lagging' }: Batch): Promise<Harvest> {
  const ends: Record<string, number> = {};
  let actions = 0;
  for (let done = 0; done < count; done += 1) {
    const psp = pspOf(from + done, wanted);
    const ended = await withPlant(plant, () => runSchedule(from + done, { psp }));
    actions += ended.actions;
    ends[ended.orderStatus] = (ends[ended.orderStatus] ?? 0) + 1;
    if (ended.broken === null) continue;
    const broken = await withPlant(plant, () => told(from + done, psp, ended.broken as string));
    return { done: done + 1, actions, ends, broken };
  }
  return { done: count, actions, ends, broken: null };
}

/** Repeats the schedule with its log. */
async function told(seed: number, psp: PspKind, first: string): Promise<NonNullable<Harvest['broken']>> {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 30;
  const { broken, story } = await runSchedule(seed, { psp, isTold: true });
  Error.stackTraceLimit = stackTraceLimit;
  const again = broken === first ? '' : ` (played again: ${broken})`;
  return { seed, psp, promise: `${first}${again}`, story };
}

/** Runs one schedule with its log, whether it breaks a promise or not. */
async function tell({ tell: seed, psp = 'lagging' }: Tale): Promise<Harvest> {
  Error.stackTraceLimit = 30;
  const { broken, story, actions, orderStatus } = await runSchedule(seed, { psp, isTold: true });
  return {
    done: 1,
    actions,
    ends: { [orderStatus]: 1 },
    broken: { seed, psp, promise: broken ?? 'every promise is kept', story },
  };
}

// Thousands of refusals would make thousands of stacks, which are not used.
Error.stackTraceLimit = 0;

process.on('message', (asked: Batch | Tale) => {
  const answer = 'tell' in asked ? tell(asked) : runBatch(asked);
  answer.then(
    (harvest) => process.send?.(harvest),
    (error: unknown) => {
      process.stderr.write(
        `the model itself failed: ${error instanceof Error ? error.stack : String(error)}\n`,
      );
      process.exit(1);
    },
  );
});
