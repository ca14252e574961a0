/**
 * Shows stripe-mock the requests that the Stripe adapter has sent in a run of the suite. Their receivers, the
 * sandbox and the tests' fake, write them into a folder (STRIPE_SANDBOX_REQUESTS). Requests of one shape are
 * equal for stripe-mock, so it sees one of each.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startStripeMock } from './stripe-mock.js';

/** The `User-Agent` of the adapter. Other clients of the sandbox send wrong requests on purpose. */
const OURS = 'paidonce';
const KEY = 'sk_test_paidonce';

/**
 * @typedef {object} Noted
 * @property {string} method
 * @property {string} path
 * @property {string} query
 * @property {string} form
 * @property {string} [userAgent]
 * @property {string} [version]
 * @property {string} [contentType]
 */

/**
 * `refused` has a text for each shape that stripe-mock refuses. Null where there were no requests, or is no
 * stripe-mock.
 * @param {string} folder
 * @returns {Promise<{ requests: number, shapes: number, refused: string[] } | null>}
 */
export async function judgeRequests(folder) {
  const noted = readNoted(folder).filter(({ userAgent }) => userAgent === OURS);
  if (noted.length === 0) return null;
  const mock = await startStripeMock();
  if (mock === null) return null;
  try {
    const shapes = new Map(noted.map((request) => [shapeOf(request), request]));
    const refused = [];
    for (const [shape, request] of shapes) {
      const problem = await problemWith(mock.url, request);
      if (problem !== null) refused.push(`${shape}\n  is refused by stripe-mock: ${problem}`);
    }
    return { requests: noted.length, shapes: shapes.size, refused };
  } finally {
    mock.close();
  }
}

/**
 * @param {string} folder
 * @returns {Noted[]}
 */
function readNoted(folder) {
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  // A process that was killed may leave half a line.
  const lines = texts.flatMap((text) => text.split('\n').slice(0, -1));
  return lines.map((line) => JSON.parse(line));
}

/**
 * @param {string} url
 * @param {Noted} noted
 * @returns {Promise<string | null>}
 */
async function problemWith(url, { method, path, query, form, version = '', contentType }) {
  const content = contentType === undefined ? {} : { 'content-type': contentType };
  const response = await fetch(`${url}${path}${query === '' ? '' : `?${query}`}`, {
    method,
    headers: { authorization: `Bearer ${KEY}`, 'stripe-version': version, ...content },
    ...(method !== 'GET' && { body: form }),
  });
  const answer = await response.text();
  return response.ok ? null : `${response.status} ${answer.replaceAll(/\s+/g, ' ').slice(0, 500)}`;
}

/** @param {Noted} noted */
function shapeOf({ method, path, query, form, version }) {
  const place = path.replaceAll(/\/([a-z]+_[^/]+)/g, (whole, name) => (isId(name) ? '/…' : whole));
  const fields = [...new URLSearchParams(query), ...new URLSearchParams(form)].map(
    ([name, value]) => `${name}=${kindOf(name, value)}`,
  );
  return [method, place, ...new Set(fields.sort()), version].join(' ');
}

/**
 * `cs_test_a1`, and not `payment_intents`.
 * @param {string} name
 */
function isId(name) {
  return /[A-Z\d]/.test(name);
}

/**
 * Words may be values that Stripe knows, so each of them counts. Metadata are free texts.
 * @param {string} name
 * @param {string} value
 */
function kindOf(name, value) {
  if (name.includes('metadata[')) return 'text';
  if (/^-?\d+$/.test(value)) return 'integer';
  return /^[a-z][a-z_.]{0,60}$/.test(value) ? value : 'text';
}
