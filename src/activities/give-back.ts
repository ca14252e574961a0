/** What to do next so that a payment's money goes back to the payer. */
import { Context } from '@temporalio/activity';
import { crashPoint } from '../crash-points.ts';
import { leftFor, type ProductRules } from '../domain/operation.ts';
import { holdsMoney, type PaymentStatus } from '../domain/payment.ts';
import type { Transaction } from '../domain/transaction.ts';
import { GatewayUnavailable } from '../gateways/gateway.ts';
import { NoSuchRow } from '../store/errors.ts';
import { aboutOperation } from '../store/about-operation.ts';
import { claimGiveBack } from '../store/operations.ts';
import { findOrder, findPayment } from '../store/payments.ts';
import { lagsBehind, readMatching, standingOf, type MoneyTools } from './money-reading.ts';
import type { GiveBackInput, GiveBackPlan } from './payment-activities.ts';

const UNCLEAR_MS = 60 * 60_000;

/** See `MoneyActivities.planGiveBack`. @throws GatewayUnavailable */
export async function planGiveBack(tools: MoneyTools, input: GiveBackInput): Promise<GiveBackPlan> {
  const payment = await findPayment(tools.db, input.paymentId);
  const order = await findOrder(tools.db, input.orderReference);
  if (payment === null || order === null)
    throw new NoSuchRow(`giving back: there is no payment ${input.paymentId}`);
  const nothing = {
    operationId: null,
    about: null,
    payment: standingOf(payment, tools.gateway.account),
    isStuck: false,
  };
  // An order that is paid keeps its money unless a person says otherwise.
  const isPayer = order.order.paidPaymentId === payment.id;
  if (payment.dismissed || (isPayer && input.cause !== 'operator')) return nothing;
  const transaction = await readMatching(tools, payment);
  if (transaction === null || transaction.status === 'UNCLEAR') return unclear(nothing);
  if (lagsBehind(payment, transaction) && isEarly())
    throw new GatewayUnavailable('the gateway is behind what it has shown before', { kind: 'absent' });
  const kind = kindFor(transaction, tools.gateway.rulesFor(transaction.paymentMethod));
  if (kind === null)
    return { ...nothing, transaction, isStuck: holdsMoney(transaction.status as PaymentStatus) };
  crashPoint('give-back.claim.before', payment.orderReference);
  const claimed = await claimGiveBack(tools.db, payment.id, {
    kind,
    cause: input.cause,
    noteKey: input.noteKey,
  });
  crashPoint('give-back.claim.after', payment.orderReference);
  const about = claimed === null ? null : aboutOperation(claimed, payment);
  return { ...nothing, operationId: claimed?.id ?? null, about, transaction };
}

/** What can't be understood is asked for again, for an hour. */
function unclear(nothing: GiveBackPlan): GiveBackPlan {
  if (!isEarly()) return { ...nothing, isStuck: true };
  throw new GatewayUnavailable('the gateway does not show the transaction', { kind: 'absent' });
}

/** By the plan's own time: the row's is moved whenever somebody is woken for it. */
function isEarly(): boolean {
  return Date.now() - Context.current().info.scheduledTimestampMs < UNCLEAR_MS;
}

/** What was only authorized is voided where the product can, what was captured is refunded. */
function kindFor(transaction: Transaction, { voids }: ProductRules): 'void' | 'refund' | null {
  const { capturableMinor, capturedMinor } = transaction;
  const canVoid = voids === 'rest_too' || (voids === 'whole' && capturedMinor === 0);
  if (capturableMinor > 0 && canVoid) return 'void';
  return leftFor('refund', transaction) > 0 ? 'refund' : null;
}
