import type { Context } from 'koa';
import type { Db } from '../../store/open.ts';
import { findPayment, type PaymentRow } from '../../store/payments.ts';
import { Problem } from '../http/problem.ts';

export type ParamContext = Context & { params: Record<string, string> };

/** The payment that the address names. @throws Problem `not_found` */
export async function paymentOf(db: Db, ctx: ParamContext): Promise<PaymentRow> {
  const id = ctx.params['id'] ?? '';
  const payment = /^[\w-]{1,200}$/.test(id) ? await findPayment(db, id) : null;
  if (payment !== null) return payment;
  // Shops have ids of their own: an order's number is asked for here in vain.
  const hint = id.startsWith('pay_') ? '' : '; its id is the pay_… that POST /v1/payments answered';
  throw new Problem('not_found', `there is no such payment${hint}`);
}
