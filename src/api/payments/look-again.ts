/** Reads a payment at its gateway now, at a person's request. */
import { randomUUID } from 'node:crypto';
import { TokenBuckets } from '../../lib/token-bucket.ts';
import type { Service } from '../../service.ts';
import { nameOf, type Asker } from '../../store/asker.ts';
import type { PaymentRow } from '../../store/payments.ts';
import { addNote } from '../../store/timeline.ts';
import { Refusal } from '../refusal.ts';
import { addressOf, refuseUnconfigured } from './find-payment.ts';

/** As often as the payer's returns may cause a look: three, then one per 30 seconds. */
const EVERY_SECONDS = 30;
const BURST = 3;

/** Has the payment's run read the gateway. @throws Refusal `rate_limited`, `gateway_not_configured` */
export type LookAgain = (payment: PaymentRow, asker: Asker) => Promise<void>;

export type LookTools = Service & { readonly lookAgain: LookAgain };

/** One per process. */
export function createLookAgain({ store, runs, gateways }: Service): LookAgain {
  const buckets = new TokenBuckets(1 / EVERY_SECONDS, BURST);
  return async (payment, asker) => {
    refuseUnconfigured({ gateways }, payment);
    if (!buckets.take(payment.id)) throw tooOften(payment);
    // Of the person and the reason nothing may get into a workflow's history.
    const text = `${nameOf(asker)} asked to look at the gateway: ${asker.reason}`;
    const { actor, key, reason } = asker;
    const note = { kind: 'operator', text, data: { actor, key, reason } } as const;
    await addNote(store.db, payment.id, note, `look-${randomUUID()}`);
    await runs.look(addressOf(payment), { why: 'operator', at: new Date().toISOString() });
  };
}

function tooOften({ id }: PaymentRow): Refusal {
  const detail = `payment ${id} was looked at ${BURST} times a moment ago; one look every ${EVERY_SECONDS} s is allowed, and its timeline has what the gateway said`;
  return new Refusal('rate_limited', detail, { retryAfterSeconds: EVERY_SECONDS });
}
