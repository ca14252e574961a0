import { z } from 'zod';
import { other, page, reply } from '../http/answers.ts';
import { defineCall } from '../http/define-call.ts';
import { locationHeader } from '../http/fields.ts';
import { showTroubleAs } from '../http/problem.ts';
import { GATEWAY, PAYMENT_ID } from '../payments/payment-examples.ts';
import {
  findReturned,
  followReturn,
  returnStatusOf,
  returnUrlOf,
  type ReturnTools,
} from './follow-return.ts';
import { checkingPage, statusPage, unknownPage } from './payer-pages.tsx';

const UNCACHED = { 'Cache-Control': 'no-store' };

export const RETURN_CALLS = [
  defineCall({
    method: 'get',
    path: '/return/{gateway}',
    operationId: 'followReturn',
    tag: 'Gateways',
    access: 'public',
    summary: "The payer's browser comes back",
    description:
      'Proves nothing; it makes us ask the gateway. `k` is the secret of one payment. Waits up to 3 s for an outcome.',
    params: z.object({ gateway: z.string().meta({ example: GATEWAY.id }) }),
    query: z.object({
      k: z.string().meta({ description: '128 random bits', example: 'Wym4gx1HzC9DNfIpRlAMEg' }),
    }),
    answers: {
      303: other('To the `returnUrl` of the payment, with `order`, `payment` and `status` added', {
        headers: locationHeader(`https://shop.example/thanks?order=1001&payment=${PAYMENT_ID}&status=paid`),
      }),
      200: page('A page of our own, where the payment has no `returnUrl`'),
      404: page('No payment has this `k`'),
      503: page('We can not look now; a page that tries again, or a problem where HTML is not accepted'),
    },
    async handle({ ctx, params }, tools: ReturnTools) {
      showTroubleAs(ctx, checkingPage);
      // Read loosely: a link may gain parameters on its way, and a payer is shown a page, not a list of wrong fields.
      const payment = await findReturned(tools, params.gateway, ctx.query['k']);
      if (payment === null) return reply(404, unknownPage());
      // A HEAD may be a preview of the link; only a GET is a visit.
      const now = ctx.method === 'GET' ? await followReturn(tools, payment) : payment;
      const status = await returnStatusOf(tools.store.db, now);
      if (now.returnUrl === null) {
        const headers = { ...UNCACHED, ...(status === 'pending' && { Refresh: '5' }) };
        return reply(200, statusPage(now.orderReference, status), { headers });
      }
      // Not `ctx.redirect`, which writes the shop's URL otherwise than the shop did.
      const headers = { ...UNCACHED, Location: returnUrlOf(now, now.returnUrl, status) };
      return reply(303, 'Back to the shop …', { type: 'text', headers });
    },
  }),
];
