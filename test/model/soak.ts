/** `npm run soak`: the model for as long as there are schedules left, with what it has done so far once in a while. */
import { parseArgs } from 'node:util';
import { inWords, runMany, startFarm } from './farm.ts';

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '1000000' },
    from: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '28' },
    processes: { type: 'string', default: '2' },
    seed: { type: 'string' },
  },
});
const PROCESSES = Number(values.processes);
const EVERY_MS = 10_000;

const farm = startFarm(PROCESSES);
const isKept = values.seed === undefined ? await soak() : await tell(Number(values.seed));
farm.close();
process.exit(isKept ? 0 : 1);

/** One schedule, in words. */
async function tell(seed: number): Promise<boolean> {
  const harvest = await farm.run({ tell: seed });
  say(inWords(harvest));
  return harvest.broken?.promise === 'every promise is kept';
}

async function soak(): Promise<boolean> {
  const wanted = { from: Number(values.from), count: Number(values.schedules) };
  const limitMs = Number(values.minutes) * 60_000;
  const begun = performance.now();
  let said = begun;
  const onProgress = (done: number): boolean => {
    const now = performance.now();
    if (now - said > EVERY_MS) {
      said = now;
      say(`${done} of ${wanted.count} schedules, ${((done * 1_000) / (now - begun)).toFixed(0)}/s`);
    }
    return now - begun < limitMs;
  };
  const result = await runMany(farm, wanted, { size: PROCESSES, onProgress });
  const { done, actions, ends, seconds } = result;
  say(
    `core: ${done} schedules, ${actions} actions, ${seconds.toFixed(0)} s, ${(done / seconds).toFixed(0)}/s`,
  );
  say(
    `orders ended as ${Object.entries(ends)
      .map(([end, times]) => `${end} ${times}`)
      .join(', ')}`,
  );
  if (result.broken !== null) say(inWords(result));
  else if (done < wanted.count)
    say(`the time was over after ${values.minutes} minutes: ${wanted.count - done} were not run`);
  return result.broken === null && done >= wanted.count;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
