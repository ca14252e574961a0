import { Command, InvalidArgumentError } from 'commander';
import { searchQuery } from '../api/search/search-view.ts';
import { readClientConfig, type ClientConfig } from '../config/config.ts';
import { BadNews } from './exit.ts';
import { print, printJson } from './print.ts';
import { withRunningDev } from './running-dev.ts';
import { adviceOn } from './why/advice.ts';
import { findOrdersInTemporal } from './why/orders-in-temporal.ts';
import { findRuns, type RunsAnswer } from './why/runs.ts';
import { findStory, type StoryAnswer } from './why/find-story.ts';
import { jsonOf, linesOf, type Why } from './why/render.ts';

const HELP = `
Accepts any id: the order's reference, a payment, a session or transaction of the gateway, a callback or its event, the webhook-id of
an update, an operation or its reference, a workflow in Temporal; also an amount, as '299.90' or '299.90 NOK'. If several orders match, they
are listed with the command for each.

Shows what came in, how it was verified, what the gateway answered, what was decided and whether the merchant has acknowledged it: from the
store (or, if another process holds it, from the running service) and from Temporal. Either may be unavailable; the output says
which one did not answer.

Example:
  paidonce why 1001
  paidonce why T12345678.oEzFd2BaYdrwZbLzafhMoX

Exits with 1 if nothing or more than one order has the id, or if something needs a person: a payment in REVIEW, an update that the merchant
never acknowledged, a callback or a run that is stuck.`;

/** `paidonce why`: shows the causal chain of an order. */
export function whyCommand(): Command {
  return new Command('why')
    .description('show what happened to an order, and why')
    .argument('<id>', 'the reference of the order, or any other id of it', parseId)
    .option('--json', 'print the result as JSON')
    .addHelpText('after', HELP)
    .action(why);
}

function parseId(text: string): string {
  if (searchQuery.shape.q.safeParse(text).success) return text;
  throw new InvalidArgumentError('One id of 1 to 200 characters without control characters was expected.');
}

async function why(q: string, { json }: { json?: true }): Promise<void> {
  const answer = await ask(readClientConfig(withRunningDev(process.env)), q);
  if (json) printJson(jsonOf(answer));
  else for (const line of linesOf(answer)) print(line);
  const isUnknown = answer.store.kind !== 'found' && !hasRuns(answer);
  if (isUnknown || answer.advice.length > 0) throw new BadNews(q);
}

async function ask(config: ClientConfig, q: string): Promise<Why> {
  const store = await findStory(config, q);
  const { reference, temporal } = await askTemporal(config, q, store);
  const story = store.kind === 'found' ? store.story : null;
  return { q, reference, store, temporal, advice: adviceOn(story, temporal, new Date(), config) };
}

/**
 * Reads the runs of the order that the store has found, or else of the order that Temporal finds by the same
 * id.
 */
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
