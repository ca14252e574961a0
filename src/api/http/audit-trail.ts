/** Calls that move money or decide leave a row in the audit and a line in the log: key, address, request, what and answer. */
import type { Context, Middleware } from 'koa';
import type { Asker } from '../../store/asker.ts';
import { answerAudit, beginAudit, type NewAudit } from '../../store/audit.ts';
import { withoutValues } from '../../store/errors.ts';
import type { Service } from '../../service.ts';
import { keyOf } from './auth.ts';
import { asRefusal, PROBLEMS } from './problem.ts';
import { isId } from '../payments/find-payment.ts';

export type AuditTools = Pick<Service, 'store' | 'log'>;

/** Comes before everything that may refuse the call: a refusal is a fact too. Without its row nothing is done. */
export function auditTrail({ store: { db }, log }: AuditTools, what: NewAudit['what']): Middleware {
  return async (ctx: Context & { params?: Record<string, string> }, next) => {
    const requestId = ctx.state['requestId'] as string;
    const named = ctx.params?.['id'] ?? '';
    const paymentId = !what.startsWith('redeliver') && isId(named) ? named : null;
    const key = keyOf(ctx).name;
    const id = await beginAudit(db, { key, address: ctx.ip, requestId, what, paymentId });
    const end = async (answer: { status: number; code: string | null }): Promise<void> => {
      log.info({ requestId, key, what, paymentId, ...answer }, 'money or a decision was asked for');
      const { actor, ...asked } = (ctx.state['asked'] ?? {}) as { actor?: string };
      await answerAudit(db, id, { ...answer, actor: actor ?? null, asked }).catch((error: unknown) =>
        // The row is there, and says that it was asked.
        log.warn(
          { requestId, audit: id, reason: String(withoutValues(error)) },
          'an audit row has no answer',
        ),
      );
    };
    try {
      await next();
    } catch (error) {
      const { code } = asRefusal(error);
      await end({ status: PROBLEMS[code].status, code });
      throw error;
    }
    await end({ status: ctx.status, code: null });
  };
}

/** What the call asks for, as its row will say; nothing of a payer. */
export function noteAsked(ctx: Context, asked: Readonly<Record<string, unknown>>): void {
  ctx.state['asked'] = asked;
}

/** What a person asks for: the key's name stands where no other is given. It is noted for the audit, with `more` of it. */
export function askedBy<Asked extends { readonly actor?: string | undefined; readonly reason: string }>(
  ctx: Context,
  asked: Asked,
  more: Readonly<Record<string, unknown>> = {},
): Asked & Asker {
  noteAsked(ctx, { ...asked, ...more });
  const key = keyOf(ctx).name;
  return { ...asked, actor: asked.actor ?? key, key };
}
