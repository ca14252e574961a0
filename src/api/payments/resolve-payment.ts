/** Carries out a person's decision about a payment in REVIEW. */
import type { z } from 'zod';
import { crashable } from '../../crash-points.ts';
import type { PaymentAddress } from '../../domain/payment.ts';
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

/** Returns whether it is done; giving money back may take longer. @throws Refusal */
export async function resolve(service: Service, payment: PaymentRow, asked: Asked): Promise<boolean> {
  refuseUnreviewed(payment, asked);
  refuseUnconfigured(service, payment);
  const noteKey = await writeDown(service, payment, asked);
  if (asked.decision === 'give_back') return giveBack(service, payment, noteKey);
  const result = await service.runs.resolve(addressOf(payment), { decision: asked.decision, noteKey });
  if (result.kind === 'not_in_review')
    throw new Refusal('not_in_review', `payment ${payment.id} is ${result.status}`);
  if (result.kind === 'refused') throw new Refusal('not_acceptable', result.reason);
  return true;
}

/**
 * A settled payment with a review mark can only be dismissed: there is nothing to accept, and paying money is
 * given back by a refund.
 */
function refuseUnreviewed({ id, status, reviewMark }: PaymentRow, { decision }: Asked): void {
  if (status === 'REVIEW' || (reviewMark !== null && decision === 'dismiss')) return;
  const hint = reviewMark === null ? '' : ` with a review mark (${reviewMark}), which can only be dismissed`;
  throw new Refusal('not_in_review', `payment ${id} is ${status}${hint}`);
}

/** The person and the reason are written only here: they must not get into a workflow's history. */
const writeDown = crashable(
  { before: 'resolve.note.before', after: 'resolve.note.after' },
  ({ store }: Service, { id }: PaymentRow, { decision, ...asker }: Asked) => {
    const text = `${nameOf(asker)} asked to ${WORDS[decision]}: ${asker.reason}`;
    return writeDecision(store.db, id, { text, data: { decision, ...asker } });
  },
);

const WORDS = { accept: 'accept', give_back: 'give the money back', dismiss: 'dismiss' } as const;

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
  if (now.status !== 'REVIEW') return true;
  if ((await listUnfinished(db, payment.id)).length > 0) return false;
  throw new Refusal(
    'give_back_failed',
    `payment ${payment.id} is still in REVIEW (${now.reason}); its timeline says why`,
  );
}

const waitForRun = crashable(
  { after: 'resolve.answer.before' },
  ({ money }: Service, payment: PaymentAddress, noteKey: string) =>
    money.giveBack(payment, { cause: 'operator', noteKey }),
);
