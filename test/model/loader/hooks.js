/**
 * Loads the sources themselves, with three differences: `Date` is the model's, modules that reach the outside
 * world are replaced, and tests can replace the functions named in seams.js by wrong ones in a running
 * process.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { transform } from '@swc/core';
import { SEAMS } from './seams.js';

const ROOT = new URL('../../../', import.meta.url).href;
const SOURCES = `${ROOT}src/`;
const MODEL = `${ROOT}test/model/`;

/** By the name of a package or of a module under src/. */
const ALWAYS = {
  standardwebhooks: 'webhook',
  'api/callbacks/redact.ts': 'redact',
  'crash-points.ts': 'crash-points',
  'store/claim-give-back.ts': 'store-claim-give-back',
  'store/claim-payment.ts': 'store-claim-payment',
  'store/decisions.ts': 'store-decisions',
  'store/deliveries.ts': 'store-deliveries',
  'store/find-key.ts': 'store-find-key',
  'store/forgotten-operations.ts': 'store-forgotten-operations',
  'store/new-ids.ts': 'store-new-ids',
  'store/log-delivery.ts': 'store-log-delivery',
  'store/operation-attempts.ts': 'store-operation-attempts',
  'store/operations.ts': 'store-operations',
  'store/outbox.ts': 'store-outbox',
  'store/parked.ts': 'store-parked',
  'store/payments.ts': 'store-payments',
  'store/record-finding/write.ts': 'store-record-finding',
  'store/sweeps.ts': 'store-sweeps',
  'store/timeline.ts': 'store-timeline',
  'store/untold-updates.ts': 'store-untold-updates',
  'store/update-attempts.ts': 'store-update-attempts',
  'store/update-body.ts': 'store-update-body',
  'store/wakes.ts': 'store-wakes',
};
/** A real Temporal server needs the real modules. */
const PURE_ONLY = {
  '@temporalio/workflow': 'temporal-workflow',
  '@temporalio/activity': 'temporal-activity',
  '@temporalio/client': 'temporal-client',
  'activities/heartbeat.ts': 'heartbeat',
  'api/payments/held-lease.ts': 'held-lease',
  'updates/held-claim.ts': 'held-claim',
};

let standIns = ALWAYS;

export function initialize({ isPure }) {
  standIns = isPure ? { ...ALWAYS, ...PURE_ONLY } : ALWAYS;
}

export async function resolve(specifier, context, next) {
  const isOurs = context.parentURL?.startsWith(SOURCES) || context.parentURL?.startsWith(MODEL);
  const standIn = isOurs ? standIns[specifier] : undefined;
  if (standIn !== undefined) return ours(withSeam(`${MODEL}stand-ins/${standIn}.ts`));
  if (!isOurs || !specifier.startsWith('.')) return next(specifier, context);
  return ours(replaced(new URL(specifier, context.parentURL)));
}

function replaced(url) {
  const { href } = url;
  if (url.search === '?real') return href;
  const standIn = href.startsWith(SOURCES) ? standIns[nameOf(href)] : undefined;
  return withSeam(standIn === undefined ? href : `${MODEL}stand-ins/${standIn}.ts`);
}

function withSeam(href) {
  return SEAMS[nameOf(href)] === undefined ? href : `${href}?seam`;
}

/** The name of a module in seams.js. */
function nameOf(href) {
  return href.startsWith(SOURCES) ? href.slice(SOURCES.length) : href.slice(MODEL.length);
}

function ours(url) {
  return { url, format: 'module', shortCircuit: true };
}

export async function load(url, context, next) {
  if (url.endsWith('?seam')) return asModule(seam(url.slice(0, -'?seam'.length)));
  const { pathname, protocol } = new URL(url);
  if (protocol !== 'file:' || !pathname.endsWith('.ts')) return next(url, context);
  const filename = fileURLToPath(url.replace('?real', ''));
  const { code } = await transform(await readFile(filename, 'utf8'), { ...SWC, filename });
  return asModule(isOnOurClock(url) ? `${OURS}${code}` : code);
}

/**
 * Modules that get the model's clock. `OURS` has no line break, so their line numbers do not change. The
 * model itself measures with the real clock.
 */
function isOnOurClock(url) {
  if (url.startsWith(SOURCES) || url.startsWith(`${MODEL}stand-ins/`)) return true;
  if (url.startsWith(`${MODEL}schedule/`)) return true;
  return url.startsWith(`${MODEL}world/`) && !/(clock|outside)\.ts$/.test(url);
}

function asModule(source) {
  return { format: 'module', source, shortCircuit: true };
}

/** The module, in which each named function first checks whether a bug is planted in its place. */
function seam(url) {
  const real = JSON.stringify(`${url}?real`);
  const exchanged = SEAMS[nameOf(url)].map(
    (name) => `export function ${name}(...args) {
  const planted = bugs.${name};
  return planted === undefined ? real.${name}(...args) : planted(real.${name}, ...args);
}`,
  );
  return [
    `import * as real from ${real};`,
    `export * from ${real};`,
    'const bugs = (globalThis.plantedBugs ??= {});',
    ...exchanged,
  ].join('\n');
}

/** The replacements of the outside world for a module. */
const OURS = 'const { ModelDate: Date, modelFetch: fetch, ModelAbortSignal: AbortSignal } = globalThis;';

const SWC = {
  sourceMaps: 'inline',
  jsc: { target: 'es2022', parser: { syntax: 'typescript', tsx: false } },
  module: { type: 'es6' },
};
