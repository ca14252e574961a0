/**
 * Answers that can't be believed, and their effects. To let hours pass, a run gets the state of an earlier
 * run.
 */
import type { Transaction } from '../../src/domain/transaction.ts';
import { callbackSignal } from './fake-activities.ts';
import type { Scenario, Story } from './scenarios.ts';
import { change, transactionIdOf } from './simulated-psp.ts';
import { until } from './until.ts';

const HOUR_MS = 3_600_000;
const AN_HOUR_AGO = () => Date.now() - HOUR_MS - 1_000;

const accept = (story: Story) =>
  story.runs.resolve(story.address, { decision: 'accept', noteKey: `note-${story.fake.reads.length}` });
const dismiss = (story: Story) =>
  story.runs.resolve(story.address, { decision: 'dismiss', noteKey: `note-${story.fake.reads.length}` });

function transactionOf({ fake: { says } }: Story): Transaction {
  if (says?.kind === 'transaction') return says.transaction;
  throw new Error('the gateway shows no transaction');
}

/** In REVIEW, since the gateway shows a payment that differs from the request. */
async function differing(story: Story, otherwise: Parameters<Story['shows']>[1]): Promise<void> {
  await story.open();
  story.shows('AUTHORIZED', otherwise);
  await story.callback('e1');
}

/** In REVIEW, since the gateway's answer was unclear for an hour. */
async function unclearForAnHour(story: Story, ageMs = 0): Promise<void> {
  story.stored(ageMs);
  change(story.session, 'UNCLEAR');
  await story.takeOver({ seen: [], unclearSince: AN_HOUR_AGO() });
  await story.callback('e1');
  await story.becomes('REVIEW');
  await story.quiet();
}

/** Settled, and the gateway's answer was unclear for an hour. */
async function markedForAnHour(story: Story, status: Story['payment']['status']): Promise<void> {
  story.stored();
  Object.assign(story.payment, { status });
  if (status === 'AUTHORIZED')
    Object.assign(story.fake.order, { status: 'PAID', paidPaymentId: story.payment.id });
  change(story.session, 'UNCLEAR');
  const nextLook = { at: Date.now() + 500, why: 'follow-up' } as const;
  await story.takeOver({ seen: [], unclearSince: AN_HOUR_AGO(), followUps: 5, nextLook });
  await until('a person is asked', () => story.payment.reviewMark !== null, 30_000);
  await story.quiet();
}

