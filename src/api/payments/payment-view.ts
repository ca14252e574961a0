/** Rows of payments and orders as the API shows them. */
import type { z } from 'zod';
import type { Config } from '../../config/config.ts';
import { foremost } from '../../domain/dispute.ts';
import { heardOf, type OrderBeside } from '../../store/list-payments.ts';
import { acceptedOf } from '../../store/payment-snapshot.ts';
import { viewSurplus } from '../../store/update-body.ts';
import type { OrderRow, PaymentRow } from '../../store/payments.ts';
import { paymentWorkflowId } from '../../workflows/messages.ts';
import type { listedPayment, orderView, payment } from './payment-schemas.ts';

/** Where the web pages of runs are. */
export interface WorkflowLinks {
  readonly uiUrl: string | undefined;
  readonly namespace: string;
}

/** The links from the configuration. */
export function linksOf({
  config,
}: {
  readonly config: Pick<Config, 'TEMPORAL_UI_URL' | 'TEMPORAL_NAMESPACE'>;
}): WorkflowLinks {
  return { uiUrl: config.TEMPORAL_UI_URL, namespace: config.TEMPORAL_NAMESPACE };
}

/** A payment. It has its checkout address only while the payer has something to do there. */
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
    dispute: viewDispute(row),
    surplus: row.surplus.map(viewSurplus),
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

/** The same payment in a list, beside its order. */
export function viewListedPayment(
  row: PaymentRow,
  links: WorkflowLinks,
  order: OrderBeside,
): z.infer<typeof listedPayment> {
  return {
    ...viewPayment(row, links),
    n: row.n,
    orderStatus: order.status,
    heard: heardOf(order.update),
    foundBy: row.foundBy,
    newestUpdate: order.update,
  };
}

/** The dispute that has to be seen first: an open one, otherwise the newest. */
function viewDispute({ disputes }: PaymentRow): z.infer<typeof payment>['dispute'] {
  const dispute = foremost(disputes);
  if (dispute === undefined) return null;
  const { state, amountMinor: amount, reason = null, dueBy = null } = dispute;
  return { state, amount, reason, dueBy };
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
