/** How long a statement takes on a filled store, and its plan. */
import type pg from 'pg';
import type * as Open from '../../src/store/open.ts';
import { median } from '../stats.ts';

export type Ask = (db: Open.Db) => Promise<unknown>;

const REPEATS = 7;
const EXPLAINING =
  '-c session_preload_libraries=auto_explain -c auto_explain.log_min_duration=0 -c auto_explain.log_analyze=on -c auto_explain.log_level=notice';

/** The median of several runs, in milliseconds. */
export async function medianMs(db: Open.Db, ask: Ask): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < REPEATS; count += 1) {
    const begun = performance.now();
    await ask(db);
    times.push(performance.now() - begun);
  }
  return median(times);
}

/** Prints the plans of the statements, from a store whose connections explain every statement. */
export async function explain(
  openStore: typeof Open.openStore,
  databaseUrl: string,
  ask: Ask,
): Promise<void> {
  const plans: string[] = [];
  const explaining = await openStore({
    databaseUrl: `${databaseUrl}?options=${encodeURIComponent(EXPLAINING)}`,
    dataDir: '',
  });
  const listen = (message: { message?: string | undefined }): void => void plans.push(message.message ?? '');
  const pool = (explaining.db as unknown as { $client: pg.Pool }).$client;
  pool.on('connect', (client) => client.on('notice', listen));
  await ask(explaining.db);
  await explaining.close();
  for (const plan of plans) say(plan.replaceAll(/^/gm, '        '));
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