export const REVIEW_SCENARIOS: Readonly<Record<string, Scenario>> = {
  async 'other-amount'(story) {
    await differing(story, { money: { amountMinor: 1, currency: 'NOK' } });
    const shown = story.fake.says;
    story.fake.says = { kind: 'session', state: 'open' };
    await accept(story);
    story.shows('FAILED', {});
    await accept(story);
    story.fake.says = shown;
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
    story.shows('CAPTURED', { money, capturedMinor: 70_000 });
    await story.runs.callback(story.address, callbackSignal('e2'));
    await story.becomes('CAPTURED');
    heard();
    await until('the merchant knows', () => story.fake.order.updates.every(({ told }) => told), 60_000);
    await story.quiet();
    story.shows('REFUNDED', { money, capturedMinor: 70_000, refundedMinor: 70_000 });
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
    story.shows('CAPTURED', captured);
    await story.runs.callback(story.address, callbackSignal('e1'));
    await story.becomes('CAPTURED');
    const reversed = { ...capture, state: 'failed', isReversed: true } as const;
    story.shows('AUTHORIZED', { ...noTime, operations: [reversed] });
    await story.runs.callback(story.address, callbackSignal('e2'));
    await story.knows('AUTHORIZED');
    story.shows('CAPTURED', captured);
    await story.runs.callback(story.address, callbackSignal('e3'));
    await until('it is read again', () => story.fake.reads.length > 2, 30_000);
    heard();
  },
  async 'other-currency'(story) {
    await differing(story, { money: { amountMinor: 72_200, currency: 'SEK' } });
    story.fake.says = { kind: 'absent' };
    await dismiss(story);
  },
  async 'other-reference'(story) {
    await differing(story, { reference: 'another-order' });
    story.shows('UNCLEAR', {});
    await dismiss(story);
  },
  async 'other-account'(story) {
    await differing(story, { account: 'T99999999' });
    story.fake.says = null;
    await story.becomes('AUTHORIZED');
  },
  async 'other-session'(story) {
    await differing(story, { sessionId: 'another-session' });
    story.fake.says = null;
    await story.becomes('AUTHORIZED');
  },
  async 'hold-of-other-amount'(story) {
    await story.open();
    story.shows('ON_HOLD', { money: { amountMinor: 1, currency: 'NOK' } });
    await story.callback('e1');
    story.fake.says = null;
    change(story.session, 'FAILED');
    await story.callback('e2');
  },
  /** Another payment has paid the order when the operator wants to keep the money. */
  async 'accepted-too-late'(story) {
    await differing(story, { money: { amountMinor: 1, currency: 'NOK' } });
    story.fake.order.paidPaymentId = 'another payment';
    await accept(story);
    story.fake.says = null;
    await dismiss(story);
  },
  /** Out of REVIEW before the operator's request arrives. */
  async 'resolved-too-late'(story) {
    await story.open();
    await accept(story);
    await story.runs.cancel(story.address, { noteKey: 'note' });
  },
  async unauthorized(story) {
    await story.open();
    story.shows('AUTHORIZED', { authorized: false });
    await story.callback('e1');
    story.fake.says = null;
    await story.becomes('AUTHORIZED');
  },
  async unreadable(story) {
    await story.open();
    story.fake.says = { kind: 'unreadable', reason: 'amount: a text' };
    await story.callback('e1', { sessionId: story.session.sessionId, event: 'AUTHORIZE' });
    story.fake.says = { kind: 'session', state: 'failed', reason: 'no card' };
    await story.becomes('FAILED');
  },
  /** Proved money that the gateway then shows as failed, to another run, since the first has ended. */
  async contradicted(story) {
    await story.open();
    change(story.session, 'AUTHORIZED');
    await story.callback('e1', { transactionId: transactionIdOf(story.session), sessionId: 'other' });
    change(story.session, 'ON_HOLD');
    await story.callback('e2');
    change(story.session, 'FAILED');
    await story.callback('e3');
    story.shows('AUTHORIZED', {});
    await story.callback('e4');
  },
  /** Its deadline passes while a person is asked, and then the gateway shows nothing. */
  async 'review-hidden-at-its-end'(story) {
    story.stored(LIFETIME_MS - 2_500);
    story.shows('AUTHORIZED', { money: { amountMinor: 1, currency: 'NOK' } });
    await story.takeOver({ seen: [] });
    await story.callback('e1');
    await story.becomes('REVIEW');
    await until('its time is over', () => Date.now() > story.payment.expiryDueAt + 500, 60_000);
    story.fake.says = { kind: 'absent' };
    await story.callback('e2');
    await dismiss(story);
  },
  /** Answers of a replica that lags, with and without times that show it. */
  async stale(story) {
    await story.open();
    change(story.session, 'CAPTURED');
    const later = { updatedAt: '2026-06-01T00:00:00.000Z' };
    story.shows('CAPTURED', later);
    await story.callback('e1');
    story.shows('REFUNDED', { updatedAt: '2026-05-31T23:59:59.999Z', refundedMinor: 72_200 });
    await story.callback('a millisecond older');
    for (const [index, otherwise] of [later, { updatedAt: '2026-01-01T00:00:00.000Z' }].entries()) {
      story.shows('AUTHORIZED', otherwise);
      await story.callback(`e${index + 2}`);
    }
    story.shows('CAPTURED', { ...later, capturedMinor: 1 });
    await story.callback('e4');
    story.shows('REFUNDED', { ...later, refundedMinor: 72_200 });
    await story.callback('e5');
    // The same answer again, and then one from a gateway that shows no times.
    await story.callback('e6');
    const { updatedAt: _, ...untimed } = transactionOf(story);
    story.fake.says = {
      kind: 'transaction',
      transaction: { ...untimed, status: 'CAPTURED', refundedMinor: 0 },
    };
    await story.callback('e7');
  },
  async 'voided-before-anything'(story) {
    await story.open();
    change(story.session, 'FAILED');
    await story.callback('e1');
    story.shows('VOIDED', { authorized: false });
    await story.callback('e2');
    change(story.session, 'DECLINED');
    story.fake.says = null;
    await story.callback('e3');
    story.fake.says = { kind: 'session', state: 'cancelled' };
    await story.callback('e4');
  },
  /** The payer has begun, and nothing more is known. */
  async initiated(story) {
    await story.open();
    change(story.session, 'INITIATED');
    await story.callback('e1');
    change(story.session, 'CAPTURED');
    await story.callback('e2');
  },
  'unclear-for-an-hour-then-paid': async (story) => {
    await unclearForAnHour(story);
    change(story.session, 'AUTHORIZED');
    await story.callback('e2');
  },
  /** Read every hour like any other, for any reason of the review. */
  async 'review-without-reason'(story) {
    story.stored();
    Object.assign(story.payment, { status: 'REVIEW', reviewCode: 'adopted' });
    story.session.isHidden = true;
    await story.look('unwatched');
    story.session.isHidden = false;
    change(story.session, 'AUTHORIZED');
    await story.callback('e1');
  },
  'unclear-for-an-hour': async (story) => {
    await unclearForAnHour(story);
    // Still unclear: read every hour, and after every callback.
    await story.callback('e2');
    story.fake.says = { kind: 'session', state: 'open' };
    await story.callback('e3');
    await story.becomes('PENDING');
    story.fake.says = null;
    change(story.session, 'AUTHORIZED');
    await story.callback('e4');
  },
  'unclear-until-its-end': async (story) => {
    await unclearForAnHour(story, LIFETIME_MS - 3_000);
    story.fake.says = { kind: 'absent' };
    await story.callback('e2');
    story.fake.says = { kind: 'session', state: 'open' };
    await until('its time is over', () => Date.now() > story.payment.expiryDueAt + 500, 60_000);
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
    change(story.session, 'FAILED');
    await story.callback('e2');
  },
  /** The run that takes it over reads it every hour; a clear answer of the gateway ends it. */
  async 'marked-taken-over'(story) {
    await markedForAnHour(story, 'AUTHORIZED');
    await story.terminate();
    await story.look('unwatched');
    change(story.session, 'CAPTURED');
    await story.callback('e2');
  },
  async 'marked-then-as-it-was'(story) {
    await markedForAnHour(story, 'AUTHORIZED');
    change(story.session, 'AUTHORIZED');
    await story.callback('e2');
  },
  /** There is nothing to accept; a person is not asked about it again. */
  async 'marked-dismissed'(story) {
    await markedForAnHour(story, 'AUTHORIZED');
    await accept(story);
    story.fake.isUndecided = true;
    await dismiss(story);
    story.fake.isUndecided = false;
    await dismiss(story);
    const nextLook = { at: Date.now() + 500, why: 'follow-up' } as const;
    await story.takeOver({ seen: [], unclearSince: AN_HOUR_AGO(), followUps: 5, nextLook });
  },
  async 'review-by-the-hour'(story) {
    story.stored();
    Object.assign(story.payment, {
      status: 'REVIEW',
      reason: 'amount_mismatch',
      reviewCode: 'amount_mismatch',
    });
    change(story.session, 'AUTHORIZED');
    await story.takeOver({ seen: [], nextLook: { at: Date.now() + 500, why: 'review' } });
  },
  /** Its deadline has passed, and a person has not decided yet: no reading ends it. */
  async 'review-after-its-time'(story) {
    story.stored(LIFETIME_MS + HOUR_MS);
    Object.assign(story.payment, {
      status: 'REVIEW',
      reason: 'amount_mismatch',
      reviewCode: 'amount_mismatch',
    });
    await story.takeOver({ seen: [], nextLook: { at: Date.now() + 1_500, why: 'review' } });
    await until('it is read', () => story.fake.reads.length > 0, 30_000);
    await story.quiet();
    change(story.session, 'AUTHORIZED');
    await story.callback('e1');
  },
  async 'hidden-session'(story) {
    story.stored(LIFETIME_MS - 1_500);
    story.session.isHidden = true;
    await story.takeOver({ seen: [] });
    await until('it is followed', () => story.fake.reads.length > 2, 30_000);
    story.session.isHidden = false;
    await story.becomes('EXPIRED');
  },
  async 'hidden-for-an-hour'(story) {
    story.stored(LIFETIME_MS - 1_500);
    story.session.isHidden = true;
    await story.takeOver({ seen: [], unclearSince: AN_HOUR_AGO() });
    await story.becomes('EXPIRED');
  },
  /** The shopper returns after the gateway's own deadline, before our last look. */
  async 'shopper-too-late'(story) {
    story.stored(4 * HOUR_MS + 1_000);
    await story.runs.open(story.address);
    await story.becomes('EXPIRED');
  },
  /** A hold on a closed payment: polled at its interval, and no call waits for it. */
  async 'late-hold'(story) {
    story.fake.pollIntervalMs = 1_000;
    await story.expire();
    change(story.session, 'ON_HOLD');
    await story.runs.callback(story.address, callbackSignal('late'));
    await until('it is polled', () => story.fake.reads.length > 3, 30_000);
    change(story.session, 'FAILED');
    await story.becomes('FAILED');
  },
};

const LIFETIME_MS = 4.25 * HOUR_MS;
