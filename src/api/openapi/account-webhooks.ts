/** What a gateway calls about all of its account. */
import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { GATEWAYS } from '../../gateways/registry.ts';
import { json, refusals } from './answers.ts';
import { GATEWAY } from './payment-examples.ts';

const gateway = z.object({ gateway: z.string().meta({ example: GATEWAY.id }) });

const result = z.object({ result: z.enum(['accepted', 'duplicate', 'ignored']) });

/** Adds `POST /callbacks/{gateway}/account`. */
export function registerAccountWebhooks(registry: OpenAPIRegistry): void {
  registry.registerPath({
    method: 'post',
    path: '/callbacks/{gateway}/account',
    tags: ['Gateways'],
    summary: 'A gateway reports whatever happens on the account',
    description:
      `Signed over the bytes of its body, ${GATEWAYS.map(({ document }) => document.accountWebhook).join(', ')}. The session that it names says whose it is: what is about ` +
      'the payments of other shops on the account is `ignored`, like pings and unknown events. Needs the store; otherwise as session callbacks.',
    request: { params: gateway },
    responses: {
      ...json(200, 'Kept', result, { kept: { result: 'accepted' } }),
      ...refusals(
        'malformed',
        'bad_signature',
        'source_not_allowed',
        'not_found',
        'method_not_allowed',
        'too_large',
        'uri_too_long',
        'unavailable',
      ),
    },
  });
}
