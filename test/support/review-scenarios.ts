/**
 * Answers that can't be believed, and their effects. To let hours pass, a run gets the state of an earlier
 * run.
 */
import type { PaymentStatus } from '../../src/domain/payment.ts';
import type { Transaction } from '../../src/domain/transaction.ts';
import { expiryDueAt } from '../../src/store/payment-snapshot.ts';
import { EXPIRES_AFTER_MS, type Scenario, type Story } from './story.ts';
import { until } from './until.ts';

const HOUR_MS = 3_600_000;
const AN_HOUR_AGO = () => Date.now() - HOUR_MS - 1_000;

const accept = (story: Story) => story.resolve('accept');
const dismiss = (story: Story) => story.resolve('dismiss');

function transactionOf({ script: { says } }: Story): Transaction {
  if (says?.kind === 'transaction') return says.transaction;
  throw new Error('the gateway shows no transaction');
}

/** In REVIEW, since the gateway shows a payment that differs from the request. */
async function differing(story: Story, otherwise: Parameters<Story['shows']>[1]): Promise<void> {
  await story.open();
  await story.shows('AUTHORIZED', otherwise);
  await story.callback('e1');
}

/** In REVIEW, since the gateway's answer was unclear for an hour. */
async function unclearForAnHour(story: Story, ageMs = 0): Promise<void> {
  await story.stored(ageMs);
  story.turns('UNCLEAR');
  await story.takeOver({ seen: [], unclearSince: AN_HOUR_AGO() });
  await story.callback('e1');
  await story.becomes('REVIEW');
  await story.quiet();
}

/** Settled, and the gateway's answer was unclear for an hour. */
async function markedForAnHour(story: Story, status: PaymentStatus): Promise<void> {
  await story.stored();
  await story.change({ status });
  if (status === 'AUTHORIZED')
    await story.changeOrder({ status: 'PAID', paidPaymentId: story.address.paymentId });
  story.turns('UNCLEAR');
  const nextLook = { at: Date.now() + 500, why: 'follow-up' } as const;
  await story.takeOver({ seen: [], unclearSince: AN_HOUR_AGO(), followUps: 5, nextLook });
  await until('a person is asked', async () => (await story.payment()).reviewMark !== null, 30_000);
  await story.quiet();
}

