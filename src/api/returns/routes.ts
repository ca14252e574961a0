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
    summary: "Receive the payer's browser after the checkout",
    description:
      'A return proves nothing; it makes us read the gateway. `k` is the secret of one payment. The call waits up to 3 s for a result.',
    params: z.object({ gateway: z.string().meta({ example: GATEWAY.id }) }),
    query: z.object({
      k: z.string().meta({ description: '128 random bits', example: 'Wym4gx1HzC9DNfIpRlAMEg' }),
    }),
    answers: {
      303: other('Redirects to the `returnUrl` of the payment, with `order`, `payment` and `status` added', {
        headers: locationHeader(`https://shop.example/thanks?order=1001&payment=${PAYMENT_ID}&status=paid`),
      }),
      200: page('Our own page, if the payment has no `returnUrl`'),
      404: page('No payment has this `k`'),
      503: page(
        'The payment cannot be read now: a page that tries again, or a problem if HTML is not accepted',
      ),
    },
    async handle({ ctx, params }, tools: ReturnTools) {
      showTroubleAs(ctx, checkingPage);
      // Not validated strictly: a link may get additional parameters on its way, and a payer needs a page,
      // not a list of wrong fields.
      const payment = await findReturned(tools, params.gateway, ctx.query['k']);
      if (payment === null) return reply(404, unknownPage());
      // A HEAD may come from a link preview; only a GET is a visit.
      const now = ctx.method === 'GET' ? await followReturn(tools, payment) : payment;
      const status = await returnStatusOf(tools.store.db, now);
      if (now.returnUrl === null) {
        const headers = { ...UNCACHED, ...(status === 'pending' && { Refresh: '5' }) };
        return reply(200, statusPage(now.orderReference, status), { headers });
      }
      // Not `ctx.redirect`, which would rewrite the shop's URL.
      const headers = { ...UNCACHED, Location: returnUrlOf(now, now.returnUrl, status) };
      return reply(303, 'Back to the shop …', { type: 'text', headers });
    },
  }),
];
