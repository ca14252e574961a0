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

/** Shown in its usual form. Each gateway expects a form of its own (`answerTo` of its descriptor), so the handler's is not held to it. */
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

/** What a gateway sends us about one payment. */
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
    summary: 'A gateway reports',
    description:
      `Signed as the gateway signs; ${GATEWAYS.map(({ document }) => document.callback).join('; ')}. 200 means that it is durable. ` +
      'What a callback claims is never believed: it makes us ask the gateway.',
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
    summary: 'A gateway reports everything that happens on the account',
    description:
      `Signed over the bytes of its body, ${GATEWAYS.map(({ document }) => document.accountWebhook).join(', ')}. The session that it names says whose it is: what is about ` +
      'the payments of other shops on the account is `ignored`, like pings and unknown events. Needs the store; otherwise as session callbacks.',
    params: gateway,
    answers: { 200: keptAnswer(kept) },
    // Their signature has no time.
    refusals: REFUSALS.filter((code) => code !== 'stale_signature'),
    handle: (request, tools: CallbackTools) => receive(request, tools, ['POST']),
  }),
];

/** Too large, wrong method, malformed: in this order. Never a redirect: gateways do not follow them. */
async function receive(
  { ctx, params }: CallRequest<z.infer<typeof gateway>>,
  { gateways, ingress, prefix }: CallbackTools,
  methods: readonly string[],
) {
  const gateway = gateways.find(params.gateway);
  if (gateway === undefined) throw new Refusal('not_found', `no gateway "${params.gateway}" is configured`);
  const request = await readRawRequest(ctx, prefix);
  if (!methods.includes(ctx.method)) {
    ctx.set('Allow', methods.join(', '));
    throw new Refusal('method_not_allowed', `${methods.join(' or ')} was expected, not ${ctx.method}`);
  }
  const { result } = await ingress.receive(gateway, request, ctx.ip);
  return reply(200, gateways.answerTo(gateway.id, result));
}
