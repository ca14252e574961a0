/** Carries out a person's decision about a payment in REVIEW. */
import type { z } from 'zod';
import { crashable } from '../../crash-points.ts';
import type { PaymentAddress } from '../../domain/payment.ts';
import { isMarkedForSurplus, mayGoBack } from '../../domain/surplus.ts';
import type { Service } from '../../service.ts';
import { nameOf, type Asker } from '../../store/asker.ts';
import { writeDecision } from '../../store/decisions.ts';
import { listUnfinished } from '../../store/operations.ts';
import { findPayment, type PaymentRow } from '../../store/payments.ts';
import { RunEnded, RunsUnavailable } from '../../temporal/run-calls.ts';
import { Refusal } from '../refusal.ts';
import { addressOf, refuseUnconfigured } from './find-payment.ts';
import type { resolveRequest } from './payment-requests.ts';

type Asked = Pick<z.infer<typeof resolveRequest>, 'decision'> & Asker;

/**
 * Returns whether it is done; giving money back may take longer. `known`: the key of the decision's note, so that it is
 * written once however often this is called.
 * @throws Refusal
 */
export async function resolve(
  service: Service,
  payment: PaymentRow,
  asked: Asked,
  known?: string,
): Promise<boolean> {
  refuseUnreviewed(payment, asked);
  refuseUnconfigured(service, payment);
  const noteKey = await writeDown(service, payment, asked, known);
  if (asked.decision === 'give_back') return giveBack(service, payment, noteKey);
  const result = await service.runs.resolve(addressOf(payment), { decision: asked.decision, noteKey });
  if (result.kind === 'not_in_review')
    throw new Refusal('not_in_review', `payment ${payment.id} is ${result.status}`);
  if (result.kind === 'refused') throw new Refusal('not_acceptable', result.reason);
  return true;
}

/**
 * A settled payment with a review mark can only be dismissed: there is nothing to accept, and paying money is
 * given back by a refund. Surplus can also be given back.
 */
function isAsked(payment: PaymentRow, { decision }: Pick<Asked, 'decision'>): boolean {
  const { status, reviewMark } = payment;
  if (status === 'REVIEW' || (reviewMark !== null && decision === 'dismiss')) return true;
  return isMarkedForSurplus(payment) && decision === 'give_back';
}

/** @throws Refusal `not_in_review` */
export function refuseUnreviewed(payment: PaymentRow, asked: Pick<Asked, 'decision'>): void {
  if (isAsked(payment, asked)) return;
  const { id, status, reviewMark } = payment;
  const ways = isMarkedForSurplus(payment) ? 'given back or dismissed' : 'dismissed';
  const hint = reviewMark === null ? '' : ` with a review mark (${reviewMark}), which can only be ${ways}`;
  throw new Refusal('not_in_review', `payment ${id} is ${status}${hint}`);
}

/** The person and the reason are written only here: they must not get into a workflow's history. */
const writeDown = crashable(
  { before: 'resolve.note.before', after: 'resolve.note.after' },
  ({ store }: Service, payment: PaymentRow, { decision, ...asker }: Asked, known?: string) => {
    const about = covers(payment, decision);
    const text = `${nameOf(asker)} asked to ${WORDS[about]}: ${asker.reason}`;
    return writeDecision(store.db, payment.id, { text, data: { decision: about, ...asker } }, known);
  },
);

/**
 * What the decision covers. Where surplus holds money, `give_back` covers the surplus alone: a person must never
 * lose the payment's own money by a decision about surplus.
 */
function covers(payment: PaymentRow, decision: Asked['decision']): keyof typeof WORDS {
  if (decision === 'dismiss' && isMarkedForSurplus(payment)) return 'dismiss_surplus';
  const isHeld = payment.surplus.some((one) => mayGoBack(one, 'operator'));
  return decision === 'give_back' && isHeld ? 'give_back_surplus' : decision;
}

const WORDS = {
  accept: 'accept',
  give_back: 'give the money back',
  give_back_surplus: 'give the surplus back',
  dismiss: 'dismiss',
  dismiss_surplus: 'dismiss the surplus',
} as const;

async function giveBack(service: Service, payment: PaymentRow, noteKey: string): Promise<boolean> {
  const address = addressOf(payment);
  try {
    await waitForRun(service, address, noteKey);
  } catch (error) {
    if (!(error instanceof RunsUnavailable || error instanceof RunEnded)) throw error;
    // The run may or may not have got the request. This one is durable when it returns, and a second request
    // changes nothing.
    await service.money.requestGiveBack(address, { cause: 'operator', noteKey });
    return false;
  }
  const { db } = service.store;
  const now = (await findPayment(db, payment.id)) ?? payment;
  const isOfSurplus = covers(payment, 'give_back') === 'give_back_surplus';
  const isStillAsked = isOfSurplus
    ? covers(now, 'give_back') === 'give_back_surplus'
    : now.status === 'REVIEW';
  if (!isStillAsked) return true;
  if ((await listUnfinished(db, payment.id)).length > 0) return false;
  throw new Refusal(
    'give_back_failed',
    isOfSurplus
      ? `surplus of payment ${payment.id} is still held (${now.reviewMark ?? now.status}); its timeline says why`
      : `payment ${payment.id} is still in REVIEW (${now.reason}); its timeline says why`,
  );
}

const waitForRun = crashable(
  { after: 'resolve.answer.before' },
  ({ money }: Service, payment: PaymentAddress, noteKey: string) =>
    money.giveBack(payment, { cause: 'operator', noteKey }),
);
