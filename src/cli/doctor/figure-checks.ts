/** What the running service counts, where it says that something is wrong. */
import type { Config } from '../../config.ts';
import { check, fail, ok, warn, type Check, type Finding } from './check.ts';

interface Figures {
  /** The value of a figure with these labels; undefined where it has not been counted. */
  of(name: string, labels?: Record<string, string>): number | undefined;
  all(name: string): { labels: Record<string, string>; value: number }[];
}

const UNHANDLED_AFTER_S = 60;
const UNTOLD_AFTER_S = 600;

/** Reviews, callbacks that nobody has dealt with, updates that nobody heard, sweeps, and which secret signs. */
export async function checkFigures(config: Config): Promise<Check[]> {
  const todo = 'without them nothing can be alarmed; is ADMIN_PORT right?';
  const found: { figures?: Figures } = {};
  const read = await check(
    'figures',
    async () => {
      found.figures = await readFigures(config);
      return ok('/metrics answers');
    },
    todo,
  );
  const { figures } = found;
  if (figures === undefined) return [read];
  return [
    { name: 'reviews', ...reviews(figures) },
    { name: 'callbacks', ...callbacks(figures) },
    { name: 'outbox', ...outbox(figures, config) },
    { name: 'last complete sweep', ...sweep(figures, config) },
    { name: 'signature secrets', ...secrets(figures, config) },
  ];
}

async function readFigures({ ADMIN_PORT: admin, PUBLIC_URL: url }: Config): Promise<Figures> {
  const base = admin === undefined ? url : `http://127.0.0.1:${admin}`;
  const response = await fetch(`${base}/metrics`, { signal: AbortSignal.timeout(5_000) });
  if (!response.ok) throw new Error(`${base}/metrics answered ${response.status}`);
  const lines = (await response.text()).split('\n').flatMap(parseLine);
  const all = (name: string) => lines.filter((line) => line.name === name);
  return {
    all,
    of: (name, labels = {}) =>
      all(name).find((line) => Object.entries(labels).every(([key, value]) => line.labels[key] === value))
        ?.value,
  };
}

function parseLine(line: string): { name: string; labels: Record<string, string>; value: number }[] {
  const [, name, labels, value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  if (name === undefined || value === undefined) return [];
  const pairs = [...(labels ?? '').matchAll(/(\w+)="([^"]*)"/g)].map((match) => [match[1], match[2]]);
  return [{ name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value) }];
}

function reviews(figures: Figures): Finding {
  const count = figures.of('paidonce_review_payments') ?? 0;
  if (count === 0) return ok('none');
  const hours = ((figures.of('paidonce_review_oldest_seconds') ?? 0) / 3_600).toFixed(1);
  const todo =
    'GET /v1/payments?status=REVIEW lists them; paidonce why <order> explains, paidonce resolve decides';
  return warn(`${count} waiting for a person, the oldest for ${hours} h`, todo);
}

function callbacks(figures: Figures): Finding {
  const age = Math.round(figures.of('paidonce_unhandled_delivery_oldest_seconds') ?? 0);
  if (age < UNHANDLED_AFTER_S) return ok('all dealt with');
  return fail(`the oldest has waited ${age} s`, 'is a worker polling, and does the gateway answer?');
}

function outbox(figures: Figures, { ORDER_WEBHOOK_URL: url }: Config): Finding {
  const count = figures.of('paidonce_outbox_pending') ?? 0;
  const age = Math.round(figures.of('paidonce_outbox_oldest_seconds') ?? 0);
  if (age < UNTOLD_AFTER_S) return ok(count === 0 ? 'empty' : `${count} on their way`);
  const todo =
    url === undefined ? 'set ORDER_WEBHOOK_URL again: they are told then' : "mend the shop's endpoint";
  return fail(`${count} updates not heard, the oldest for ${age} s`, todo);
}

function sweep(figures: Figures, { SWEEP_INTERVAL: intervalMs }: Config): Finding {
  const sweeps = figures.all('paidonce_last_complete_sweep_timestamp_seconds');
  if (sweeps.length === 0) return warn('none yet', 'normal in the first minutes of a new deployment');
  const age = Date.now() / 1_000 - Math.min(...sweeps.map(({ value }) => value));
  const text = `${Math.round(age)} s ago`;
  return age > (3 * intervalMs) / 1_000 + 60
    ? fail(text, 'does the gateway answer? look for sweep/… in the Temporal Web UI')
    : ok(text);
}

/** Which of the secrets have signed since the start tells when an old one may go. */
function secrets(figures: Figures, config: Config): Finding {
  const hits = figures.all('paidonce_signature_secret_hits_total');
  const known = config.DINTERO_SIGNATURE_SECRETS.map((_, index) => {
    const count = hits.find(({ labels }) => labels['secret'] === String(index))?.value ?? 0;
    return `${index === 0 ? 'newest' : `older (${index})`} ${count}`;
  });
  const text = `callbacks signed since the service started: ${known.join(', ')}`;
  const refused = figures
    .all('paidonce_deliveries_total')
    .filter(({ labels }) => labels['reason'] === 'wrong_signature')
    .reduce((sum, { value }) => sum + value, 0);
  if (refused === 0) return ok(text);
  return warn(
    `${text}; ${refused} with a wrong signature`,
    'was a secret rotated at the gateway, or is somebody trying?',
  );
}
