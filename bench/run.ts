/**
 * `npm run bench -- [--quick] [--json FILE]`: the product beside a bare workflow, in one run on one machine.
 * Contract §8.
 */
import { writeFile } from 'node:fs/promises';
import { figuresOf, type Measured } from './figures.ts';
import { measureHangingShop, measureSweep } from './measure/disturbed.ts';
import { measureHangingReads } from './measure/hanging-reads.ts';
import { measureHistories } from './measure/history.ts';
import { measureMoney } from './measure/money.ts';
import { measureOneWorker, measureTwoWorkers } from './measure/recovery.ts';
import { measureIdle, measureMemory, openMany } from './measure/resources.ts';
import { measureWebhooks } from './measure/webhooks.ts';
import { measureRounds } from './measure/rounds.ts';
import { readOptions, type Sizes } from './options.ts';
import type { Part } from './part.ts';
import { jsonOf, printReport } from './report.ts';
import { LOAD } from './stand/load.ts';
import { withStand, type Stand } from './stand/stand.ts';

const { json, sizes } = readOptions(process.argv.slice(2));
await withStand(async (stand) => {
  const measured = await measureAll(stand, sizes);
  const figures = figuresOf(measured);
  printReport(measured, figures);
  if (json !== undefined)
    await writeFile(json, `${JSON.stringify(jsonOf(measured, figures, sizes.isQuick), null, 2)}\n`);
});

async function measureAll(stand: Stand, sizes: Sizes): Promise<Measured> {
  say(`rounds of ${stand.parts.map(({ name }) => name).join(', ')} …`);
  const parts = await measureRounds(
    stand.parts,
    [stand.temporal.process, LOAD],
    sizes.rounds,
    stand.temporal.client,
  );
  const recovery = await measureRecovery(stand, sizes);
  await stand.stopCompared();
  say('histories …');
  const histories = await measureHistories(stand);
  const webhooks = await measureWebhooks(stand);
  const money = await measureMoney(stand);
  const others = await measureLong(stand, sizes);
  say('a shop that hangs …');
  const hangingShop = await measureHangingShop(stand, sizes);
  say('openings while reads hang …');
  const hangingReads = await measureHangingReads(stand, sizes);
  return { parts, histories, webhooks, money, hangingShop, hangingReads, recovery, ...others };
}

async function measureRecovery(stand: Stand, { recoverySeconds }: Sizes): Promise<Measured['recovery']> {
  if (recoverySeconds === 0) return null;
  say('a worker that is killed …');
  const ofOne = await measureOneWorker(stand, recoverySeconds);
  say('one of two workers that is killed …');
  const ofTwo = await measureTwoWorkers(stand, recoverySeconds);
  return ofOne && ofTwo && { ofOne, ofTwo };
}

/** The measurements that a quick run leaves out. */
async function measureLong(
  stand: Stand,
  { isQuick, remembered, idleOpen, idleSeconds, swept, probes }: Sizes,
): Promise<Pick<Measured, 'memory' | 'idle' | 'sweep'>> {
  if (isQuick) return { memory: null, idle: null, sweep: null };
  const { embedded, parts } = stand;
  say(`memory: twice ${remembered} sessions …`);
  const part = parts.find(({ name }) => name === embedded.name) as Part;
  const memory = await measureMemory(part, embedded, remembered);
  say(`idle with ${idleOpen} open sessions …`);
  const open = await openMany(embedded, 'idle', idleOpen);
  const idle = await measureIdle(embedded, idleSeconds);
  say(`a sweep of ${swept} open sessions …`);
  open.push(...(await openMany(embedded, 'swept', swept - idleOpen)));
  const sweep = await measureSweep(stand, { probes, sessions: open });
  return { memory, idle, sweep };
}

function say(text: string): void {
  process.stderr.write(`bench: ${text}\n`);
}
