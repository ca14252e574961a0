import { paidonce } from './shell-commands.ts';
import type { Config } from '../config/config.ts';
import { fetchTarget, shownUrl } from '../lib/url-credentials.ts';
import { pageOfUpdates } from '../store/lists.ts';
import type { Db } from '../store/open.ts';
import { fetchFailure } from '../lib/root-of.ts';
import { check, commandsFor, fail, firstOf, ok, warn, type Check, type CheckResult } from './check.ts';

/** Checks whether the merchant's endpoint answers. It sends nothing that could be mistaken for an update. */
export function checkEndpoint(config: Config): Promise<Check> {
  return check('order updates', () => askEndpoint(config), 'check ORDER_WEBHOOK_URL');
}

/** Checks for updates that keep failing. */
export function checkFailing(db: Db): Promise<Check> {
  return check('failing updates', () => findFailing(db), 'check that the store answers');
}

/** Fewer failed attempts are normal: the shop may have been unavailable for a moment. */
const FAILS_AFTER = 4;

async function findFailing(db: Db): Promise<CheckResult> {
  const filter = { state: 'pending', minAttempts: FAILS_AFTER, limit: 100 } as const;
  const { rows: data, hasMore } = await pageOfUpdates(db, filter);
  if (data.length === 0) return ok('none');
  const names = data.map(
    ({ effectId, attempts, lastAnswer }) =>
      `${effectId} (${attempts} times, last: ${lastAnswer ?? 'under way'})`,
  );
  const ids = data.map(({ effectId }) => effectId);
  const again = (id: string) => paidonce('redeliver', id, { reason: 'the endpoint answers again' });
  const todo = "check the shop's endpoint; the updates are sent again automatically, and at once by";
  return fail(firstOf(names, hasMore), todo, ...commandsFor(ids, again));
}

async function askEndpoint(config: Config): Promise<CheckResult> {
  const { ORDER_WEBHOOK_URL: written } = config;
  if (written === undefined)
    return warn(
      'off: the merchant is not notified of paid orders',
      'set ORDER_WEBHOOK_URL, or read GET /v1/orders',
    );
  const shown = shownUrl(written);
  try {
    return judged(await ask(written, config.ORDER_WEBHOOK_TIMEOUT), shown, config);
  } catch (error) {
    return fail(
      `no answer from ${shown} (${fetchFailure(error)})`,
      'repair the endpoint: updates wait, and are sent again for 3 days',
    );
  }
}

function ask(written: string, timeoutMs: number): Promise<Response> {
  const { url, authorization } = fetchTarget(written);
  const headers = authorization === null ? {} : { authorization };
  return fetch(url, { method: 'HEAD', redirect: 'manual', headers, signal: AbortSignal.timeout(timeoutMs) });
}

/** Many shops accept only a POST there, so most refusals of a HEAD mean nothing. */
function judged({ status, headers }: Response, shown: string, config: Config): CheckResult {
  const answers = `${shown} answers ${status} to a HEAD`;
  if (status >= 300 && status < 400) {
    const to = headers.get('location') ?? 'nowhere';
    return warn(
      `${answers}: redirects are not followed`,
      `set ORDER_WEBHOOK_URL to ${shownUrl(to)} if that is the endpoint`,
    );
  }
  if (status === 404 || status === 410)
    return warn(answers, 'check the path. An endpoint that does not support HEAD may also answer like this');
  // A shop that checks the signature refuses a HEAD without one, which is right.
  if (status === 401 && headers.has('www-authenticate'))
    return warn(
      answers,
      'it asks for a user and a password: put them into ORDER_WEBHOOK_URL: https://user:password@…',
    );
  const count = config.ORDER_WEBHOOK_SECRETS?.length ?? 0;
  // Whether it takes updates is another question: a HEAD is answered by many a shop that refuses each POST.
  const text = `${shown} can be reached; signed with ${count} ${count === 1 ? 'secret' : 'secrets'}`;
  const isPlain = shown.startsWith('http:') && config.gateways.some(({ mode }) => mode === 'live');
  return isPlain ? warn(`${text}, by plain http`, 'use https: updates say who bought what') : ok(text);
}
