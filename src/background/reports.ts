/** What each process reports by the store, for people: that it runs, its calls to gateways, and the store's size. */
import { withStoreTimeout } from '../store/errors.ts';
import { addCalls, type CountedCalls } from '../store/gateway-calls.ts';
import type { Db } from '../store/open.ts';
import { forgetProcess, noteProcess, type ProcessReport } from '../store/processes.ts';
import { noteStoreSize } from '../store/store-size.ts';
import type { Logger } from '../telemetry/log.ts';
import { every } from './every.ts';

export type Self = Omit<ProcessReport, 'memoryBytes'>;

export interface Reporting {
  readonly db: Db;
  readonly log: Logger;
  readonly self: Self;
  readonly metrics: { readonly callTally: { take(): readonly CountedCalls[] } };
}

const SEEN_EVERY_MS = 30_000;
const WRITTEN_EVERY_MS = 60_000;
/** A store that is away loses figures, and delays neither a job nor a stop. */
const LIMIT_MS = 2_000;

/** Reports at once and then regularly. The returned function reports the last calls, and that the process has stopped. */
export function startReports(
  { db, log, self, metrics: { callTally } }: Reporting,
  { seenEveryMs = SEEN_EVERY_MS, writtenEveryMs = WRITTEN_EVERY_MS } = {},
): () => Promise<void> {
  log.info({ process: self.id }, 'this process is listed by GET /v1/system/processes');
  const within = <Answer>(call: Promise<Answer>) => withStoreTimeout(call, LIMIT_MS);
  const seen = () => within(noteProcess(db, { ...self, memoryBytes: process.memoryUsage.rss() }));
  const written = async () => {
    await within(addCalls(db, callTally.take()));
    await within(noteStoreSize(db));
  };
  // Where the store is not there yet, the next turn reports.
  const first = seen().catch(() => undefined);
  const jobs = [every(seenEveryMs, seen, log), every(writtenEveryMs, written, log)];
  return async () => {
    await Promise.all([first, ...jobs.map((stop) => stop())]);
    await within(Promise.all([addCalls(db, callTally.take()), forgetProcess(db, self.id)])).catch(
      () => undefined,
    );
  };
}
