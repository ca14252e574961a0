/** Plans the next step that gives a payment's money back to the payer. */
import { crashable } from '../crash-points.ts';
import { giveBackBy } from '../domain/operation.ts';
import type { Transaction } from '../domain/transaction.ts';
import { GatewayUnavailable } from '../gateways/gateway-errors.ts';
import { NoSuchRow } from '../store/errors.ts';
import { aboutOperation } from '../store/about-operation.ts';
import { claimGiveBack } from '../store/claim-give-back.ts';
import { findOrder, findPayment, type PaymentRow } from '../store/payments.ts';
import type { GatewayTools } from './ask-gateway.ts';
import { holdsMoneyIn, lagsBehind, readMatching } from './read-transaction.ts';
import { recordStuck, recordTransaction } from './record-transaction.ts';
import type { GiveBackInput, GiveBackPlan } from './contract.ts';

/** An answer that can't be understood is retried for an hour. */
const UNCLEAR_MS = 60 * 60_000;

/**
 * `begun`: when the plan was first requested, in milliseconds since the epoch. See
 * `MoneyActivities.planGiveBack`.
 * @throws GatewayUnavailable, NoSuchRow
 */
export async function planGiveBack(
  moving: GatewayTools,
  input: GiveBackInput,
  begun: number,
): Promise<GiveBackPlan> {
  const payment = await findPayment(moving.db, input.paymentId);
  const order = await findOrder(moving.db, input.orderReference);
  if (payment === null || order === null)
    throw new NoSuchRow(`giving back: there is no payment ${input.paymentId}`);
  // A paid order keeps its money unless an operator decides otherwise.
  const hasPaid = order.order.paidPaymentId === payment.id;
  if (payment.dismissed || (hasPaid && input.cause !== 'operator')) return NOTHING;
  const isEarly = Date.now() - begun < UNCLEAR_MS;
  const transaction = await readMatching(moving, payment);
  if (transaction === null || transaction.status === 'UNCLEAR') {
    if (isEarly) throw behind('the gateway does not show the transaction');
    return stuck(moving, input);
  }
  if (isEarly && lagsBehind(payment, moving.gateway.account, transaction))
    throw behind('the gateway answers with an older state than it has shown before');
  const kind = giveBackBy(transaction, moving.gateway.rulesFor(transaction));
  const claimed = kind === null || kind === 'lapses' ? null : await claim(moving, payment, input, kind);
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

async function stuck(
  moving: GatewayTools,
  input: GiveBackInput,
  transaction?: Transaction,
): Promise<GiveBackPlan> {
  await recordStuck(moving, input, 'money is left that no operation can return', transaction);
  return { ...NOTHING, isInReview: true };
}

const claim = crashable(
  { before: 'give-back.claim.before', after: 'give-back.claim.after' },
  async (
    { db }: GatewayTools,
    payment: PaymentRow,
    { cause, noteKey }: GiveBackInput,
    kind: 'void' | 'refund',
  ): Promise<Pick<GiveBackPlan, 'operationId' | 'about'> | null> => {
    const claimed = await claimGiveBack(db, payment.id, { kind, cause, noteKey });
    return claimed && { operationId: claimed.id, about: aboutOperation(claimed, payment) };
  },
);
