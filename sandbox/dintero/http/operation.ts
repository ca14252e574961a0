import type { RouterContext, RouterMiddleware } from '@koa/router';
import type { Fault, Operation } from '../faults/fault-schema.ts';
import type { Subject } from '../../faults/faults.ts';
import { underFault } from '../../http/under-fault.ts';
import { Problem, problemBody } from '../../http/problem.ts';
import type { Sandbox } from '../sandbox.ts';

type Handler = (ctx: RouterContext, fault: Fault | undefined) => Promise<void> | void;

/** A route of Dintero's API. It is counted, and subject to the faults of `/__sim/faults`. */
export function operation(sandbox: Sandbox, name: Operation, handler: Handler): RouterMiddleware {
  return async (ctx) => {
    sandbox.requests.set(name, (sandbox.requests.get(name) ?? 0) + 1);
    const subject = subjectOf(sandbox, ctx);
    const fault = sandbox.faults.take(name, subject) ?? cardTimeout(sandbox, name, subject);
    if (fault === undefined) await handler(ctx, undefined);
    else
      await underFault(ctx, fault, {
        handle: () => handler(ctx, fault),
        errorBody: (status) => problemBody(new Problem(status, 'a fault was requested')),
        flush: () => sandbox.journal.flush(),
      });
  };
}

/** The same for callers with a bearer token; 401 without one. */
export function authorized(sandbox: Sandbox, name: Operation, handler: Handler): RouterMiddleware {
  return operation(sandbox, name, async (ctx, fault) => {
    const token = /^Bearer (\S+)$/i.exec(ctx.get('authorization'))?.[1];
    if (token === undefined || !sandbox.tokens.isValid(token)) {
      throw new Problem(401, 'the access token is missing, unknown or expired', 'UNAUTHORIZED');
    }
    await handler(ctx, fault);
  });
}

/** The same for routes of an account; 403 for another account. */
export function ofAccount(
  sandbox: Sandbox,
  name: Operation,
  handler: (ctx: RouterContext) => Promise<void> | void,
): RouterMiddleware {
  return authorized(sandbox, name, (ctx) => {
    if (ctx.params['aid'] === sandbox.settings.account) return handler(ctx);
    throw new Problem(403, `this client does not belong to account ${ctx.params['aid']}`, 'FORBIDDEN');
  });
}

function subjectOf({ ledger }: Sandbox, ctx: RouterContext): Subject {
  const id = ctx.params['id'];
  if (id === undefined) return {};
  if (!ctx.path.startsWith('/v1/transactions/')) {
    return { sessionId: id, reference: ledger.sessions.get(id)?.order.merchant_reference };
  }
  const transaction = ledger.transactions.get(id);
  return {
    transactionId: id,
    sessionId: transaction?.session_id,
    reference: transaction?.merchant_reference,
  };
}

/** The time-out of the first such call about a transaction of a test card; undefined for every other call. */
function cardTimeout(
  { ledger, faults }: Sandbox,
  operation: string,
  { transactionId = '' }: Subject,
): Fault | undefined {
  const quirk = ledger.quirks.get(transactionId);
  if (quirk?.timesOut !== operation) return undefined;
  ledger.saveQuirk({ ...quirk, timesOut: undefined });
  return { drop: faults.knobs.cardTimeoutEffect, delayMs: faults.knobs.cardTimeoutMs };
}
