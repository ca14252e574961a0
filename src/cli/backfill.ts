import { Command } from 'commander';
import type { z } from 'zod';
import { backfill, backfillExample } from '../api/backfills/backfill-view.ts';
import { readClientConfig } from '../config/config.ts';
import { BadNews } from './exit.ts';
import { parseSince } from './parse-time.ts';
import { print, printJson } from './print.ts';
import { withRunningDev } from './running-dev.ts';
import { serviceApi } from './service-api.ts';
import { untilEnded } from './until-ended.ts';

const EXAMPLES = `
Fills the delivery log with the events that the gateway lists and the log does not have: from before the installation, or because a
callback never arrived. It only writes rows (backfilled): no payment changes, and a callback that still comes is processed as ever.
paidonce reconcile finds the payments whose callbacks were lost.

Example:
  paidonce backfill --gateway ${backfillExample.gateway}
  paidonce backfill --gateway ${backfillExample.gateway} --since 7d --json
  paidonce backfill --gateway ${backfillExample.gateway} --since 2026-11-01T00:00:00Z

Exits with 1 if the events could not be read to the end, and with 2 if the gateway lists none.`;

interface Options {
  readonly gateway: string;
  readonly since?: string;
  readonly json?: true;
}

/** `paidonce backfill`: the delivery log filled from the gateway's own list of events. */
export function backfillCommand(): Command {
  return new Command('backfill')
    .description("fill the delivery log from a gateway's own list of events")
    .requiredOption('--gateway <gateway>', 'the gateway whose events are read')
    .option('--since <time>', 'how far back: a duration such as 30d, or a time; default: 30d', parseSince)
    .option('--json', 'print the result as JSON')
    .addHelpText('after', EXAMPLES)
    .action(fill);
}

async function fill({ gateway, since, json }: Options): Promise<void> {
  const service = serviceApi(readClientConfig(withRunningDev(process.env)), ['support']);
  const begun = await service.post('/v1/backfills', { gateway, since }, backfill);
  const result = await untilEnded(begun, () => service.get(`/v1/backfills/${begun.id}`, backfill));
  if (json) printJson(inContract(result));
  else printResult(result);
  if (result.status !== 'complete') throw new BadNews('the events were not read to the end');
}

type Backfill = z.infer<typeof backfill>;

/** The JSON of contract §10. */
function inContract(result: Backfill): object {
  const { id, gateway, status, failure, from, to, limits, read, written, known, foreign } = result;
  const failed = failure !== null && { failure };
  return { id, gateway, status, ...failed, from, to, limits, read, written, known, foreign };
}

function printResult({ gateway, from, to, limits, failure, ...counts }: Backfill): void {
  const { read, written, known, foreign } = counts;
  print(`${gateway} from ${from} to ${to}`);
  if (failure !== null) print(`  not read to the end: ${failure}`);
  print(
    `  ${read} events read: ${written} written, ${known} known; ${foreign} of other shops or not understood`,
  );
  for (const limit of limits) print(`  note: ${limit}`);
}
