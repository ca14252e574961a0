/** `/__sim/transactions`, `/__sim/refunds` and `/__sim/disputes`: the dashboard, banks and time. */
import type { Router } from '@koa/router';
import { z } from 'zod';
import { parseBody, readJson } from '../../http/request-body.ts';
import { closeDispute, openDispute } from '../disputes/move-dispute.ts';
import { eventChoiceSchema } from '../events/event-plan.ts';
import { badState } from '../http/stripe-error.ts';
import { endSchema } from '../payer/payment-request.ts';
import { succeed, useMethod } from '../payments/attempt.ts';
import { cancelByCall, lapse } from '../payments/cancel-intent.ts';
import { captureIntent } from '../payments/capture-intent.ts';
import { openIntent } from '../payments/intent-object.ts';
import { CARD } from '../payments/methods.ts';
import { settleProcessing } from '../payments/settle-processing.ts';
import type { Charge, PaymentIntent } from '../records/stripe-objects.ts';
import { createRefund } from '../refunds/create-refund.ts';
import { failRefund, succeedRefund } from '../refunds/settle-refund.ts';
import { ownFaultsSchema } from '../stripe-faults.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';
import { doing, nothingElse } from './doing.ts';

const count = z.number().int().min(0);

const changeSchema = z.strictObject({
  status: z.union([z.enum(['expired', 'canceled']), endSchema]),
  callback: eventChoiceSchema,
});

const moneySchema = z.strictObject({
  amount: count.optional(),
  final: z.boolean().optional(),
  reason: z.string().optional(),
  metadata: z.record(z.string(), z.string()).optional(),
  pending: z.boolean().optional(),
  result: z.enum(['success', 'failure', 'never']).optional(),
  afterMs: count.optional(),
  callback: eventChoiceSchema,
});

const disputeSchema = z.strictObject({
  amount: count.optional(),
  reason: z.string().optional(),
  inquiry: z.boolean().optional(),
  callback: eventChoiceSchema,
});

const foreignSchema = z.strictObject({
  amount: z.number().int().positive(),
  currency: z.string(),
  captureMethod: z.enum(['automatic_async', 'manual']).optional(),
  metadata: z.record(z.string(), z.string()).optional(),
  callback: eventChoiceSchema,
});

export function simTransactionRoutes(router: Router, sandbox: StripeSandbox): void {
  const { ledger, faults } = sandbox;
  router.get('/transactions', (ctx) => {
    ctx.body = ledger.intents.all();
  });
  router.post(
    '/transactions',
    doing(sandbox, foreignSchema, (asked) => createForeign(sandbox, asked)),
  );
  router.get('/transactions/:id', (ctx) => {
    ctx.body = ledger.intent(ctx.params['id'] ?? '');
  });
  router.post(
    '/transactions/:id/change',
    doing(sandbox, changeSchema, ({ status }, id) => change(sandbox, ledger.intent(id), status)),
  );
  router.post(
    '/transactions/:id/capture',
    doing(sandbox, moneySchema, ({ amount, final }, id) =>
      captureIntent(sandbox, ledger.intent(id), { amount, final }),
    ),
  );
  router.post(
    '/transactions/:id/void',
    doing(sandbox, moneySchema, (_, id) => cancelByCall(sandbox, ledger.intent(id), 'requested_by_customer')),
  );
  router.post(
    '/transactions/:id/refund',
    doing(sandbox, moneySchema, ({ amount, reason, metadata, ...manner }, id) =>
      createRefund(sandbox, { payment_intent: id, amount, reason, metadata }, manner),
    ),
  );
  router.post(
    '/transactions/:id/dispute',
    doing(sandbox, disputeSchema, (asked, id) => openDispute(sandbox, chargeOf(sandbox, id), asked)),
  );
  router.get('/transactions/:id/faults', (ctx) => {
    ctx.body = faults.ownOf(ledger.intent(ctx.params['id'] ?? '').id);
  });
  router.post('/transactions/:id/faults', async (ctx) => {
    const { id } = ledger.intent(ctx.params['id'] ?? '');
    faults.changeOwn(id, parseBody(ownFaultsSchema, await readJson(ctx.req)));
    ctx.body = faults.ownOf(id);
  });
}

/** `/__sim/refunds` and `/__sim/disputes` */
export function simAfterwardsRoutes(router: Router, sandbox: StripeSandbox): void {
  const { ledger } = sandbox;
  router.post(
    '/refunds/:id/fail',
    doing(
      sandbox,
      z.strictObject({ reason: z.string().optional(), callback: eventChoiceSchema }),
      ({ reason }, id) => {
        const refund = ledger.refund(id);
        failRefund(sandbox, refund, reason);
        return refund;
      },
    ),
  );
  router.post(
    '/refunds/:id/succeed',
    doing(sandbox, nothingElse, (_, id) => {
      const refund = ledger.refund(id);
      succeedRefund(sandbox, refund);
      return refund;
    }),
  );
  router.post(
    '/disputes/:id/close',
    doing(
      sandbox,
      z.strictObject({ status: z.enum(['won', 'lost', 'warning_closed']), callback: eventChoiceSchema }),
      ({ status }, id) => closeDispute(sandbox, ledger.dispute(id), status),
    ),
  );
}

function change(
  sandbox: StripeSandbox,
  intent: PaymentIntent,
  status: z.output<typeof changeSchema>['status'],
): object {
  if (status === 'expired') lapse(sandbox, intent);
  else if (status === 'canceled') cancelByCall(sandbox, intent, 'requested_by_customer');
  else settleProcessing(sandbox, intent, status);
  return intent;
}

function chargeOf({ ledger }: StripeSandbox, intentId: string): Charge {
  const charge = ledger.chargeOf(ledger.intent(intentId));
  if (charge === undefined) throw badState('payment_intent_unexpected_state', `${intentId} has no charge`);
  return charge;
}

/** Money of another shop on the same account, or by a link of the dashboard. */
function createForeign(sandbox: StripeSandbox, asked: z.output<typeof foreignSchema>): object {
  const intent = openIntent(sandbox, {
    amount: asked.amount,
    currency: asked.currency.toLowerCase(),
    captureMethod: asked.captureMethod ?? 'automatic_async',
    methodTypes: ['card'],
    metadata: asked.metadata,
    description: 'another shop',
  });
  useMethod(sandbox, intent);
  succeed(sandbox, intent, { method: CARD });
  return { sessionId: null, transactionId: intent.id };
}
