import { Command } from 'commander';
import type { z } from 'zod';
import { gatewaysAnswer } from '../api/gateways/gateway-view.ts';
import { pageOf } from '../api/http/pages.ts';
import { difference } from '../api/reconciliations/difference-view.ts';
import { reconciliation } from '../api/reconciliations/reconciliation-view.ts';
import { readClientConfig } from '../config/config.ts';
import { formatMoney } from '../domain/money.ts';
import { BadNews } from './exit.ts';
import { parseSince, parseTime } from './parse-time.ts';
import { asTyped, print, printJson } from './print.ts';
import { withRunningDev } from './running-dev.ts';
import { serviceApi, type ServiceApi } from './service-api.ts';
import { untilEnded } from './until-ended.ts';

const EXAMPLES = `
Compares every transaction of the gateway with the payments of the service, in both directions. The runs of payments that differ look
at the gateway again, and then these payments are compared again. Moves no money. The service does the same daily, over seven days.
Without --gateway, every configured gateway is compared, one after another.

Example:
  paidonce reconcile
  paidonce reconcile --since 30d
  paidonce reconcile --since 2026-10-01T00:00:00Z --until 2026-11-01T00:00:00Z --json

Exits with 1 if there is a difference that nothing explains, or a gateway could not be compared to the end.`;

interface Options {
  readonly gateway?: string;
  readonly since?: string;
  readonly until?: string;
  readonly json?: true;
}

type Reconciliation = z.infer<typeof reconciliation>;
type Difference = z.infer<typeof difference>;

/** A comparison of one gateway that has ended, with all its differences. */
export interface Found {
  readonly result: Reconciliation;
  readonly differences: readonly Difference[];
}

/** `paidonce reconcile`: the store compared with the gateways. */
export function reconcileCommand(): Command {
  return new Command('reconcile')
    .description('compare every transaction of a gateway with ours')
    .option('--gateway <gateway>', 'only this gateway; default: every configured one')
    .option('--since <time>', 'how far back: a duration such as 7d, or a time; default: 7d', parseSince)
    .option('--until <time>', 'the end of the period; default: now', timeOf)
    .option('--json', 'print the result as JSON')
    .addHelpText('after', EXAMPLES)
    .action(reconcile);
}

function timeOf(given: string): string {
  return parseTime(given);
}

async function reconcile({ gateway, since, until, json }: Options): Promise<void> {
  const service = serviceApi(readClientConfig(withRunningDev(process.env)), ['support']);
  const gateways = gateway === undefined ? await configured(service) : [gateway];
  const found: Found[] = [];
  for (const name of gateways) {
    found.push(await reconcileOne(service, { gateway: name, since, until }));
    if (!json) printFound(found.at(-1) as Found);
  }
  const isOk = found.every(({ result }) => result.status === 'complete' && result.unexplained === 0);
  const [only] = found;
  if (json && only !== undefined)
    printJson(
      found.length === 1 ? inContract(only) : { ok: isOk, gateways: found.map((one) => inContract(one)) },
    );
  if (!isOk)
    throw new BadNews('there is drift that nothing explains, or a gateway was not compared to the end');
}

async function configured(service: ServiceApi): Promise<string[]> {
  const { data } = await service.get('/v1/gateways', gatewaysAnswer);
  return data.map(({ id }) => id);
}

/** Asks for a comparison and waits for its end. @throws ServiceRefused | ServiceUnreachable */
export async function reconcileOne(
  service: ServiceApi,
  asked: { readonly gateway: string; readonly since: string | undefined; readonly until: string | undefined },
): Promise<Found> {
  const begun = await service.post('/v1/reconciliations', asked, reconciliation);
  const result = await untilEnded(begun, () =>
    service.get(`/v1/reconciliations/${begun.id}`, reconciliation),
  );
  return { result, differences: await allDifferences(service, result.id) };
}

const differencePage = pageOf(difference);

async function allDifferences(service: ServiceApi, id: string): Promise<Difference[]> {
  const all: Difference[] = [];
  let query = 'limit=100';
  for (;;) {
    const page = await service.get(`/v1/reconciliations/${id}/differences?${query}`, differencePage);
    all.push(...page.data);
    if (page.nextCursor === null) return all;
    query = `limit=100&cursor=${encodeURIComponent(page.nextCursor)}`;
  }
}

/** The JSON of contract §10. */
function inContract({ result, differences }: Found): object {
  const of = (name: Difference['class']) =>
    differences.flatMap(({ class: its, ...rest }) => (its === name ? [rest] : []));
  const { id, gateway, status, failure, from, to, coverage, limits, compared, match, repaired, foreign } =
    result;
  return {
    id,
    gateway,
    status,
    ...(failure !== null && { failure }),
    from,
    to,
    coverage,
    limits,
    compared,
    match,
    repaired,
    foreign,
    mismatch: of('mismatch'),
    missingHere: of('missing_here'),
    missingThere: of('missing_there'),
    duplicate: of('duplicate'),
    unexplained: result.unexplained,
  };
}

const MOST_SHOWN = 20;

function printFound({ result, differences }: Found): void {
  const { gateway, from, to, compared, match, repaired, foreign, unexplained, failure, limits } = result;
  print(`${gateway} from ${from} to ${to}`);
  if (failure !== null) print(`  not compared to the end: ${failure}`);
  print(`  ${compared} compared: ${match} match (${repaired} repaired by this); ${foreign} of other shops`);
  const first = [...differences].sort(unexplainedFirst);
  for (const one of first.slice(0, MOST_SHOWN)) printDifference(one);
  if (first.length > MOST_SHOWN) print(`  and ${first.length - MOST_SHOWN} more: --json prints all`);
  if (unexplained !== null) print(`  ${differences.length} differ, of which nothing explains ${unexplained}`);
  for (const limit of limits) print(`  note: ${limit}`);
}

function unexplainedFirst(left: Difference, right: Difference): number {
  return Number(left.explanation !== null) - Number(right.explanation !== null);
}

function printDifference(one: Difference): void {
  const { orderReference, transactionId, here, there, transactions, explanation, advice, commands } = one;
  const what = [
    orderReference === null ? [] : [`order ${orderReference}`],
    transactionId === null ? [] : [`transaction ${transactionId}`],
  ].flat();
  const name = `${one.class.replace('_', ' ')}${explanation === null ? '' : ' (explained)'}`;
  print(`  ${name}: ${what.join(', ')}`);
  if (transactions === null) print(`    here ${inWords(here)}; at the gateway ${inWords(there)}`);
  for (const held of transactions ?? [])
    print(`    ${held.transactionId ?? held.payment ?? 'a transaction'}: ${inWords(held)}`);
  print(`    ${advice}`);
  for (const command of commands) print(`    ${asTyped(command)}`);
}

type Side = NonNullable<Difference['here']>;

function inWords(side: Side | null): string {
  if (side === null) return 'nothing';
  const { status, amount, currency, captured, refunded } = side;
  const money = (amountMinor: number): string => formatMoney({ amountMinor, currency });
  const sums = [
    ...(captured === undefined ? [] : [`captured ${money(captured)}`]),
    ...(refunded === undefined ? [] : [`refunded ${money(refunded)}`]),
  ];
  return [`${status} ${money(amount)}`, ...sums].join(', ');
}
