import type { ShownOperation } from '../../domain/operation.ts';
import type { Transaction, TransactionStatus } from '../../domain/transaction.ts';
import { toDispute } from './disputes.ts';
import { FACTS } from './fact-names.ts';
import { orderOf } from './metadata.ts';
import { capturesOf } from './recorded-captures.ts';
import { refundedSum, refundsOf } from './refunds.ts';
import {
  canCaptureAgain,
  type Charge,
  type Intent,
  type Payment,
  type Refund,
  type StripeDispute,
} from './stripe-objects.ts';

/** All that was read about one payment. */
export interface ReadParts {
  readonly account: string;
  readonly session: Payment;
  readonly refunds: readonly Refund[];
  /** The one of the refunds that gave back money which was never captured. */
  readonly release: Refund | undefined;
  readonly disputes: readonly StripeDispute[];
  /** When Stripe answered. Its reads are consistent, so the answer is the newest state. */
  readonly answeredAt: Date | undefined;
}

/** Stripe's session, PaymentIntent, charge and refunds as one transaction. */
export function toTransaction(parts: ReadParts): Transaction {
  const { account, session, refunds, release, disputes, answeredAt } = parts;
  const intent = session.payment_intent;
  const charge = intent.latest_charge ?? undefined;
  const money = moneyOf(intent, refundsOf(refunds.filter((one) => one !== release)));
  const paymentMethod = charge?.payment_method_details?.type;
  const reason = money.status === 'FAILED' ? reasonOf(intent, charge) : undefined;
  return {
    transactionId: intent.id,
    sessionId: session.id,
    account,
    reference: orderOf(intent.metadata) ?? orderOf(session.metadata) ?? '',
    money: { amountMinor: intent.amount, currency: intent.currency },
    gatewayStatus: intent.status,
    ...money,
    disputes: disputes.map(toDispute),
    knownEvents: knownIn(parts, money),
    captures: charge && canCaptureAgain(charge) ? 'many' : 'once',
    ...(answeredAt && { updatedAt: answeredAt.toISOString() }),
    ...(paymentMethod && { paymentMethod }),
    ...(reason && { reason }),
    ...(money.capturableMinor > 0 && lapseOf(charge)),
  };
}

type TransactionMoney = Pick<
  Transaction,
  | 'status'
  | 'authorized'
  | 'authorizedMinor'
  | 'capturedMinor'
  | 'refundedMinor'
  | 'capturableMinor'
  | 'operations'
>;

/** What was done with the money, and what is left of it. */
export function moneyOf(intent: Intent, refunds: readonly ShownOperation[]): TransactionMoney {
  const authorized = wasAuthorized(intent);
  const capturedMinor = authorized ? intent.amount_received : 0;
  const capturableMinor = intent.status === 'requires_capture' ? intent.amount_capturable : 0;
  // What Stripe gives back of money that was never captured is no refund.
  const shown = capturedMinor === 0 ? [] : refunds;
  const refundedMinor = refundedSum(shown);
  return {
    status: statusOf(intent, { authorized, capturedMinor, refundedMinor, capturableMinor }),
    authorized,
    authorizedMinor: authorized ? intent.amount : 0,
    capturedMinor,
    refundedMinor,
    capturableMinor,
    operations: [...capturesIn(intent, capturedMinor), ...voidsIn(intent, authorized), ...shown],
  };
}

/** Only a charge that was not refused proves that a canceled payment ever held money. */
function wasAuthorized({ status, latest_charge: charge }: Intent): boolean {
  if (status === 'requires_capture' || status === 'succeeded') return true;
  return status === 'canceled' && charge?.status === 'succeeded';
}

type Sums = Pick<TransactionMoney, 'authorized' | 'capturedMinor' | 'refundedMinor' | 'capturableMinor'>;

function statusOf({ status }: Intent, sums: Sums): TransactionStatus {
  const { authorized, capturedMinor, refundedMinor, capturableMinor } = sums;
  if (!authorized) return WITHOUT_MONEY.get(status) ?? 'UNCLEAR';
  if (capturedMinor === 0) return status === 'canceled' ? 'VOIDED' : 'AUTHORIZED';
  if (refundedMinor > 0)
    return refundedMinor < capturedMinor || capturableMinor > 0 ? 'PARTIALLY_REFUNDED' : 'REFUNDED';
  return capturableMinor > 0 ? 'PARTIALLY_CAPTURED' : 'CAPTURED';
}

/**
 * Of a session that the payer has completed: `read-payment.ts` answers all others as sessions. A bank debit is
 * processing, a voucher is yet to be paid, and a method that failed later asks for another one.
 */
const WITHOUT_MONEY: ReadonlyMap<string, TransactionStatus> = new Map([
  ['processing', 'ON_HOLD'],
  ['requires_action', 'ON_HOLD'],
  ['requires_confirmation', 'ON_HOLD'],
  ['requires_payment_method', 'FAILED'],
  ['canceled', 'FAILED'],
]);

function capturesIn(intent: Intent, capturedMinor: number): ShownOperation[] {
  const isManual = intent.capture_method === 'manual';
  const chargeId = intent.latest_charge?.id ?? intent.id;
  return capturedMinor === 0 ? [] : capturesOf(intent.metadata, { capturedMinor, chargeId, isManual });
}

/** A void has no reference. A lapsed authorization is shown like one: the money is back either way. */
function voidsIn(
  { status, amount, amount_received: captured }: Intent,
  authorized: boolean,
): ShownOperation[] {
  if (status !== 'canceled' || !authorized || captured > 0) return [];
  return [{ kind: 'void', reference: null, amountMinor: amount, state: 'done' }];
}

function lapseOf(charge: Charge | undefined): Pick<Transaction, 'authorizationExpiresAt'> {
  const before = charge?.payment_method_details?.card?.capture_before;
  return before ? { authorizationExpiresAt: before.toISOString() } : {};
}

function reasonOf(intent: Intent, charge: Charge | undefined): string | undefined {
  const error = intent.last_payment_error;
  const said = error?.message ?? error?.decline_code ?? error?.code ?? charge?.failure_message;
  return said ?? (intent.cancellation_reason && `canceled: ${intent.cancellation_reason}`);
}

/** Every fact that this reading shows, by the names of events. */
function knownIn({ session, refunds, disputes }: ReadParts, money: TransactionMoney): string[] {
  const { status, authorized, capturedMinor } = money;
  const { status: sessionStatus, payment_status: paid, payment_intent: intent } = session;
  const known: string[] = [];
  // A session is completed before its money is captured.
  if (sessionStatus) known.push(FACTS.session(sessionStatus, 'unpaid'), FACTS.session(sessionStatus, paid));
  if (authorized) known.push(FACTS.authorized, FACTS.processing);
  if (capturedMinor > 0) known.push(FACTS.captured(capturedMinor));
  if (status === 'VOIDED') known.push(FACTS.voided);
  for (const { id, status: state } of refunds) known.push(FACTS.refund(id, state ?? 'pending'));
  const refunded = intent.latest_charge?.amount_refunded ?? 0;
  if (refunded > 0) known.push(FACTS.refunded(refunded));
  for (const { id, status: state } of disputes) known.push(FACTS.dispute(id, state));
  return [...new Set(known)];
}
