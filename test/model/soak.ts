/**
 * `npm run soak`: runs the model until all schedules are done, and reports its progress from time to time.
 */
import { parseArgs } from 'node:util';
import { inWords, runMany, startFarm, type Kind, type Yield } from './farm.ts';
import { AT_ONCE } from './server/at-once.ts';

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '1000000' },
    'server-schedules': { type: 'string', default: '5000' },
    from: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '28' },
    processes: { type: 'string', default: '2' },
    seed: { type: 'string' },
    server: { type: 'boolean', default: false },
  },
});
const EVERY_MS = 10_000;
const begun = performance.now();

const isKept = values.seed === undefined ? await soakBoth() : await tell(Number(values.seed));
process.exit(isKept ? 0 : 1);

/** Prints the log of one schedule. */
async function tell(seed: number): Promise<boolean> {
  const kind = values.server ? 'server' : 'core';
  const farm = startFarm(1, kind);
  const harvest = await farm.run({ tell: seed });
  await farm.close();
  say(inWords(harvest, kind));
  return harvest.broken?.promise === 'every promise is kept';
}

/** A server mostly waits, above all one that is stuck. So its processes run beside those of the core. */
async function soakBoth(): Promise<boolean> {
  const core = { kind: 'core', count: Number(values.schedules), size: Number(values.processes) } as const;
  const server = {
    kind: 'server',
    count: Number(values['server-schedules']),
    size: 2,
    most: AT_ONCE,
  } as const;
  const kept = await Promise.all([core, server].filter(({ count }) => count > 0).map(soak));
  return kept.every(Boolean);
}

interface Soaking {
  readonly kind: Kind;
  readonly count: number;
  readonly size: number;
  readonly most?: number;
}

async function soak({ kind, count, ...hunt }: Soaking): Promise<boolean> {
  const farm = startFarm(hunt.size, kind);
  let said = begun;
  const onProgress = (done: number): boolean => {
    const now = performance.now();
    if (now - said > EVERY_MS) {
      said = now;
      say(`${kind}: ${done} of ${count} schedules, ${rate(done, now - begun)}`);
    }
    return now - begun < Number(values.minutes) * 60_000;
  };
  const result = await runMany(farm, { from: Number(values.from), count }, { ...hunt, onProgress });
  await farm.close();
  report(kind, count, result);
  return result.broken === null && result.done >= count;
}

function report(kind: Kind, wanted: number, result: Yield): void {
  const { done, actions, ends, seconds, broken } = result;
  const how = Object.entries(ends).map(([end, times]) => `${end} ${times}`);
  say(
    `${kind}: ${done} schedules, ${actions} actions, ${seconds.toFixed(0)} s, ${rate(done, seconds * 1_000)}`,
  );
  say(`${kind}: orders ended as ${how.join(', ')}`);
  if (broken !== null) say(inWords(result, kind));
  else if (done < wanted)
    say(`${kind}: the time was over after ${values.minutes} minutes: ${wanted - done} were not run`);
}

function rate(done: number, ms: number): string {
  const perSecond = (done * 1_000) / ms;
  return `${perSecond.toFixed(perSecond < 20 ? 1 : 0)}/s`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
