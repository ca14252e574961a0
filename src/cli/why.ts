import { Command, InvalidArgumentError } from 'commander';
import { reference as orderReference } from '../api/schemas.ts';
import { readClientConfig } from '../config.ts';
import { BadNews } from './exit.ts';
import { print, printJson } from './print.ts';
import { withRunningDev } from './running-dev.ts';
import { findingsOf } from './why/findings.ts';
import { findRuns } from './why/runs.ts';
import { findStory } from './why/story.ts';
import { jsonOf, linesOf, type Why } from './why/words.ts';

const HELP = `
Tells what came in, how it was verified, what the gateway said, what was decided and whether the merchant has heard of it: from the
store (or, where another process holds it, from the running service) and from Temporal. Either may be away; what could not be asked
is said.

Example:
  paidonce why 1001

Ends with 1 when the order is not known, or something needs somebody: a payment in REVIEW, an update that the merchant never heard,
a callback or a run that is stuck.`;

/** `paidonce why`: the causal chain of an order. */
export function whyCommand(): Command {
  return new Command('why')
    .description('what happened to an order, and why')
    .argument('<order>', "the merchant's own number of the order", parseReference)
    .option('--json', 'print it as JSON')
    .addHelpText('after', HELP)
    .action(why);
}

function parseReference(text: string): string {
  if (orderReference.safeParse(text).success) return text;
  throw new InvalidArgumentError('1 to 64 letters, digits, dots, underscores and hyphens were expected.');
}

async function why(reference: string, { json }: { json?: true }): Promise<void> {
  const answer = await ask(reference);
  if (json) printJson(jsonOf(answer));
  else for (const line of linesOf(answer)) print(line);
  const isUnknown = answer.store.kind !== 'found' && !hasRuns(answer);
  if (isUnknown || answer.findings.length > 0) throw new BadNews(`order ${reference}`);
}

async function ask(reference: string): Promise<Why> {
  const config = readClientConfig(withRunningDev(process.env));
  const [store, temporal] = await Promise.all([findStory(config, reference), findRuns(config, reference)]);
  const findings = findingsOf(store.kind === 'found' ? store.story : null, temporal, new Date());
  return { reference, store, temporal, findings };
}

function hasRuns({ temporal }: Why): boolean {
  return temporal.kind === 'found' && temporal.runs.length > 0;
}
