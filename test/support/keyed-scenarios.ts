/** What only gateways like Stripe do, each a short story: see `KeyedStory`. */
import { claimOperation } from '../../src/store/operations.ts';
import { moneyWorkflowId } from '../../src/workflows/messages.ts';
import type { OperationFate } from '../model/world/gateway.ts';
import type { KeyedStory } from './keyed-story.ts';
import { until } from './until.ts';

export type KeyedScenario = (story: KeyedStory) => Promise<readonly string[] | void>;

/** Both runs of the payment: the one that watches it, and the one that moves its money. */
const bothOf = ({ workflowId, address }: KeyedStory): string[] => [
  workflowId,
  moneyWorkflowId(address.paymentId),
];

const held = ({ booked }: KeyedStory): number => booked.ledger?.held ?? 0;

/** A second money in the session of the paid order. */
async function paysTwice(story: KeyedStory): Promise<void> {
  await story.pays();
  const second = story.books.payAgain(story.booked, 'AUTHORIZED');
  await story.event('payment', 'authorized', second);
}

/** The surplus is handled so. */
function untilSurplus(story: KeyedStory, handling: string): Promise<void> {
  const is = async () => (await story.payment()).surplus.some((one) => one.handling === handling);
  return until(`the surplus of ${story.reference} is handled: ${handling}`, is, 60_000);
}

/** The first try of the capture ends so, and a later one captures all. */
async function capturedAfter(story: KeyedStory, fate: OperationFate): Promise<string[]> {
  await story.pays();
  story.fates.push(fate);
  await capture(story, 72_200);
  await until('it is captured', async () => (await story.payment()).captured === 72_200, 60_000);
  return bothOf(story);
}

/** Asked for through our API, and carried out. */
async function capture(story: KeyedStory, amount: number): Promise<void> {
  const { paymentId } = story.address;
  const body = { kind: 'capture', reference: 'c1', wanted: amount, finalCapture: false } as const;
  const wanted = { ...body, paymentId, bodyHash: 'c1', cause: 'merchant' } as const;
  const { operation } = await claimOperation(story.store.db, wanted);
  await story.money.carryOut(story.address, operation.id);
}

