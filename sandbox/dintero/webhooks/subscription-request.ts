import { z } from 'zod';
import { parseBody } from '../../http/request-body.ts';
import { invalid } from '../../http/problem.ts';
import type { Settings } from '../settings.ts';
import { fieldMaskOf } from './field-mask.ts';
import type { Subscription } from './subscription.ts';

const EVENTS = new Set([
  'checkout_transaction',
  'checkout_authorization',
  'checkout_token_add',
  'checkout_token_update',
  'checkout_token_delete',
  'settlement_add',
  'account_update',
]);

const text = z.string().min(1);

const subscriptionSchema = z.strictObject({
  config: z.strictObject({
    url: z.url({ protocol: /^https?$/ }),
    content_type: z.literal('application/json').default('application/json'),
    secret: z
      .union([text, z.strictObject({ type: z.literal('HMAC-SHA1'), secret: text.optional() })])
      .optional(),
  }),
  events: z.array(z.string()).min(1),
  fields: text
    .refine((fields) => fieldMaskOf(fields) !== null, 'expected names as in a,b/c,d(e,f)')
    .optional(),
  exclude_fields: z.array(text).optional(),
});

/** The subscription that a body requests, or a 400 with every wrong field. */
export function subscriptionFrom(
  body: unknown,
  settings: Settings,
): Pick<Subscription, 'config' | 'events' | 'fields' | 'exclude_fields'> {
  const asked = parseBody(subscriptionSchema, body);
  const unknown = asked.events.filter((event) => !EVENTS.has(event) && !event.startsWith('account_store_'));
  if (unknown.length > 0) throw invalid(...unknown.map((event) => `events: there is no event ${event}`));
  const { protocol, hostname } = new URL(asked.config.url);
  const isLocal = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  if (!settings.allowHttp && (protocol !== 'https:' || isLocal)) {
    throw invalid('config.url must be https and not on localhost');
  }
  return asked;
}
