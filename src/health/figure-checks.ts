/** Checks of the figures of the running service. */
import { paidonce } from './shell-commands.ts';
import type { Config } from '../config/config.ts';
import type { Gateway, Listing } from '../gateways/gateway.ts';
import { commandsFor, fail, ok, warn, type Check, type CheckResult } from './check.ts';
import type { Figures } from './figures.ts';
import { reconciliationChecks } from './reconciliation-checks.ts';
import { checkSignatures, type ExplainedRefusals } from './signature-checks.ts';
import { secretChecks } from './secret-checks.ts';

const UNHANDLED_AFTER_S = 60;
const UNTOLD_AFTER_S = 600;

/** What the store has beside the figures. */
interface Found {
  /** Orders that need a person. */
  readonly reviewed?: readonly string[];
  readonly refused?: ExplainedRefusals;
}

const NONE: ExplainedRefusals = { groups: [], former: new Map() };

/** Reviews, unhandled callbacks, undelivered updates, sweeps, signatures and secrets. */
export function checkFigures(
  figures: Figures,
  config: Config,
  gateways: readonly Gateway[],
  { reviewed = [], refused = NONE }: Found = {},
): Check[] {
  const ofStore = [
    { name: 'reviews', ...reviews(figures, reviewed) },
    { name: 'callbacks', ...callbacks(figures) },
    { name: 'outbox', ...outbox(figures, config) },
    ...gateways.flatMap((gateway) =>
      gateway.listings.map((listing) => ({
        name: `last complete sweep of ${gateway.id}, ${listing.name}`,
        ...sweep(figures, config, { gateway: gateway.id, ...listing }),
      })),
    ),
    ...reconciliationChecks(figures, gateways),
  ];
  const unjudged = unjudgedBy(figures);
  const judged = (checks: readonly Check[]) =>
    unjudged === null ? checks : checks.map(({ name }) => ({ name, ...unjudged }));
  return [
    ...judged(ofStore),
    { name: 'missed callbacks', ...missed(figures) },
    { name: 'signatures', ...checkSignatures(figures, refused) },
    ...judged(secretChecks(figures, gateways)),
  ];
}

const JUDGED_WITHIN_S = 30;

/** Replaces the checks of the store's figures if these are too old; null if they are recent. */
function unjudgedBy(figures: Figures): CheckResult | null {
  const age = figures.of('paidonce_store_figures_age_seconds');
  if (age !== undefined && age <= JUDGED_WITHIN_S) return null;
  const since = age === undefined ? 'never read from the store' : `read ${Math.round(age)} s ago`;
  return warn(`can't be checked: the figures were ${since}`, 'see the check "store"');
}

function reviews(figures: Figures, orders: readonly string[]): CheckResult {
  const count = figures.of('paidonce_review_payments') ?? 0;
  if (count === 0) return ok('none');
  const hours = ((figures.of('paidonce_review_oldest_seconds') ?? 0) / 3_600).toFixed(1);
  const todo =
    'GET /v1/payments?review=true lists all; these commands explain the newest ones, and how to decide';
  const explain = commandsFor(orders, (order) => paidonce('why', order));
  return warn(`${count} need a decision, the oldest for ${hours} h`, todo, ...explain);
}

function callbacks(figures: Figures): CheckResult {
  const age = Math.round(figures.of('paidonce_unhandled_delivery_oldest_seconds') ?? 0);
  if (age < UNHANDLED_AFTER_S) return ok('all handled');
  return fail(
    `the oldest unhandled one has waited ${age} s`,
    'check that a worker polls and that the gateway answers',
  );
}

function outbox(figures: Figures, { ORDER_WEBHOOK_URL: url }: Config): CheckResult {
  const count = figures.of('paidonce_outbox_pending') ?? 0;
  const age = Math.round(figures.of('paidonce_outbox_oldest_seconds') ?? 0);
  if (age < UNTOLD_AFTER_S) return ok(count === 0 ? 'empty' : `${count} under way`);
  const todo =
    url === undefined
      ? 'set ORDER_WEBHOOK_URL again: the updates are sent then'
      : "repair the shop's endpoint";
  return fail(`${count} updates not acknowledged, the oldest for ${age} s`, todo);
}

const HOUR_MS = 3_600_000;
/** How late a complete pass may be in addition to its interval, since a long pass takes time. */
const LATEST_MS = { sweep: 0, hour: 2 * HOUR_MS, day: 36 * HOUR_MS };

/** How old the last complete pass over a listing may be, in milliseconds. `intervalMs` is that of the sweeps. */
export function oldestSweepMs({ every }: Pick<Listing, 'every'>, intervalMs: number): number {
  return 3 * intervalMs + 60_000 + LATEST_MS[every];
}

function sweep(
  figures: Figures,
  { SWEEP_INTERVAL: intervalMs }: Config,
  { gateway, name, every }: Listing & { gateway: string },
): CheckResult {
  const last = figures
    .all('paidonce_last_complete_sweep_timestamp_seconds')
    .find(({ labels }) => labels['gateway'] === gateway && labels['listing'] === name);
  if (last === undefined) return warn('none yet', 'normal in the first minutes of a new deployment');
  const age = Date.now() / 1_000 - last.value;
  const text = `${Math.round(age)} s ago`;
  return age > oldestSweepMs({ every }, intervalMs) / 1_000
    ? fail(text, 'check that the gateway answers, and look for sweep… in the Temporal Web UI')
    : ok(text);
}

/** Callbacks that the gateway says it has sent and that never arrived. */
function missed(figures: Figures): CheckResult {
  const sum = (name: string) => figures.all(name).reduce((total, { value }) => total + value, 0);
  const [lost, expected] = [sum('paidonce_callbacks_missed_total'), sum('paidonce_callbacks_expected_total')];
  if (lost === 0)
    return ok(expected === 0 ? 'none counted here: workers count every hour' : `none of ${expected}`);
  return warn(
    `${lost} of ${expected} since the service started`,
    'docs/operations.md, "Callbacks do not arrive"',
  );
}
