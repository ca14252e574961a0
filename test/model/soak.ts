/**
 * `npm run soak`: runs the model until all schedules are done, and reports its progress from time to time.
 */
import { parseArgs } from 'node:util';
import { inWords, runMany, startFarm, type Kind, type Yield } from './farm.ts';
import { AT_ONCE } from './server/at-once.ts';
import type { PspKind } from './world/psp.ts';

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '1000000' },
    'server-schedules': { type: 'string', default: '5000' },
    from: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '28' },
    processes: { type: 'string', default: '2' },
    seed: { type: 'string' },
    psp: { type: 'string' },
    server: { type: 'boolean', default: false },
  },
});
const EVERY_MS = 10_000;

const KINDS = ['lagging', 'keyed'] as const;
/** The PSPs of the schedules: both, or the one that is named. */
const PSPS: readonly PspKind[] = KINDS.filter((one) => values.psp === undefined || one === values.psp);
if (PSPS.length === 0) throw new Error(`--psp is ${KINDS.join(' or ')}`);

const isKept = values.seed === undefined ? await soakBoth() : await tell(Number(values.seed));
process.exit(isKept ? 0 : 1);

/** Prints the log of one schedule. */
async function tell(seed: number): Promise<boolean> {
  const kind = values.server ? 'server' : 'core';
  const farm = startFarm(1, kind);
  const [psp = 'lagging'] = PSPS;
  const harvest = await farm.run({ tell: seed, psp });
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
  // One batch has both, since its time is the server's and not the schedules'.
  const ofServer = values.psp === undefined ? (['both'] as const) : PSPS;
  const all = [
    { ...core, psps: PSPS },
    { ...server, psps: ofServer },
  ];
  const kept = await Promise.all(all.filter(({ count }) => count > 0).map(soakAll));
  return kept.every(Boolean);
}

/** One PSP after the other, each with its share of the schedules and of the time. */
async function soakAll({
  count,
  psps,
  ...soaking
}: Omit<Soaking, 'psp' | 'minutes'> & { readonly psps: readonly Soaking['psp'][] }): Promise<boolean> {
  const share = Math.ceil(count / psps.length);
  const minutes = Number(values.minutes) / psps.length;
  let isKept = true;
  for (const psp of psps) isKept = (await soak({ ...soaking, psp, minutes, count: share })) && isKept;
  return isKept;
}

interface Soaking {
  readonly kind: Kind;
  readonly psp: PspKind | 'both';
  readonly minutes: number;
  readonly count: number;
  readonly size: number;
  readonly most?: number;
}

async function soak({ kind, psp, minutes, count, ...hunt }: Soaking): Promise<boolean> {
  const farm = startFarm(hunt.size, kind);
  const begun = performance.now();
  let said = begun;
  const onProgress = (done: number): boolean => {
    const now = performance.now();
    if (now - said > EVERY_MS) {
      said = now;
      say(`${kind}, ${psp}: ${done} of ${count} schedules, ${rate(done, now - begun)}`);
    }
    return now - begun < minutes * 60_000;
  };
  const result = await runMany(farm, { from: Number(values.from), count, psp }, { ...hunt, onProgress });
  await farm.close();
  report({ kind, psp, minutes, count }, result);
  return result.broken === null && result.done >= count;
}

function report({ kind, psp, minutes, count }: Omit<Soaking, 'size'>, result: Yield): void {
  const { done, actions, ends, seconds, broken } = result;
  const how = Object.entries(ends).map(([end, times]) => `${end} ${times}`);
  say(
    `${kind}, ${psp}: ${done} schedules, ${actions} actions, ${seconds.toFixed(0)} s, ${rate(done, seconds * 1_000)}`,
  );
  say(`${kind}, ${psp}: orders ended as ${how.join(', ')}`);
  if (broken !== null) say(inWords(result, kind));
  else if (done < count)
    say(`${kind}, ${psp}: the time was over after ${minutes} minutes: ${count - done} were not run`);
}

function rate(done: number, ms: number): string {
  const perSecond = (done * 1_000) / ms;
  return `${perSecond.toFixed(perSecond < 20 ? 1 : 0)}/s`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
