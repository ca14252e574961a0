/** The body of an account-wide webhook. */
import { createHmac } from 'node:crypto';
import { isObject, patched } from '../../faults/patched.ts';
import { transactionView } from '../records/lagging-views.ts';
import { fieldMaskOf, masked } from './field-mask.ts';
import type { Subscription } from './subscription.ts';
import type { WebhookPlan } from './webhook-plan.ts';
import type { Occasion } from '../callbacks/callback-record.ts';
import type { Session } from '../sessions/session.ts';
import type { Transaction } from '../transactions/transaction.ts';

export interface Happening {
  readonly event: string;
  readonly transaction?: Transaction | undefined;
  /** The object of the event if it is not a transaction. */
  readonly more?: Readonly<Record<string, unknown>> | undefined;
}

/** `checkout_authorization` as documented: a summary, and the transaction if there is one. */
export function authorizationOf(
  session: Session,
  transaction: Transaction | undefined,
  { error }: Occasion,
): Happening {
  const authorization = {
    merchant_reference: transaction?.merchant_reference ?? session.order.merchant_reference,
    session_id: session.id,
    ...(transaction === undefined ? {} : { transaction_id: transaction.id }),
    ...(error === undefined ? {} : { error }),
  };
  return { event: 'checkout_authorization', transaction, more: { authorization } };
}

/** The bytes to send. */
export function bodyOf(
  { event, transaction, more }: Happening,
  { account_id: account, fields, exclude_fields: excluded }: Subscription,
  deliveryId: string,
  plan: WebhookPlan,
): string {
  if (plan.nested !== undefined) return '['.repeat(plan.nested) + ']'.repeat(plan.nested);
  if (plan.body !== undefined) return typeof plan.body === 'string' ? plan.body : JSON.stringify(plan.body);
  const whole = {
    account_id: plan.accountId ?? account,
    event: plan.event ?? event,
    event_delivery: deliveryId,
    ...more,
    ...(transaction === undefined ? {} : { transaction: seen(transaction, plan) }),
  };
  const chosen = without(only(whole, fields), excluded);
  const text = JSON.stringify(plan.patch === undefined ? chosen : patched(chosen, plan.patch));
  return plan.truncate === true ? text.slice(0, Math.floor(text.length / 2)) : text;
}

/** HMAC-SHA1 of the bytes, in hex. */
export function eventSignature(body: string, secret: string): string {
  return createHmac('sha1', secret).update(body).digest('hex');
}

function seen(transaction: Transaction, { staleMs }: WebhookPlan): Transaction {
  if (staleMs === undefined) return transaction;
  return transactionView(transaction, new Date(Date.now() - staleMs).toISOString());
}

/** The account, the event and the delivery id are always sent. */
function only(whole: object, fields: string | undefined): object {
  const mask = fields === undefined ? null : fieldMaskOf(`account_id,event,event_delivery,${fields}`);
  return mask === null ? whole : (masked(whole, mask) as object);
}

function without(whole: object, fields: readonly string[] | undefined): object {
  const result: Record<string, unknown> = { ...structuredClone(whole) };
  for (const path of fields ?? []) remove(result, path.split('.'));
  return result;
}

function remove(from: Record<string, unknown>, [name = '', ...rest]: readonly string[]): void {
  const value = from[name];
  if (rest.length === 0) Reflect.deleteProperty(from, name);
  else if (isObject(value)) remove(value, rest);
}
