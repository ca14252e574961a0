import { Command, InvalidArgumentError } from 'commander';
import { searchQuery } from '../api/search/search-view.ts';
import { readClientConfig, type ClientConfig } from '../config/config.ts';
import { BadNews } from './exit.ts';
import { print, printJson } from './print.ts';
import { withRunningDev } from './running-dev.ts';
import { findingsOf } from './why/findings.ts';
import { findOrdersInTemporal } from './why/orders-in-temporal.ts';
import { findRuns, type RunsAnswer } from './why/runs.ts';
import { findStory, type StoryAnswer } from './why/find-story.ts';
import { jsonOf, linesOf, type Why } from './why/render.ts';

const HELP = `
Takes whichever id you have: the order's number, a payment, a session or transaction of the gateway, a callback or its event, the webhook-id of
an update, an operation or its reference, a workflow in Temporal; also an amount, as '299.90' or '299.90 NOK'. Where several orders have it, they
are listed with the command for each.

Tells what came in, how it was verified, what the gateway said, what was decided and whether the merchant has heard of it: from the
store (or, where another process holds it, from the running service) and from Temporal. Either may be away; what could not be asked
is said.

Example:
  paidonce why 1001
  paidonce why T12345678.oEzFd2BaYdrwZbLzafhMoX

Ends with 1 when nothing has that id or several orders have it, or something needs a person: a payment in REVIEW, an update that the merchant
never heard, a callback or a run that is stuck.`;

/** `paidonce why`: the causal chain of an order. */
export function whyCommand(): Command {
  return new Command('why')
    .description('what happened to an order, and why')
    .argument('<id>', 'the number of the order, or any other id of it', parseId)
    .option('--json', 'print it as JSON')
    .addHelpText('after', HELP)
    .action(why);
}

function parseId(text: string): string {
  if (searchQuery.shape.q.safeParse(text).success) return text;
  throw new InvalidArgumentError('One id of 1 to 200 characters was expected, without control characters.');
}

async function why(q: string, { json }: { json?: true }): Promise<void> {
  const answer = await ask(readClientConfig(withRunningDev(process.env)), q);
  if (json) printJson(jsonOf(answer));
  else for (const line of linesOf(answer)) print(line);
  const isUnknown = answer.store.kind !== 'found' && !hasRuns(answer);
  if (isUnknown || answer.findings.length > 0) throw new BadNews(q);
}

async function ask(config: ClientConfig, q: string): Promise<Why> {
  const store = await findStory(config, q);
  const { reference, temporal } = await askTemporal(config, q, store);
  const story = store.kind === 'found' ? store.story : null;
  return { q, reference, store, temporal, findings: findingsOf(story, temporal, new Date(), config) };
}

/** Of the order that the store has found, else of the one that Temporal finds by the same id. */
async function askTemporal(
  config: ClientConfig,
  q: string,
  store: StoryAnswer,
): Promise<{ reference: string | null; temporal: RunsAnswer }> {
  const runsOf = async (reference: string) => ({ reference, temporal: await findRuns(config, reference) });
  if (store.kind === 'found') return runsOf(store.story.order.reference);
  const orders = store.kind === 'several' ? [] : await findOrdersInTemporal(config, q);
  if ('kind' in orders) return { reference: null, temporal: orders };
  const [first] = orders;
  if (first !== undefined && orders.length === 1) return runsOf(first);
  return { reference: null, temporal: { kind: 'found', runs: [], orders } };
}

function hasRuns({ temporal }: Why): boolean {
  return temporal.kind === 'found' && temporal.runs.length > 0;
}
