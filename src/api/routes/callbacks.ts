import { Router } from '@koa/router';
import type { Context } from 'koa';
import type { GatewayRegistry } from '../../gateways/registry.ts';
import { Problem } from '../problem.ts';
import { readRawRequest } from '../raw-request.ts';
import type { SourcedIngress } from '../sources.ts';

interface CallbackDeps {
  readonly gateways: GatewayRegistry;
  readonly ingress: SourcedIngress;
  /** The path of PUBLIC_URL. */
  readonly prefix: string;
}

type GatewayContext = Context & { params: Record<string, string> };

/**
 * `GET|POST /callbacks/{gateway}`: what a gateway sends us about one payment; `POST /callbacks/{gateway}/account`: about all of its
 * account. Too large, wrong method, malformed: in this order. Never a redirect: gateways do not follow them.
 */
export function callbackRoutes(deps: CallbackDeps): Router {
  return new Router()
    .all('/callbacks/:gateway', (ctx: GatewayContext) => receive(deps, ctx, ['GET', 'POST']))
    .all('/callbacks/:gateway/account', (ctx: GatewayContext) => receive(deps, ctx, ['POST']));
}

async function receive(
  { gateways, ingress, prefix }: CallbackDeps,
  ctx: GatewayContext,
  methods: readonly string[],
): Promise<void> {
  const gateway = gateways.find(ctx.params['gateway'] ?? '');
  if (gateway === undefined)
    throw new Problem('not_found', `no gateway "${ctx.params['gateway']}" is configured`);
  const request = await readRawRequest(ctx, prefix);
  if (!methods.includes(ctx.method)) {
    ctx.set('Allow', methods.join(', '));
    throw new Problem('method_not_allowed', `${methods.join(' or ')} was expected, not ${ctx.method}`);
  }
  const { result } = await ingress.receive(gateway, request, ctx.ip);
  ctx.body = gateways.answerTo(gateway.id, result);
}
