import type { Config } from '../../config.ts';
import { reasonOf } from '../service-api.ts';
import { check, fail, ok, warn, type Check, type Finding } from './check.ts';

/** Whether somebody listens where order updates go. Nothing is sent that could be taken for one. */
export async function checkMerchant(config: Config): Promise<Check[]> {
  return [await check('order updates', () => checkEndpoint(config), 'is ORDER_WEBHOOK_URL right?')];
}

async function checkEndpoint(config: Config): Promise<Finding> {
  const { ORDER_WEBHOOK_URL: url, ORDER_WEBHOOK_SECRETS: secrets } = config;
  if (url === undefined)
    return warn('off: nobody is told of a paid order', 'set ORDER_WEBHOOK_URL, or read GET /v1/orders');
  const { origin, protocol } = new URL(url);
  try {
    await fetch(origin, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(5_000) });
  } catch (error) {
    return fail(`no answer from ${origin} (${reasonOf(error)})`, 'updates wait, and are tried for 3 days');
  }
  const count = secrets?.length ?? 0;
  const text = `${origin} answers; signed with ${count} ${count === 1 ? 'secret' : 'secrets'}`;
  const isPlain = protocol === 'http:' && config.DINTERO_ACCOUNT_ID.startsWith('P');
  return isPlain ? warn(`${text}, by plain http`, 'use https: updates say who bought what') : ok(text);
}
