/** Rows as the merchant's API shows them. */
import type { z } from 'zod';
import { holdsMoney, isMoney, isSettled } from '../../domain/payment.ts';
import { acceptedOf, currencyOf } from '../../store/accepted.ts';
import type { DeliveryRow } from '../../store/deliveries.ts';
import type { Page } from '../../store/lists.ts';
import type { OperationRow } from '../../store/operations.ts';
import { type OrderRow, type PaymentRow } from '../../store/payments.ts';
import type { Found } from '../../store/search.ts';
import { paymentWorkflowId } from '../../workflows/messages.ts';
import { inMoney } from './amounts-in-text.ts';
import type { operation } from '../money/operation-requests.ts';
import type { delivery, orderView, payment } from './payment-requests.ts';
import type { searchAnswer } from '../search/search-view.ts';

/** A page of a list, as each list of the API answers; the cursor is of the last row on it. */
export function viewPage<Row, Item>(
  { rows, hasMore }: Page<Row>,
  view: (row: Row) => Item,
  cursorOf: (row: Row) => string,
): { data: Item[]; hasMore: boolean; nextCursor: string | null } {
  const last = rows.at(-1);
  return {
    data: rows.map((row) => view(row)),
    hasMore,
    nextCursor: hasMore && last !== undefined ? cursorOf(last) : null,
  };
}

/** The cursor of a list whose rows have an id. */
export function idOf({ id }: { readonly id: string }): string {
  return id;
}

export interface WorkflowLinks {
  readonly uiUrl: string | undefined;
  readonly namespace: string;
}

/** A payment; its checkout address only while the payer has something to do there. */
export function viewPayment(row: PaymentRow, links: WorkflowLinks): z.infer<typeof payment> {
  return {
    id: row.id,
    status: row.status,
    gateway: row.gateway,
    orderReference: row.orderReference,
    amount: row.amount,
    currency: row.currency,
    sessionId: row.sessionId,
    checkoutUrl: row.status === 'PENDING' ? row.checkoutUrl : null,
    transactionId: row.transactionId,
    reason: row.reason,
    reviewMark: row.reviewMark,
    authorizedAmount: row.authorized,
    capturedAmount: row.captured,
    refundedAmount: row.refunded,
    accepted: viewAccepted(row),
    paymentMethod: row.paymentMethod,
    capture: row.capture,
    returnUrl: row.returnUrl,
    metadata: row.metadata,
    merchantReference2: row.request.merchantReference2 ?? null,
    expiresAt: row.expiresAt.toISOString(),
    authorizationExpiresAt: row.authorizationExpiresAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    workflow: viewWorkflow(row, links),
  };
}

function viewAccepted(row: PaymentRow): z.infer<typeof payment>['accepted'] {
  const accepted = acceptedOf(row);
  if (accepted === undefined) return null;
  const { reference, money } = accepted;
  return { amount: money.amountMinor, currency: money.currency, reference };
}

function viewWorkflow(
  row: PaymentRow,
  { uiUrl, namespace }: WorkflowLinks,
): z.infer<typeof payment>['workflow'] {
  const workflowId = paymentWorkflowId(row);
  const page = `namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}`;
  return { workflowId, runId: row.runId, url: uiUrl === undefined ? null : `${uiUrl}/${page}` };
}

/** An order with the ids of its payments. */
export function viewOrder(order: OrderRow, payments: readonly PaymentRow[]): z.infer<typeof orderView> {
  const paying = payments.find((row) => row.id === order.paidPaymentId);
  return {
    reference: order.reference,
    status: order.status,
    amount: order.amount,
    currency: order.currency,
    paidAt: order.paidAt?.toISOString() ?? null,
    transactionId: paying?.transactionId ?? null,
    payments: payments.map((row) => row.id),
  };
}

/** A capture, refund or void of a payment. */
export function viewOperation(
  row: OperationRow,
  payment: Pick<PaymentRow, 'currency' | 'acceptedCurrency'>,
): z.infer<typeof operation> {
  const { id, kind, reference, state, finalCapture, cause, key, reason, code, detail } = row;
  const currency = currencyOf(payment);
  return {
    id,
    kind,
    reference,
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

/** A delivery as the log has it, without its bytes. */
export function viewDelivery(row: DeliveryRow): z.infer<typeof delivery> {
  return {
    id: row.id,
    gateway: row.gateway,
    eventId: row.eventId,
    payment: row.paymentId,
    outcome: row.outcome as z.infer<typeof delivery>['outcome'],
    state: row.state,
    reason: row.reason,
    claim: row.claim,
    method: row.method,
    target: row.target,
    receipts: row.receipts,
    receivedAt: row.receivedAt.toISOString(),
    lastReceivedAt: row.lastReceivedAt.toISOString(),
    handledAt: row.handledAt?.toISOString() ?? null,
  };
}

/** What an id is of. */
export function viewFound({ hits, hasMore }: Found): z.infer<typeof searchAnswer> {
  const data = hits.map(({ createdAt, ...hit }) => ({ ...hit, createdAt: createdAt.toISOString() }));
  return { data, hasMore };
}

/** What a returning browser is told. Money on an order that it did not pay is not `paid`: it is on its way back. */
export function returnStatus(
  { status }: Pick<PaymentRow, 'status'>,
  isOrderPaid: boolean,
): 'paid' | 'pending' | 'failed' | 'cancelled' {
  if (!isSettled(status)) return 'pending';
  if (status === 'CANCELLED') return 'cancelled';
  if (!isMoney(status) || status === 'VOIDED') return 'failed';
  if (isOrderPaid) return 'paid';
  return holdsMoney(status) ? 'pending' : 'failed';
}
