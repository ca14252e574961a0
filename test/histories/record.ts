/**
 * Records histories from a dev server, one file a run, with the real workflows and activities:
 *
 *     npx tsx test/histories/record.ts paid declined     these scenarios of test/support/{,*-}scenarios.ts
 *     npx tsx test/histories/record.ts                   every scenario that has no history yet
 *     npx tsx test/histories/record.ts --all             all of them again; only before anything is released
 *
 * Once a version that made a history is released, that history is never recorded again: a payment may still be on its way through it.
 * A change of the workflow gets a scenario, and so a history, of its own (ADR 0014). Nothing is released yet.
 */
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { recordHistories, SCENARIO_NAMES } from '../support/record-histories.ts';

const wanted = await namesWanted(process.argv.slice(2));
const recorded = await recordHistories(wanted);
// A scenario may have had more runs, or fewer, when it was recorded before.
for (const file of await readdir(import.meta.dirname))
  if (wanted.includes(file.replace(/(-\d+)?\.json$/, ''))) await rm(join(import.meta.dirname, file));
for (const { name, json } of recorded) {
  await writeFile(join(import.meta.dirname, `${name}.json`), `${JSON.stringify(json)}\n`);
  process.stdout.write(`recorded ${name}\n`);
}

async function namesWanted(given: readonly string[]): Promise<string[]> {
  const all = SCENARIO_NAMES;
  if (given.includes('--all')) return [...all];
  if (given.length > 0) return [...given];
  const files = await readdir(import.meta.dirname);
  const isRecorded = (name: string) =>
    files.some((file) => file === `${name}.json` || file === `${name}-1.json`);
  return all.filter((name) => !isRecorded(name));
}
