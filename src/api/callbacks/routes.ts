import { z } from 'zod';
import { GATEWAYS, type GatewayRegistry } from '../../gateways/registry.ts';
import { json, reply } from '../http/answers.ts';
import { defineCall, type Call, type CallRequest } from '../http/define-call.ts';
import { readRawRequest } from '../http/limits.ts';
import { GATEWAY } from '../payments/payment-examples.ts';
import { Refusal, type ProblemCode } from '../refusal.ts';
import type { SourcedIngress } from './sources.ts';

export interface CallbackTools {
  readonly gateways: GatewayRegistry;
  readonly ingress: SourcedIngress;
  /** The path of PUBLIC_URL. */
  readonly prefix: string;
}

const gateway = z.object({ gateway: z.string().meta({ example: GATEWAY.id }) });
const kept = z.object({ result: z.enum(['accepted', 'duplicate', 'ignored']) });
const keptByName = kept.meta({ id: 'CallbackResult' });

/**
 * Documents the usual form of the answer. A gateway may expect another one (`answerTo` of its descriptor), so
 * the handler's answer is not checked against it.
 */
const keptAnswer = (schema: z.ZodType) => json<z.ZodType>('Kept', schema, { kept: { result: 'accepted' } });

const REFUSALS = [
  'malformed',
  'bad_signature',
  'stale_signature',
  'source_not_allowed',
  'not_found',
  'method_not_allowed',
  'too_large',
  'uri_too_long',
  'unavailable',
] as const satisfies readonly ProblemCode[];

/** A call by which a gateway reports on one payment. */
function sessionCallback(
  call: { method: 'get' } | { method: 'post'; refusesOtherMethods: true },
  operationId: string,
): Call<CallbackTools> {
  return defineCall({
    ...call,
    path: '/callbacks/{gateway}',
    operationId,
    tag: 'Gateways',
    access: 'public',
    summary: 'Receive a gateway callback about a payment',
    description:
      `Signed in the gateway's own way; ${GATEWAYS.map(({ document }) => document.callback).join('; ')}. 200 means that the callback is stored durably. ` +
      'The claim of a callback is never believed: a callback only makes us read the gateway.',
    params: gateway,
    answers: { 200: keptAnswer(keptByName) },
    refusals: REFUSALS,
    handle: (request, tools: CallbackTools) => receive(request, tools, ['GET', 'POST']),
  });
}

export const CALLBACK_CALLS = [
  sessionCallback({ method: 'get' }, 'receiveCallback'),
  sessionCallback({ method: 'post', refusesOtherMethods: true }, 'receivePostedCallback'),
  defineCall({
    method: 'post',
    refusesOtherMethods: true,
    path: '/callbacks/{gateway}/account',
    operationId: 'receiveAccountWebhook',
    tag: 'Gateways',
    access: 'public',
    summary: 'Receive a gateway webhook about anything on the account',
    description:
      `Signed over the bytes of its body, ${GATEWAYS.map(({ document }) => document.accountWebhook).join(', ')}. The session in it identifies the payment: a webhook about ` +
      'a payment of another shop on the account is `ignored`, and so are pings and unknown events. This call needs the store; otherwise it works like session callbacks.',
    params: gateway,
    answers: { 200: keptAnswer(kept) },
    // The signature of an account webhook has no time.
    refusals: REFUSALS.filter((code) => code !== 'stale_signature'),
    handle: (request, tools: CallbackTools) => receive(request, tools, ['POST']),
  }),
];

/**
 * Refuses in this order: too large, wrong method, malformed. Never redirects: gateways do not follow
 * redirects.
 */
async function receive(
  { ctx, params }: CallRequest<z.infer<typeof gateway>>,
  { gateways, ingress, prefix }: CallbackTools,
  methods: readonly string[],
) {
  const gateway = gateways.find(params.gateway);
  if (gateway === undefined)
    throw new Refusal(
      'not_found',
      `no gateway "${params.gateway}" is configured; check the callback URL and the configuration`,
    );
  const request = await readRawRequest(ctx, prefix);
  if (!methods.includes(ctx.method)) {
    ctx.set('Allow', methods.join(', '));
    throw new Refusal(
      'method_not_allowed',
      `the method was ${ctx.method}; ${methods.join(' or ')} was expected`,
    );
  }
  const results = await ingress.receive(gateway, request, ctx.ip);
  return reply(200, gateways.answerTo(gateway.id, results));
}
