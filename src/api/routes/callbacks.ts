import { Router } from '@koa/router';
import type { Context } from 'koa';
import type { GatewayRegistry } from '../../gateways/registry.ts';
import { Problem } from '../problem.ts';
import { readRawRequest } from '../raw-request.ts';
import type { SourcedIngress } from '../sources.ts';

/** `GET|POST /callbacks/{gateway}`: what a gateway sends us. Too large, wrong method, malformed: in this order. */
export function callbackRoutes(deps: { gateways: GatewayRegistry; ingress: SourcedIngress }): Router {
  const router = new Router();
  return router.all('/callbacks/:gateway', async (ctx: Context & { params: Record<string, string> }) => {
    const gateway = deps.gateways.find(ctx.params['gateway'] ?? '');
    if (gateway === undefined)
      throw new Problem('not_found', `no gateway "${ctx.params['gateway']}" is configured`);
    const request = await readRawRequest(ctx);
    if (ctx.method !== 'GET' && ctx.method !== 'POST') {
      ctx.set('Allow', 'GET, POST');
      throw new Problem('method_not_allowed', `GET or POST was expected, not ${ctx.method}`);
    }
    ctx.body = await deps.ingress.receive(gateway, request, ctx.ip);
  });
}
