import type { Router } from '@koa/router';
import { parseBody, readJson } from '../../http/request-body.ts';
import type { Sandbox } from '../sandbox.ts';
import { faultChangeSchema } from './fault-schema.ts';

/** Sends what waited while a switch was off. */
function wake({ callbacks, webhooks }: Sandbox): void {
  callbacks.courier.wake();
  webhooks.courier.wake();
}

/** `/__sim/faults`: the faults from now on. */
export function simFaultRoutes(router: Router, sandbox: Sandbox): void {
  const { faults } = sandbox;
  router.post('/faults', async (ctx) => {
    faults.change(parseBody(faultChangeSchema, await readJson(ctx.req)));
    wake(sandbox);
    ctx.body = faults.state;
  });
  router.delete('/faults', (ctx) => {
    faults.clear();
    wake(sandbox);
    ctx.body = faults.state;
  });
  router.get('/faults', (ctx) => {
    ctx.body = faults.state;
  });
}
