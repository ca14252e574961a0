/** What to do next so that a payment's money goes back to the payer. */
import { crashable } from '../crash-points.ts';
import { leftFor, type ProductRules } from '../domain/operation.ts';
import type { Transaction } from '../domain/transaction.ts';
import { GatewayUnavailable } from '../gateways/gateway.ts';
import { NoSuchRow } from '../store/errors.ts';
import { aboutOperation } from '../store/about-operation.ts';
import { claimGiveBack } from '../store/operations.ts';
import { findOrder, findPayment, type PaymentRow } from '../store/payments.ts';
import {
  holdsMoneyIn,
  lagsBehind,
  readMatching,
  recordStuck,
  recordTransaction,
  type Moving,
} from './attempt-operation.ts';
import type { GiveBackInput, GiveBackPlan } from './contract.ts';

/** What can't be understood is asked for again, for an hour. */
const UNCLEAR_MS = 60 * 60_000;

/** `begun` in milliseconds since the epoch, when the plan was first wanted. See `MoneyActivities.planGiveBack`. @throws GatewayUnavailable, NoSuchRow */
export async function planGiveBack(
  moving: Moving,
  input: GiveBackInput,
  begun: number,
): Promise<GiveBackPlan> {
  const payment = await findPayment(moving.db, input.paymentId);
  const order = await findOrder(moving.db, input.orderReference);
  if (payment === null || order === null)
    throw new NoSuchRow(`giving back: there is no payment ${input.paymentId}`);
  // An order that is paid keeps its money unless a person says otherwise.
  const isPayer = order.order.paidPaymentId === payment.id;
  if (payment.dismissed || (isPayer && input.cause !== 'operator')) return NOTHING;
  const isEarly = Date.now() - begun < UNCLEAR_MS;
  const transaction = await readMatching(moving, payment);
  if (transaction === null || transaction.status === 'UNCLEAR') {
    if (isEarly) throw behind('the gateway does not show the transaction');
    return stuck(moving, input);
  }
  if (isEarly && lagsBehind(payment, moving.gateway.account, transaction))
    throw behind('the gateway is behind what it has shown before');
  const kind = kindFor(transaction, moving.gateway.rulesFor(transaction.paymentMethod));
  const claimed = kind === null ? null : await claim(moving, payment, input, kind);
  if (claimed !== null) return { ...NOTHING, ...claimed };
  if (kind === null && holdsMoneyIn(transaction)) return stuck(moving, input, transaction);
  const { paymentId, orderReference, key, now } = input;
  const record = { paymentId, orderReference, key, now, transaction };
  return { ...NOTHING, isInReview: await recordTransaction(moving, record) };
}

const NOTHING: GiveBackPlan = { operationId: null, about: null, isInReview: false };

function behind(message: string): GatewayUnavailable {
  return new GatewayUnavailable(message, { kind: 'absent' });
}

async function stuck(moving: Moving, input: GiveBackInput, transaction?: Transaction): Promise<GiveBackPlan> {
  await recordStuck(moving, input, 'money is left that no operation can return', transaction);
  return { ...NOTHING, isInReview: true };
}

const claim = crashable(
  { before: 'give-back.claim.before', after: 'give-back.claim.after' },
  async (
    { db }: Moving,
    payment: PaymentRow,
    { cause, noteKey }: GiveBackInput,
    kind: 'void' | 'refund',
  ): Promise<Pick<GiveBackPlan, 'operationId' | 'about'> | null> => {
    const claimed = await claimGiveBack(db, payment.id, { kind, cause, noteKey });
    return claimed && { operationId: claimed.id, about: aboutOperation(claimed, payment) };
  },
);

/** What was only authorized is voided where the product can, what was captured is refunded. */
function kindFor(transaction: Transaction, { voids }: ProductRules): 'void' | 'refund' | null {
  const { capturableMinor, capturedMinor } = transaction;
  const canVoid = voids === 'rest_too' || (voids === 'whole' && capturedMinor === 0);
  if (capturableMinor > 0 && canVoid) return 'void';
  return leftFor('refund', transaction) > 0 ? 'refund' : null;
}