export const KEYED_SCENARIOS: Readonly<Record<string, KeyedScenario>> = {
  async 'bank-debit-paid-later'(story) {
    await story.open();
    story.books.pay(story.booked, 'ON_HOLD');
    await story.event('session', 'session:complete');
    story.books.pay(story.booked, 'AUTHORIZED');
    story.books.byHand(story.booked, 'capture', held(story));
    await story.event('payment', 'captured:72200');
  },
  async 'bank-debit-failed-later'(story) {
    await story.open();
    story.books.pay(story.booked, 'ON_HOLD');
    await story.event('session', 'session:complete');
    story.books.pay(story.booked, 'FAILED');
    await story.event('session', 'failed');
  },
  /** Before our own time for it, and no payer was there. */
  async 'session-expired-by-gateway'(story) {
    await story.open();
    story.books.expire(story.booked);
    await story.event('session', 'session:expired');
  },
  /** The gateway's event about it comes when the payment is over. */
  async 'session-expired-by-our-cancel'(story) {
    await story.open();
    await story.cancel();
    await story.quiet();
    await story.event('session', 'session:expired');
  },
  /** Each event comes to a run of its own, since the one before has ended. */
  async 'captured-and-refunded-in-parts'(story) {
    await story.pays();
    for (const amount of [40_000, 32_200]) {
      story.books.byHand(story.booked, 'capture', amount);
      await story.event('payment', `captured:${amount}`);
    }
    story.books.byHand(story.booked, 'refund', 10_000);
    await story.event('refund', 'refund:re-2:done');
    story.books.failRefund(story.booked, 're-2');
    await story.event('refund', 'refund:re-2:failed');
  },
  async 'refund-of-all-came-back'(story) {
    await story.pays();
    story.books.byHand(story.booked, 'capture', held(story));
    story.books.byHand(story.booked, 'refund', held(story));
    await story.event('refund', 'refund:re-1:done');
    story.books.failRefund(story.booked, 're-1');
    await story.event('refund', 'refund:re-1:failed');
  },
  async 'dispute-won'(story) {
    await disputed(story, 'won');
  },
  async 'dispute-lost'(story) {
    await disputed(story, 'lost');
  },
  /** An event that names the transaction alone came first. It was parked, and reaches the run when all is known. */
  async 'refund-known-before-its-event'(story) {
    await story.pays();
    story.books.byHand(story.booked, 'capture', held(story));
    story.books.byHand(story.booked, 'refund', 10_000);
    story.before.recording = async () => {
      story.before = {};
      await story.event('refund', 'refund:re-1:done');
    };
    await story.event('charge', 'refunded:10000');
  },
  async 'surplus-given-back'(story) {
    await paysTwice(story);
    await untilSurplus(story, 'none');
    return bothOf(story);
  },
  /** Captured, and then the refund of it comes back: it is given back again. */
  async 'surplus-given-back-again'(story) {
    await story.pays();
    const second = story.books.payAgain(story.booked, 'AUTHORIZED');
    story.books.byHand(second, 'capture', 72_200);
    await story.event('payment', 'captured:72200', second);
    await untilSurplus(story, 'none');
    await story.quiet(moneyWorkflowId(story.address.paymentId));
    story.books.failRefund(second, 're-1');
    await story.event('refund', 'refund:re-1:failed', second);
    await untilSurplus(story, 'none');
    return bothOf(story);
  },
  /** A person is asked, and decides to give it back. */
  async 'surplus-given-back-by-operator'(story) {
    story.policy = 'review';
    await paysTwice(story);
    await untilSurplus(story, 'review');
    const noteKey = await story.decided('give_back_surplus');
    await story.money.giveBack(story.address, { cause: 'operator', noteKey });
    await untilSurplus(story, 'none');
    // The payment's own run would read it within the hour.
    await story.look('operator');
    return bothOf(story);
  },
  async 'surplus-dismissed'(story) {
    story.policy = 'review';
    await paysTwice(story);
    await untilSurplus(story, 'review');
    await story.resolve('dismiss', await story.decided('dismiss_surplus'));
  },
  /** It can't be given back: the payment's own run reads on, until a person takes care of it. */
  async 'surplus-not-given-back'(story) {
    story.fates.push('declined');
    await paysTwice(story);
    await untilSurplus(story, 'stuck');
    await story.quiet();
    await story.resolve('dismiss', await story.decided('dismiss_surplus'));
    return bothOf(story);
  },
  /** The gateway stores its own failure for the key: after a read, the capture is sent with the next key. */
  async 'capture-key-spent'(story) {
    return capturedAfter(story, 'kept_before');
  },
  /** The answer was lost, and the same key again has no second effect. */
  async 'capture-sent-again-by-key'(story) {
    return capturedAfter(story, 'lost_before');
  },
  /** The gateway has opened a session, and stores a failure as its answer: the session is found. */
  async 'opening-key-spent'(story) {
    story.isOpeningKept = true;
    await story.claim();
    await story.runs.open(story.address);
    story.books.pay(story.booked, 'AUTHORIZED');
    await story.event('session', 'session:complete');
  },
  /** A lost answer left a second session behind, which the gateway shows only later. */
  async 'second-session-closed-later'(story) {
    await story.openAgain();
    story.leaveSessionBehind();
    story.books.pay(story.booked, 'AUTHORIZED');
    await story.event('session', 'session:complete');
  },
};

async function disputed(story: KeyedStory, end: 'won' | 'lost'): Promise<void> {
  await story.pays();
  story.books.byHand(story.booked, 'capture', held(story));
  await story.event('payment', 'captured:72200');
  story.books.dispute(story.booked, end);
  await story.event('dispute', 'dispute:dp-1:open');
  story.books.dispute(story.booked, end);
  await story.event('dispute', `dispute:dp-1:${end}`);
}
