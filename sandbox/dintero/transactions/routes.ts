/** The routes of transactions in Dintero's API. */
import type { Router, RouterContext } from '@koa/router';
import { z } from 'zod';
import { updateAuthorization } from './authorization.ts';
import type { Fault } from '../faults/fault-schema.ts';
import { many } from '../records/listing.ts';
import { listTransactions } from './list-transactions.ts';
import { type MoneyKind, moneyCommand } from '../money/money-request.ts';
import { moveMoney } from '../money/move-money.ts';
import { parseBody, readJson } from '../../http/request-body.ts';
import type { Sandbox } from '../sandbox.ts';
import { cutOff, sessionView, transactionView } from '../records/lagging-views.ts';
import { authorized } from '../http/operation.ts';
import { nowIso } from '../records/ids-and-times.ts';

const updateSchema = z.strictObject({ merchant_reference_2: z.string().optional() });

export function transactionRoutes(router: Router, sandbox: Sandbox): void {
  router.get(
    '/transactions',
    authorized(sandbox, 'list', (ctx) => {
      ctx.body = listTransactions(sandbox, ctx.query);
    }),
  );
  router.get(
    '/transactions/:id',
    authorized(sandbox, 'readTransaction', (ctx) => readTransaction(sandbox, ctx)),
  );
  router.put(
    '/transactions/:id',
    authorized(sandbox, 'updateTransaction', (ctx) => updateTransaction(sandbox, ctx)),
  );
  router.post(
    '/transactions/:id/authorization',
    authorized(sandbox, 'authorization', (ctx) => changeAuthorization(sandbox, ctx)),
  );
  for (const kind of ['capture', 'refund', 'void'] as const) {
    router.post(
      `/transactions/:id/${kind}`,
      authorized(sandbox, kind, (ctx, fault) => operate(sandbox, ctx, kind, fault)),
    );
  }
}

function readTransaction({ ledger, faults }: Sandbox, ctx: RouterContext): void {
  const cut = cutOff(faults.knobs.readLagMs);
  const transaction = ledger.transaction(idOf(ctx));
  const session = sessionView(ledger.session(transaction.session_id), ledger, cut);
  const embeds = many(ctx.query, 'includes').includes('session');
  ctx.body = { ...transactionView(transaction, cut), ...(embeds ? { session } : {}) };
}

async function updateTransaction({ ledger }: Sandbox, ctx: RouterContext): Promise<void> {
  const transaction = ledger.transaction(idOf(ctx));
  const changed = parseBody(updateSchema, await readJson(ctx.req));
  Object.assign(transaction, changed, { updated_at: nowIso() });
  ledger.saveTransaction(transaction);
  ctx.body = transaction;
}

async function changeAuthorization(sandbox: Sandbox, ctx: RouterContext): Promise<void> {
  const transaction = sandbox.ledger.transaction(idOf(ctx));
  updateAuthorization(sandbox, transaction, await readJson(ctx.req));
  ctx.body = transaction;
}

async function operate(
  sandbox: Sandbox,
  ctx: RouterContext,
  kind: MoneyKind,
  manner: Fault | undefined,
): Promise<void> {
  const transaction = sandbox.ledger.transaction(idOf(ctx));
  const command = moneyCommand(kind, transaction, await readJson(ctx.req));
  const { acceptedAs } = moveMoney(sandbox, transaction, command, { by: sandbox.settings.clientId, manner });
  if (acceptedAs !== undefined) {
    ctx.status = 202;
    ctx.set('event-request-id', acceptedAs);
  }
  ctx.body = transaction;
}

function idOf(ctx: RouterContext): string {
  return ctx.params['id'] ?? '';
}