export const REVIEW_SCENARIOS: Readonly<Record<string, Scenario>> = {
  async 'other-amount'(story) {
    await differing(story, { money: { amountMinor: 1, currency: 'NOK' } });
    const shown = story.script.says;
    story.script.says = { kind: 'session', state: 'open' };
    await accept(story);
    await story.shows('FAILED', {});
    await accept(story);
    story.script.says = shown;
    await accept(story);
  },
  /**
   * Captured while the merchant does not know yet that the order is paid, refunded when no run watches it any
   * more.
   */
  async 'accepted-holds'(story) {
    const money = { amountMinor: 70_000, currency: 'NOK' };
    await differing(story, { money });
    const heard = await story.telling();
    await accept(story);
    await story.shows('CAPTURED', { money, capturedMinor: 70_000 });
    await story.call('e2');
    await story.becomes('CAPTURED');
    heard();
    await until(
      'the merchant knows',
      async () => (await story.outbox()).every(({ state }) => state !== 'pending'),
      60_000,
    );
    await story.quiet();
    await story.shows('REFUNDED', { money, capturedMinor: 70_000, refundedMinor: 70_000 });
    await story.callback('e3');
  },
  /** The gateway shows no times: a reading with more reversals is the newer one. */
  async 'taken-back-without-times'(story) {
    await story.open();
    const capture = { kind: 'capture', reference: 'c1', amountMinor: 72_200, eventId: 'capture-1' } as const;
    const noTime = { updatedAt: undefined } as unknown as Partial<Transaction>;
    const captured = {
      ...noTime,
      capturedMinor: 72_200,
      operations: [{ ...capture, state: 'done' as const }],
    };
    const heard = await story.telling();
    await story.shows('CAPTURED', captured);
    await story.call('e1');
    await story.becomes('CAPTURED');
    const reversed = { ...capture, state: 'failed', isReversed: true } as const;
    await story.shows('AUTHORIZED', { ...noTime, operations: [reversed] });
    await story.call('e2');
    await story.knows('AUTHORIZED');
    await story.shows('CAPTURED', captured);
    await story.call('e3');
    await until('it is read again', () => story.script.reads.length > 2, 30_000);
    heard();
  },
  async 'other-currency'(story) {
    await differing(story, { money: { amountMinor: 72_200, currency: 'SEK' } });
    story.script.says = { kind: 'absent' };
    await dismiss(story);
  },
  async 'other-reference'(story) {
    await differing(story, { reference: 'another-order' });
    await story.shows('UNCLEAR', {});
    await dismiss(story);
  },
  async 'other-account'(story) {
    await differing(story, { account: 'T99999999' });
    story.script.says = null;
    await story.becomes('AUTHORIZED');
  },
  async 'other-session'(story) {
    await differing(story, { sessionId: 'another-session' });
    story.script.says = null;
    await story.becomes('AUTHORIZED');
  },
  async 'hold-of-other-amount'(story) {
    await story.open();
    await story.shows('ON_HOLD', { money: { amountMinor: 1, currency: 'NOK' } });
    await story.callback('e1');
    story.script.says = null;
    story.turns('FAILED');
    await story.callback('e2');
  },
  /** Another payment has paid the order when the operator wants to keep the money. */
  async 'accepted-too-late'(story) {
    await differing(story, { money: { amountMinor: 1, currency: 'NOK' } });
    await story.paidByAnother();
    await accept(story);
    story.script.says = null;
    await dismiss(story);
  },
  /** Out of REVIEW before the operator's request arrives. */
  async 'resolved-too-late'(story) {
    await story.open();
    await accept(story);
    await story.cancel();
  },
  async unauthorized(story) {
    await story.open();
    await story.shows('AUTHORIZED', { authorized: false });
    await story.callback('e1');
    story.script.says = null;
    await story.becomes('AUTHORIZED');
  },
  async unreadable(story) {
    await story.open();
    story.script.says = { kind: 'unreadable', reason: 'amount: a text' };
    await story.callback('e1', { sessionId: story.session.id, event: 'AUTHORIZE' });
    story.script.says = { kind: 'session', state: 'failed', reason: 'no card' };
    await story.becomes('FAILED');
  },
  /** Proved money that the gateway then shows as failed, to another run, since the first has ended. */
  async contradicted(story) {
    await story.open();
    story.turns('AUTHORIZED');
    await story.callback('e1', { transactionId: story.transactionId, sessionId: 'other' });
    story.turns('ON_HOLD');
    await story.callback('e2');
    story.turns('FAILED');
    await story.callback('e3');
    await story.shows('AUTHORIZED', {});
    await story.callback('e4');
  },
  /** Its deadline passes while a person is asked, and then the gateway shows nothing. */
  async 'review-hidden-at-its-end'(story) {
    await story.stored(EXPIRES_AFTER_MS - 2_500);
    await story.shows('AUTHORIZED', { money: { amountMinor: 1, currency: 'NOK' } });
    await story.takeOver({ seen: [] });
    await story.callback('e1');
    await story.becomes('REVIEW');
    await until(
      'its time is over',
      async () => Date.now() > expiryDueAt(await story.payment()) + 500,
      60_000,
    );
    story.script.says = { kind: 'absent' };
    await story.callback('e2');
    await dismiss(story);
  },
  /** Answers of a replica that lags, with and without times that show it. */
  async stale(story) {
    await story.open();
    story.turns('CAPTURED');
    const later = { updatedAt: '2026-06-01T00:00:00.000Z' };
    await story.shows('CAPTURED', later);
    await story.callback('e1');
    await story.shows('REFUNDED', { updatedAt: '2026-05-31T23:59:59.999Z', refundedMinor: 72_200 });
    await story.callback('a millisecond older');
    for (const [index, otherwise] of [later, { updatedAt: '2026-01-01T00:00:00.000Z' }].entries()) {
      await story.shows('AUTHORIZED', otherwise);
      await story.callback(`e${index + 2}`);
    }
    await story.shows('CAPTURED', { ...later, capturedMinor: 1 });
    await story.callback('e4');
    await story.shows('REFUNDED', { ...later, refundedMinor: 72_200 });
    await story.callback('e5');
    // The same answer again, and then one from a gateway that shows no times.
    await story.callback('e6');
    const { updatedAt: _, ...untimed } = transactionOf(story);
    story.script.says = {
      kind: 'transaction',
      transaction: { ...untimed, status: 'CAPTURED', refundedMinor: 0 },
    };
    await story.callback('e7');
  },
  async 'voided-before-anything'(story) {
    await story.open();
    story.turns('FAILED');
    await story.callback('e1');
    await story.shows('VOIDED', { authorized: false });
    await story.callback('e2');
    story.turns('DECLINED');
    story.script.says = null;
    await story.callback('e3');
    story.script.says = { kind: 'session', state: 'cancelled' };
    await story.callback('e4');
  },
  /** The payer has begun, and nothing more is known. */
  async initiated(story) {
    await story.open();
    story.turns('INITIATED');
    await story.callback('e1');
    story.turns('CAPTURED');
    await story.callback('e2');
  },
  'unclear-for-an-hour-then-paid': async (story) => {
    await unclearForAnHour(story);
    story.turns('AUTHORIZED');
    await story.callback('e2');
  },
  /** Read every hour like any other, for any reason of the review. */
  async 'review-without-reason'(story) {
    await story.stored();
    await story.change({ status: 'REVIEW', reviewCode: 'adopted' });
    story.script.isHidden = true;
    await story.look('unwatched');
    story.script.isHidden = false;
    story.turns('AUTHORIZED');
    await story.callback('e1');
  },
  'unclear-for-an-hour': async (story) => {
    await unclearForAnHour(story);
    // Still unclear: read every hour, and after every callback.
    await story.callback('e2');
    story.script.says = { kind: 'session', state: 'open' };
    await story.callback('e3');
    await story.becomes('PENDING');
    story.script.says = null;
    story.turns('AUTHORIZED');
    await story.callback('e4');
  },
  'unclear-until-its-end': async (story) => {
    await unclearForAnHour(story, EXPIRES_AFTER_MS - 6_000);
    story.script.says = { kind: 'absent' };
    await story.callback('e2');
    story.script.says = { kind: 'session', state: 'open' };
    const { reads } = story.script;
    const before = reads.length;
    await until('it is followed up', () => reads.length > before, 30_000);
    await until(
      'its time is over',
      async () => Date.now() > expiryDueAt(await story.payment()) + 500,
      60_000,
    );
    await story.callback('e3');
    await story.becomes('EXPIRED');
  },
  /**
   * Settled, so its status stays and it gets a review mark; after the fifth follow-up it is still followed
   * up.
   */
  async 'unclear-once-settled'(story) {
    await markedForAnHour(story, 'FAILED');
    await story.callback('e1');
    story.turns('FAILED');
    await story.callback('e2');
  },
  /** The run that takes it over reads it every hour; a clear answer of the gateway ends it. */
  async 'marked-taken-over'(story) {
    await markedForAnHour(story, 'AUTHORIZED');
    await story.terminate();
    await story.look('unwatched');
    story.turns('CAPTURED');
    await story.callback('e2');
  },
  async 'marked-then-as-it-was'(story) {
    await markedForAnHour(story, 'AUTHORIZED');
    story.turns('AUTHORIZED');
    await story.callback('e2');
  },
  /** There is nothing to accept; a person is not asked about it again. */
  async 'marked-dismissed'(story) {
    await markedForAnHour(story, 'AUTHORIZED');
    await accept(story);
    await story.resolve('dismiss', 'invented');
    await dismiss(story);
    const nextLook = { at: Date.now() + 500, why: 'follow-up' } as const;
    await story.takeOver({ seen: [], unclearSince: AN_HOUR_AGO(), followUps: 5, nextLook });
  },
  async 'review-by-the-hour'(story) {
    await story.stored();
    await story.change({
      status: 'REVIEW',
      reason: 'amount_mismatch',
      reviewCode: 'amount_mismatch',
    });
    story.turns('AUTHORIZED');
    await story.takeOver({ seen: [], nextLook: { at: Date.now() + 500, why: 'review' } });
  },
  /** Its deadline has passed, and a person has not decided yet: no reading ends it. */
  async 'review-after-its-time'(story) {
    await story.stored(EXPIRES_AFTER_MS + HOUR_MS);
    await story.change({
      status: 'REVIEW',
      reason: 'amount_mismatch',
      reviewCode: 'amount_mismatch',
    });
    await story.takeOver({ seen: [], nextLook: { at: Date.now() + 1_500, why: 'review' } });
    await until('it is read', () => story.script.reads.length > 0, 30_000);
    await story.quiet();
    story.turns('AUTHORIZED');
    await story.callback('e1');
  },
  async 'hidden-session'(story) {
    await story.stored(EXPIRES_AFTER_MS - 1_500);
    story.script.isHidden = true;
    await story.takeOver({ seen: [] });
    await until('it is followed', () => story.script.reads.length > 2, 30_000);
    story.script.isHidden = false;
    await story.becomes('EXPIRED');
  },
  async 'hidden-for-an-hour'(story) {
    await story.stored(EXPIRES_AFTER_MS - 1_500);
    story.script.isHidden = true;
    await story.takeOver({ seen: [], unclearSince: AN_HOUR_AGO() });
    await story.becomes('EXPIRED');
  },
  /** The payer returns after the gateway's own deadline, before our last look. */
  async 'payer-too-late'(story) {
    await story.stored(4 * HOUR_MS + 1_000);
    await story.runs.open(story.address);
    await story.becomes('EXPIRED');
  },
  /** A hold on a closed payment: polled at its interval, and no call waits for it. */
  async 'late-hold'(story) {
    story.pollIntervalMs = 1_000;
    await story.expire();
    story.turns('ON_HOLD');
    await story.call('late');
    await until('it is polled', () => story.script.reads.length > 3, 30_000);
    story.turns('FAILED');
    await story.becomes('FAILED');
  },
};
