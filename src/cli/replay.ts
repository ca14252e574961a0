import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { readClientConfig } from '../config/config.ts';
import { ConfigError } from '../config/environment.ts';
import type { FailedReplay } from '../worker/replay-runs.ts';
import { withTemporal } from './ask-temporal.ts';
import { BadNews } from './exit.ts';
import { parseDuration } from './parse-time.ts';
import { print, printJson } from './print.ts';
import { withRunningDev } from './running-dev.ts';

const HELP = `
Run it with the new build, before its workers start, against the Temporal that production uses. It reads the histories of all open runs, and
of those that ended since then, and replays them on the workflow code of this build. It changes nothing. A run that does not replay would
stand still on this build until an older build runs again.

--bundle names the folder of another build, which is replayed instead of this one.

Example:
  TEMPORAL_ADDRESS=temporal.example:7233 TEMPORAL_NAMESPACE=paidonce paidonce replay --since 14d

Exits with 1 if a run does not replay.`;

interface Options {
  readonly since: number;
  readonly bundle?: string;
  readonly json?: true;
}

/** `paidonce replay`: whether the runs of production continue on this build. */
export function replayCommand(): Command {
  return new Command('replay')
    .description("replay the runs of Temporal's namespace on this build, before it is deployed")
    .option('--since <duration>', 'also the runs that ended in this time', parseDuration, parseDuration('7d'))
    .option('--bundle <folder>', 'the folder of the build to replay on; default: this build')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', HELP)
    .action(replay);
}

async function replay({ since, bundle, json }: Options): Promise<void> {
  const config = readClientConfig(withRunningDev(process.env));
  // Loaded only here: the other commands need no worker, and start in half the time.
  const { replayRuns } = await import('../worker/replay-runs.ts');
  const runs = {
    taskQueue: config.TEMPORAL_TASK_QUEUE,
    since: new Date(Date.now() - since),
    payloadKeys: config.PAYLOAD_KEYS,
    ...(bundle !== undefined && { built: builtIn(bundle) }),
  };
  let replayed = 0;
  const failed: FailedReplay[] = [];
  await withTemporal(config, async (client) => {
    for await (const failure of replayRuns(client, runs)) {
      replayed += 1;
      if (failure !== null) failed.push(failure);
    }
  });
  if (json === true) printJson({ replayed, failed });
  else for (const line of linesOf(replayed, failed)) print(line);
  if (failed.length > 0) throw new BadNews(`${failed.length} runs do not replay`);
}

/** The folder with the workflow code of a build: itself, or its `dist/src`. @throws ConfigError */
function builtIn(folder: string): string {
  const places = [folder, join(folder, 'dist', 'src')].map((place) => resolve(place));
  const found = places.find((place) => existsSync(join(place, 'workflow-bundle.js')));
  if (found !== undefined) return found;
  throw new ConfigError(
    `--bundle ${folder}: the folder of a build was expected, with workflow-bundle.js or dist/src/workflow-bundle.js`,
  );
}

function linesOf(replayed: number, failed: readonly FailedReplay[]): string[] {
  if (failed.length === 0) return [`${replayed} runs replayed: all of them continue on this build`];
  return [
    ...failed.map(({ workflowId, runId, message }) => `${workflowId} (run ${runId}): ${message}`),
    `${failed.length} of ${replayed} runs do not replay. Do not deploy this build: docs/run-in-production.md, "Deploying a new version"`,
  ];
}
