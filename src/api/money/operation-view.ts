/** Captures, refunds and voids as the API shows them: contract §3. */
import { z } from 'zod';
import { lookedForMs } from '../../domain/operation.ts';
import type { GatewayRegistry } from '../../gateways/registry.ts';
import { currencyOf } from '../../store/payment-snapshot.ts';
import type { ListedOperation } from '../../store/lists.ts';
import type { OperationRow } from '../../store/operations.ts';
import type { PaymentRow } from '../../store/payments.ts';
import { minorUnits, timestamp } from '../http/fields.ts';
import { inMoney } from '../payments/amounts-in-text.ts';
import { payment } from '../payments/payment-schemas.ts';

export const OPERATION_KINDS = ['capture', 'refund', 'void'] as const;

export const operation = z
  .object({
    id: z.string().meta({ example: 'op_01a201c0f918230ca53b24968cf0' }),
    kind: z.enum(OPERATION_KINDS),
    reference: z.string(),
    transactionId: z.string().nullable().meta({
      description:
        "The transaction that it is about: the payment's own, or one of its `surplus`; null until it is known",
    }),
    status: z.enum(['pending', 'unknown', 'done', 'failed']).meta({
      description:
        '`unknown`: it was sent and its response was lost; the gateway is read until it shows the operation, which is never sent again',
    }),
    amount: minorUnits
      .nullable()
      .meta({ description: 'Minor units; null until the remaining amount is known' }),
    currency: z.string(),
    finalCapture: z.boolean(),
    reason: z.string().optional().meta({ description: 'As the request gave it' }),
    cause: z
      .enum(['merchant', 'operator', 'auto_capture', 'late_money'])
      .meta({ description: 'Where the request for it came from' }),
    key: z.string().nullable().meta({ description: 'The name of the API key that requested it' }),
    problem: z
      .object({ code: z.string(), detail: z.string() })
      .optional()
      .meta({ description: 'Why it failed; `detail` is the text of the side that refused it' }),
    createdAt: timestamp,
    finishedAt: timestamp.nullable(),
  })
  .meta({ id: 'Operation' });

export const operationWithPayment = operation.extend({ payment }).meta({ id: 'OperationWithPayment' });

export const operationOfOrder = operation
  .extend({
    payment: z.string(),
    orderReference: z.string(),
    gateway: z.string(),
    sentAt: timestamp.nullable().meta({ description: 'When it was last sent to the gateway' }),
    endsBy: timestamp.nullable().meta({
      description:
        'Of an operation without a known result: if the gateway clearly does not show it by then, it ends as `failed` with the code `not_confirmed`. 1 hour after it was sent, 72 hours where the gateway takes idempotency keys',
    }),
  })
  .meta({ id: 'OperationOfOrder' });

/** A capture, refund or void of a payment. */
export function viewOperation(
  row: OperationRow,
  payment: Pick<PaymentRow, 'currency' | 'acceptedCurrency' | 'transactionId'>,
): z.infer<typeof operation> {
  const { id, kind, reference, state, finalCapture, cause, key, reason, code, detail } = row;
  const currency = currencyOf(payment);
  return {
    id,
    kind,
    reference,
    transactionId: row.transactionId ?? payment.transactionId,
    status: state,
    amount: row.amount ?? row.wanted,
    currency,
    finalCapture,
    ...(reason !== null && { reason }),
    cause,
    key,
    ...(state === 'failed' &&
      code !== null && { problem: { code, detail: inMoney(detail ?? '', currency) } }),
    createdAt: row.createdAt.toISOString(),
    finishedAt: row.finishedAt?.toISOString() ?? null,
  };
}

/** The same operation in a list of all orders. */
export function viewOperationOfOrder(
  row: ListedOperation,
  endsBy: Date | null,
): z.infer<typeof operationOfOrder> {
  const payment = { ...row, transactionId: row.ownTransactionId };
  return {
    ...viewOperation(row, payment),
    payment: row.paymentId,
    orderReference: row.orderReference,
    gateway: row.gateway,
    sentAt: row.sentAt?.toISOString() ?? null,
    endsBy: endsBy?.toISOString() ?? null,
  };
}

/** Until when a lost operation is looked for; null where it is not lost, or its gateway is not configured. */
export function endsBy(
  gateways: Pick<GatewayRegistry, 'find'>,
  { state, sentAt, kind, gateway }: Pick<ListedOperation, 'state' | 'sentAt' | 'kind' | 'gateway'>,
): Date | null {
  const keyMs = gateways.find(gateway)?.traits.keys.operateMs[kind];
  if (state !== 'unknown' || sentAt === null || keyMs === undefined) return null;
  return new Date(sentAt.getTime() + lookedForMs(keyMs));
}
