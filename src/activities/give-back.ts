/** Plans the next step that gives a payment's money back to the payer. */
import { crashable } from '../crash-points.ts';
import { giveBackBy } from '../domain/operation.ts';
import { mayGoBack, type Surplus } from '../domain/surplus.ts';
import type { Transaction } from '../domain/transaction.ts';
import { GatewayUnavailable } from '../gateways/gateway-errors.ts';
import { NoSuchRow } from '../store/errors.ts';
import { aboutOperation } from '../store/about-operation.ts';
import { claimGiveBack, type WantedGiveBack } from '../store/claim-give-back.ts';
import { findDecided } from '../store/decisions.ts';
import { findOrder, findPayment, type PaymentRow } from '../store/payments.ts';
import type { GatewayTools } from './ask-gateway.ts';
import { holdsMoneyIn, lagsBehind, readMatching, transactionOf, type SeenMoney } from './read-transaction.ts';
import { recordStuck, recordStuckSurplus, recordTransaction } from './record-transaction.ts';
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
  const { cause, noteKey = '' } = input;
  const decided = cause === 'operator' ? await findDecided(moving.db, payment.id, noteKey) : null;
  // A decision about one of the two never covers the other.
  const owed = decided === 'give_back' ? [] : payment.surplus.filter((one) => mayGoBack(one, cause));
  // Without an operator's decision, a paid order keeps its money, and so does a payment that a person is asked
  // about: only its surplus goes back.
  const isOwed = payment.mustGiveBack && order.order.paidPaymentId !== payment.id;
  const isKept = payment.dismissed || (cause === 'operator' ? decided === 'give_back_surplus' : !isOwed);
  if (isKept && owed.length === 0) return NOTHING;
  const at: Planning = { payment, input, isEarly: Date.now() - begun < UNCLEAR_MS };
  const seen = await readMatching(moving, payment);
  for (const surplus of owed) {
    const plan = await planSurplus(moving, at, surplus, transactionOf(surplus, seen));
    if (plan !== null) return plan;
  }
  return isKept ? nothingLeft(moving, input, seen) : planOwn(moving, at, seen);
}

/** What a plan is made for. */
interface Planning {
  readonly payment: PaymentRow;
  readonly input: GiveBackInput;
  /** The plan was first requested so recently that a reading may lag behind. */
  readonly isEarly: boolean;
}

/** Null where nothing is left of this surplus, or where it may not go back for this cause. */
async function planSurplus(
  moving: GatewayTools,
  { payment, input, isEarly }: Planning,
  { transactionId }: Surplus,
  transaction: Transaction | null,
): Promise<GiveBackPlan | null> {
  const isShown = transaction !== null && transaction.status !== 'UNCLEAR';
  if (isEarly && !isShown) throw behind('the gateway does not show the surplus transaction');
  if (!isShown) return stuckSurplus(moving, input, transactionId);
  if (isEarly && lagsBehind(payment, moving.gateway.account, transaction))
    throw behind('the gateway answers with an older state of surplus than it has shown before');
  const kind = giveBackBy(transaction, moving.gateway.rulesFor(transaction));
  if (kind === null && holdsMoneyIn(transaction)) return stuckSurplus(moving, input, transactionId);
  if (kind === null || kind === 'lapses') return null;
  const claimed = await claim(moving, payment, input, { kind, transactionId });
  return claimed && { ...NOTHING, ...claimed };
}

async function planOwn(
  moving: GatewayTools,
  { payment, input, isEarly }: Planning,
  seen: SeenMoney,
): Promise<GiveBackPlan> {
  const { own: transaction } = seen;
  if (transaction === null || transaction.status === 'UNCLEAR') {
    if (isEarly) throw behind('the gateway does not show the transaction');
    return stuck(moving, input);
  }
  if (isEarly && lagsBehind(payment, moving.gateway.account, transaction))
    throw behind('the gateway answers with an older state than it has shown before');
  const kind = giveBackBy(transaction, moving.gateway.rulesFor(transaction));
  const claimed = kind === null || kind === 'lapses' ? null : await claim(moving, payment, input, { kind });
  if (claimed !== null) return { ...NOTHING, ...claimed };
  if (kind === null && holdsMoneyIn(transaction)) return stuck(moving, input, transaction);
  return nothingLeft(moving, input, seen);
}

/** Records what was read: no more can be given back. */
async function nothingLeft(
  moving: GatewayTools,
  { paymentId, orderReference, key, now }: GiveBackInput,
  { own, surplus }: SeenMoney,
): Promise<GiveBackPlan> {
  const record = { paymentId, orderReference, key, now, surplus, ...(own && { transaction: own }) };
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

async function stuckSurplus(
  moving: GatewayTools,
  input: GiveBackInput,
  transactionId: string,
): Promise<GiveBackPlan> {
  await recordStuckSurplus(moving, input, transactionId, 'money is left that no operation can return');
  return { ...NOTHING, isInReview: true };
}

const claim = crashable(
  { before: 'give-back.claim.before', after: 'give-back.claim.after' },
  async (
    { db }: GatewayTools,
    payment: PaymentRow,
    { cause, noteKey }: GiveBackInput,
    wanted: Pick<WantedGiveBack, 'kind' | 'transactionId'>,
  ): Promise<Pick<GiveBackPlan, 'operationId' | 'about'> | null> => {
    const claimed = await claimGiveBack(db, payment.id, { ...wanted, cause, noteKey });
    return claimed && { operationId: claimed.id, about: aboutOperation(claimed, payment) };
  },
);
