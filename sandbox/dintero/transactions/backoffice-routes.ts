/** `/__sim/transactions`: changes of transactions by the Backoffice, by other shops and by time. */
import type { Router, RouterContext } from '@koa/router';
import { z } from 'zod';
import { callbackChoiceSchema } from '../callbacks/callback-plan.ts';
import { applyChange, changeSchema } from './announce.ts';
import { mannerFields, ownFaultsSchema } from '../faults/fault-schema.ts';
import { FOREIGN_PROFILE } from '../books/dintero-holdings.ts';
import { type MoneyKind, moneyCommand } from '../money/money-request.ts';
import { moveMoney, reversalSchema, reverse } from '../money/move-money.ts';
import { pay } from '../payer/pay.ts';
import { parseBody, readJson } from '../../http/request-body.ts';
import type { Sandbox } from '../sandbox.ts';
import { sessionFrom } from '../sessions/session-request.ts';
import type { Transaction } from './transaction.ts';

const foreignSchema = z.strictObject({
  merchantReference: z.string().min(1),
  amount: z.number().int(),
  currency: z.string(),
  status: z.string(),
});

/** How an operation in the Backoffice proceeds; the rest of the body is that of the API. */
const mannerSchema = z.object({ ...mannerFields, callback: callbackChoiceSchema });

export function simTransactionRoutes(router: Router, sandbox: Sandbox): void {
  router.post('/transactions', async (ctx) => {
    ctx.body = createForeign(sandbox, parseBody(foreignSchema, await readJson(ctx.req)));
  });
  router.get('/transactions/:id', (ctx) => {
    ctx.body = transactionOf(sandbox, ctx);
  });
  router.post('/transactions/:id/change', async (ctx) => {
    const { callback, ...change } = parseBody(changeSchema, await readJson(ctx.req));
    const transaction = transactionOf(sandbox, ctx);
    applyChange(sandbox, transaction, { ...change, by: 'backoffice' }, callback);
    ctx.body = transaction;
  });
  router.post('/transactions/:id/reverse', async (ctx) => {
    const transaction = transactionOf(sandbox, ctx);
    reverse(sandbox, transaction, parseBody(reversalSchema, await readJson(ctx.req)));
    ctx.body = transaction;
  });
  router.get('/transactions/:id/faults', (ctx) => {
    ctx.body = sandbox.faults.ownOf(transactionOf(sandbox, ctx).id);
  });
  router.post('/transactions/:id/faults', async (ctx) => {
    const { id } = transactionOf(sandbox, ctx);
    sandbox.faults.changeOwn(id, parseBody(ownFaultsSchema, await readJson(ctx.req)));
    ctx.body = sandbox.faults.ownOf(id);
  });
  for (const kind of ['capture', 'refund', 'void'] as const) {
    router.post(`/transactions/:id/${kind}`, async (ctx) => {
      ctx.body = inBackoffice(sandbox, transactionOf(sandbox, ctx), kind, await readJson(ctx.req));
    });
  }
}

function inBackoffice(
  sandbox: Sandbox,
  transaction: Transaction,
  kind: MoneyKind,
  body: unknown,
): Transaction {
  const { callback, ...manner } = parseBody(mannerSchema, body);
  const command = moneyCommand(kind, transaction, without(body, Object.keys(mannerSchema.shape)));
  moveMoney(sandbox, transaction, command, { by: 'backoffice', manner, callback });
  return transaction;
}

function without(body: unknown, names: readonly string[]): unknown {
  if (typeof body !== 'object' || body === null) return body;
  return Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)));
}

function createForeign(sandbox: Sandbox, foreign: z.infer<typeof foreignSchema>): object {
  const { merchantReference, amount, currency, status } = foreign;
  const request = {
    profile_id: FOREIGN_PROFILE,
    order: { amount, currency, merchant_reference: merchantReference },
    url: { return_url: 'https://another-shop.example/return' },
  };
  const rules = { settings: sandbox.settings, needs: 'profile_id', strictAmounts: false } as const;
  const session = sessionFrom(request, rules);
  sandbox.ledger.saveSession(session);
  const { transactionId } = pay(sandbox, session, { status, callback: false });
  return { sessionId: session.id, transactionId };
}

function transactionOf({ ledger }: Sandbox, ctx: RouterContext): Transaction {
  return ledger.transaction(ctx.params['id'] ?? '');
}
