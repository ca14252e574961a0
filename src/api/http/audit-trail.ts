/**
 * Each call that moves money or makes a decision gets an audit row and a log line: key, address, request,
 * call and answer.
 */
import type { Context, Middleware } from 'koa';
import type { Asker } from '../../store/asker.ts';
import { answerAudit, beginAudit, type NewAudit } from '../../store/audit.ts';
import { withoutValues } from '../../store/errors.ts';
import type { Service } from '../../service.ts';
import { keyOf } from './auth.ts';
import { asRefusal, PROBLEMS } from './problem.ts';
import { isId } from '../payments/find-payment.ts';

export type AuditTools = Pick<Service, 'store' | 'log'>;

/** The person behind the key, where one key serves several. A field `actor` of the body has the same meaning. */
export const ACTOR_HEADER = 'Paidonce-Actor';

/**
 * Runs before anything that may refuse the call, since refusals are recorded too. Nothing is done unless the
 * row is written.
 */
export function auditTrail({ store: { db }, log }: AuditTools, what: NewAudit['what']): Middleware {
  return async (ctx: Context & { params?: Record<string, string> }, next) => {
    const requestId = ctx.state['requestId'] as string;
    const named = ctx.params?.['id'] ?? '';
    const paymentId = NAMES_PAYMENT.has(what) && isId(named) ? named : null;
    const key = keyOf(ctx).name;
    const id = await beginAudit(db, { key, address: ctx.ip, requestId, what, paymentId });
    const end = async (answer: { status: number; code: string | null }): Promise<void> => {
      log.info(
        { requestId, key, what, paymentId, ...answer },
        'a call that moves money or makes a decision was answered',
      );
      const { actor, ...asked } = (ctx.state['asked'] ?? {}) as { actor?: string };
      const found = ctx.state['askedAbout'] as string | undefined;
      const about = found === undefined ? {} : { paymentId: found };
      await answerAudit(db, id, { ...answer, ...about, actor: actor ?? actorOf(ctx), asked }).catch(
        (error: unknown) =>
          // The row exists already, and shows that the call was made.
          log.warn(
            { requestId, audit: id, reason: String(withoutValues(error)) },
            'the answer could not be written to the audit row',
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

/** The calls whose address has the id of a payment. */
const NAMES_PAYMENT: ReadonlySet<NewAudit['what']> = new Set([
  'capture',
  'refund',
  'void',
  'cancel',
  'resolve',
  'look',
]);

/**
 * Notes what the call asks for, for its audit row. It must contain no data of a payer. `paymentId`: the payment that
 * it is about, where the address does not name it.
 */
export function noteAsked(ctx: Context, asked: Readonly<Record<string, unknown>>, paymentId?: string): void {
  ctx.state['asked'] = asked;
  ctx.state['askedAbout'] = paymentId;
}

/**
 * Completes a person's request: the actor is the key's name if none is given. The request and `more` are
 * noted for the audit.
 */
export function askedBy<Asked extends { readonly actor?: string | undefined; readonly reason: string }>(
  ctx: Context,
  asked: Asked,
  more: Readonly<Record<string, unknown>> = {},
): Asked & Asker {
  noteAsked(ctx, { ...asked, ...more });
  return { ...asked, ...nameOfCaller(ctx, asked.actor) };
}

/** The person, as the body or the header names it, and the name of the key. */
export function nameOfCaller(ctx: Context, named?: string): { readonly actor: string; readonly key: string } {
  const key = keyOf(ctx).name;
  return { actor: named ?? actorOf(ctx) ?? key, key };
}

/** Headers carry no other characters than these: the name is percent-encoded. Null where there is none. */
function actorOf(ctx: Context): string | null {
  try {
    const named = decodeURIComponent(ctx.get(ACTOR_HEADER)).replaceAll(/\p{C}/gu, '').trim();
    return named === '' ? null : Array.from(named).slice(0, LONGEST_ACTOR).join('');
  } catch {
    return null;
  }
}

const LONGEST_ACTOR = 200;
