import { z } from 'zod';
import type { ClientConfig } from '../../config/config.ts';
import type { Gateway } from '../../gateways/gateway.ts';
import { payment } from '../../api/payments/payment-schemas.ts';
import { pageOf } from '../../api/http/pages.ts';
import { check, fail, ok, warn, type Check, type CheckResult } from '../../health/check.ts';
import { fetchFailure } from '../../lib/root-of.ts';
import { serviceApi, serviceUrl } from '../service-api.ts';

type Asked = Pick<ClientConfig, 'PUBLIC_URL' | 'PORT' | 'API_KEYS'>;

const readiness = z.object({
  status: z.string(),
  store: z.string(),
  temporal: z.string(),
  openings: z.string().default('unknown'),
});

/** Whether the service answers at its public address, including callbacks, and accepts our key. */
export async function checkAddress(
  config: Asked,
  gateways: readonly Pick<Gateway, 'id' | 'mode'>[],
): Promise<Check[]> {
  const todo = 'check that the service runs and that PUBLIC_URL leads to it';
  const ready = await check('service', () => checkReady(config), todo);
  if (ready.state === 'fail') return [ready];
  const others = [
    check('API key', () => checkKey(config), 'set API_KEYS here to a key of the service'),
    ...gateways.map((gateway) =>
      check(`${gateway.id} callback address`, () => checkCallback(config, gateway), todo),
    ),
  ];
  return [ready, ...(await Promise.all(others))];
}

async function checkReady(config: Asked): Promise<CheckResult> {
  const url = serviceUrl(config);
  const response = await get(`${url}/readyz`);
  const parsed = readiness.safeParse(await response.json().catch(() => null));
  if (!parsed.success)
    return fail(
      `${url} answered ${response.status}, but not like this service`,
      'check that PUBLIC_URL leads to the service',
    );
  const { status, store, temporal, openings } = parsed.data;
  const text = `${url} is ${status}: store ${store}, Temporal ${temporal}, openings ${openings}`;
  if (status === 'ready') return ok(text);
  if (store === 'ok' && temporal === 'ok')
    return fail(text, 'no session can be opened now: see the checks of the workers and of the gateway');
  return fail(text, 'callbacks are kept while one of the two works; repair the other');
}

async function checkKey(config: Asked): Promise<CheckResult> {
  await serviceApi(config).get('/v1/payments?limit=1', pageOf(payment));
  return ok(`the first of ${config.API_KEYS?.length ?? 0} is accepted`);
}

/**
 * The service answers 400 to an unsigned call without a payment, and stores nothing of it. Any other answer
 * comes from a proxy in between.
 */
async function checkCallback(
  config: Asked,
  { id, mode }: Pick<Gateway, 'id' | 'mode'>,
): Promise<CheckResult> {
  const url = serviceUrl(config);
  const address = `${url}/callbacks/${id}`;
  const response = await get(address);
  const body = (await response.json().catch(() => null)) as { code?: string } | null;
  if (body?.code !== 'malformed' && body?.code !== 'source_not_allowed')
    return fail(
      `${address} answered ${response.status} ${body?.code ?? ''}`.trim(),
      'a proxy in between must forward GET and POST of /callbacks with an unchanged path and query',
    );
  if (url.startsWith('https:')) return ok(`${address} reaches the service from here`);
  const text = `${address} reaches the service from here, by plain http`;
  return mode === 'live'
    ? fail(text, 'use https: a gateway calls https only')
    : warn(text, 'plain http works only for a sandbox on this machine');
}

async function get(url: string): Promise<Response> {
  try {
    return await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(5_000) });
  } catch (error) {
    throw new Error(`no answer from ${url} (${fetchFailure(error)})`, { cause: error });
  }
}
