import { paidonce } from './shell-commands.ts';
import type { Config } from '../config/config.ts';
import { fetchTarget, shownUrl } from '../lib/url-credentials.ts';
import { pageOfUpdates } from '../store/lists.ts';
import type { Db } from '../store/open.ts';
import { fetchFailure } from '../lib/root-of.ts';
import { check, commandsFor, fail, firstOf, ok, warn, type Check, type Finding } from './check.ts';

/** Whether the merchant's endpoint answers. Nothing is sent that could be taken for an update. */
export function checkEndpoint(config: Config): Promise<Check> {
  return check('order updates', () => askEndpoint(config), 'is ORDER_WEBHOOK_URL right?');
}

/** Which updates keep failing. */
export function checkFailing(db: Db): Promise<Check> {
  return check('failing updates', () => findFailing(db), 'does the store answer?');
}

/** Sent so often and not heard: a shop that was away for a moment is no finding. */
const FAILS_AFTER = 4;

/** Those that are tried again and again, with what the shop answers. */
async function findFailing(db: Db): Promise<Finding> {
  const filter = { state: 'pending', minAttempts: FAILS_AFTER, limit: 100 } as const;
  const { rows: data, hasMore } = await pageOfUpdates(db, filter);
  if (data.length === 0) return ok('none');
  const names = data.map(
    ({ effectId, attempts, lastAnswer }) =>
      `${effectId} (${attempts} times, last: ${lastAnswer ?? 'under way'})`,
  );
  const ids = data.map(({ effectId }) => effectId);
  const again = (id: string) => paidonce('redeliver', id, { reason: 'the endpoint answers again' });
  const todo = "look into the shop's endpoint; they are tried again by themselves, and at once by";
  return fail(firstOf(names, hasMore), todo, ...commandsFor(ids, again));
}

async function askEndpoint(config: Config): Promise<Finding> {
  const { ORDER_WEBHOOK_URL: written } = config;
  if (written === undefined)
    return warn('off: nobody is told of a paid order', 'set ORDER_WEBHOOK_URL, or read GET /v1/orders');
  const shown = shownUrl(written);
  try {
    return judged(await ask(written, config.ORDER_WEBHOOK_TIMEOUT), shown, config);
  } catch (error) {
    return fail(`no answer from ${shown} (${fetchFailure(error)})`, 'updates wait, and are tried for 3 days');
  }
}

function ask(written: string, timeoutMs: number): Promise<Response> {
  const { url, authorization } = fetchTarget(written);
  const headers = authorization === null ? {} : { authorization };
  return fetch(url, { method: 'HEAD', redirect: 'manual', headers, signal: AbortSignal.timeout(timeoutMs) });
}

/** Many a shop takes nothing but a POST there, so most refusals of a HEAD mean nothing. */
function judged({ status, headers }: Response, shown: string, config: Config): Finding {
  const answers = `${shown} answers ${status} to a HEAD`;
  if (status >= 300 && status < 400) {
    const to = headers.get('location') ?? 'nowhere';
    return warn(`${answers}: redirects are not followed`, `is it meant to be ${shownUrl(to)}?`);
  }
  if (status === 404 || status === 410)
    return warn(answers, 'is the path right? An endpoint that knows no HEAD may answer so too');
  if (status === 401 || status === 403)
    return warn(
      answers,
      'does it want a user and a password? ORDER_WEBHOOK_URL takes them: https://user:password@…',
    );
  const count = config.ORDER_WEBHOOK_SECRETS?.length ?? 0;
  const text = `${shown} answers; signed with ${count} ${count === 1 ? 'secret' : 'secrets'}`;
  const isPlain = shown.startsWith('http:') && config.gateways.some(({ mode }) => mode === 'live');
  return isPlain ? warn(`${text}, by plain http`, 'use https: updates say who bought what') : ok(text);
}
