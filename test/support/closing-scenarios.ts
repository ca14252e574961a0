/**
 * Cancels that come too late, are refused or are requested twice, and the reasons that keep a run from
 * ending.
 */
import { ApplicationFailure } from '@temporalio/common';
import { callbackSignal } from './fake-activities.ts';
import type { Scenario, Story } from './scenarios.ts';
import { change, transactionIdOf } from './simulated-psp.ts';
import { until } from './until.ts';

async function cancelWhile(story: Story, meanwhile: () => void): Promise<void> {
  await story.open();
  story.fake.before.cancelSession = meanwhile;
  await story.runs.cancel(story.address, { noteKey: 'note' });
}

export const CLOSING_SCENARIOS: Readonly<Record<string, Scenario>> = {
  async 'cancel-finds-money'(story) {
    await story.open();
    change(story.session, 'AUTHORIZED');
    await story.runs.cancel(story.address, { noteKey: 'note' });
  },
  async 'cancel-finds-a-hold'(story) {
    await story.open();
    change(story.session, 'ON_HOLD');
    await story.runs.cancel(story.address, { noteKey: 'note' });
    change(story.session, 'AUTHORIZED');
    await story.callback('e1');
  },
  /** A session that can't be seen may have money. */
  async 'cancel-sees-nothing'(story) {
    await story.open();
    story.session.isHidden = true;
    await story.runs.cancel(story.address, { noteKey: 'note' });
    story.session.isHidden = false;
    await story.runs.cancel(story.address, { noteKey: 'note' });
  },
  async 'cancel-refused'(story) {
    await cancelWhile(story, () => change(story.session, 'ON_HOLD'));
    change(story.session, 'AUTHORIZED');
    await story.callback('e1');
  },
  async 'cancel-unanswered'(story) {
    await cancelWhile(story, () => change(story.session, 'UNCLEAR'));
    change(story.session, 'AUTHORIZED');
    await story.callback('e1');
  },
  async 'cancel-loses'(story) {
    await cancelWhile(story, () => change(story.session, 'FAILED'));
  },
  async 'cancel-voids'(story) {
    await cancelWhile(story, () => change(story.session, 'INITIATED'));
  },
  /** Close is requested twice, and once more when the session is closed. */
  async 'closed-twice'(story) {
    await story.open();
    const heard = await story.telling();
    const seen = story.holdBack('lookAtPayment');
    await story.runs.close(story.address);
    await story.runs.close(story.address);
    seen();
    await story.becomes('CANCELLED');
    await story.runs.close(story.address);
    heard();
  },
  /** Two updates whose first attempts failed, one of them requested twice. */
  async 'told-while-telling'(story) {
    await story.open();
    story.fake.isMerchantDeaf = true;
    const heard = await story.telling();
    change(story.session, 'ON_HOLD');
    await story.runs.callback(story.address, callbackSignal('e1'));
    await story.becomes('ON_HOLD');
    change(story.session, 'CAPTURED');
    await story.runs.callback(story.address, callbackSignal('e2'));
    await story.knows('CAPTURED');
    const [first, ...others] = story.fake.order.updates.map(({ effectId }) => effectId);
    for (const effectId of [first, first, ...others]) await story.runs.tell(story.address, effectId ?? '');
    // A browser that returns to a settled payment causes nothing.
    for (const why of ['return', 'unproved_callback'] as const)
      await story.runs.poke(story.address, { why, at: new Date().toISOString() });
    heard();
  },
  async 'telling-fails'(story) {
    await story.open();
    story.fake.before.notifyMerchant = refuse;
    story.fake.isMerchantDeaf = true;
    change(story.session, 'AUTHORIZED');
    await story.callback('e1');
    const [paid] = story.fake.order.updates;
    await story.runs.tell(story.address, paid?.effectId ?? '');
    await story.quiet();
  },
  /** Late money that must go back: two looks request it while the first request is under way. */
  async 'following-up-twice'(story) {
    await story.expire();
    const woken = story.holdBack('wakeMoney');
    change(story.session, 'AUTHORIZED');
    await story.runs.callback(story.address, callbackSignal('late'));
    await story.becomes('AUTHORIZED');
    const { reads } = story.fake;
    await story.runs.look(story.address, { why: 'operator', at: new Date().toISOString() });
    await story.runs.look(story.address, { why: 'unwatched', at: new Date().toISOString() });
    await until('it is read again', () => reads.length > 2, 30_000);
    await story.knows('AUTHORIZED');
    woken();
  },
  async 'following-up-fails'(story) {
    await story.expire();
    story.fake.before.wakeMoney = refuse;
    change(story.session, 'AUTHORIZED');
    await story.callback('late');
  },
  async 'looked-for-every-reason'(story) {
    await story.open();
    await story.poke('unproved_callback');
    for (const why of ['operator', 'refused_refund', 'unwatched', 'in_review'] as const)
      await story.look(why);
    change(story.session, 'AUTHORIZED');
    const seen = story.holdBack('recording');
    await story.runs.poke(story.address, { why: 'unproved_callback', at: new Date().toISOString() });
    await until('it is read', () => story.fake.reads.length > 5, 30_000);
    // This poke is already answered once the reading is recorded.
    await story.runs.poke(story.address, { why: 'unproved_callback', at: new Date().toISOString() });
    seen();
  },
  /** A callback that names its session says which transaction to read, but only for this session. */
  async 'called-by-session'(story) {
    await story.open();
    change(story.session, 'INITIATED');
    const transactionId = transactionIdOf(story.session);
    await story.callback('e1', { sessionId: 'another-session', transactionId: 'another' });
    change(story.session, 'AUTHORIZED');
    await story.callback('e2', { sessionId: story.session.sessionId, transactionId });
  },
  /** Three callbacks during a read: one says no more than the reading, two might say more. */
  'called-while-reading': (story) => calledWhileReading(story, 'AUTHORIZED'),
  /**
   * The gateway captures by itself: until it is captured, a callback may be about the authorization or the
   * capture.
   */
  async 'called-while-authorized-by-itself'(story) {
    story.fake.capture = 'auto';
    await calledWhileReading(story, 'AUTHORIZED');
  },
  async 'called-while-captured-by-itself'(story) {
    story.fake.capture = 'auto';
    await calledWhileReading(story, 'CAPTURED');
  },
  /** The merchant voids at the gateway, and two callbacks come during the read of that. */
  async 'called-while-voided'(story) {
    await story.open();
    change(story.session, 'AUTHORIZED');
    await story.callback('e0');
    await calledWhile(story, 'VOIDED');
  },
  /** More than one look takes. */
  async 'asked-too-often'(story) {
    await story.open();
    story.fake.before.lookAtPayment = async () => {
      story.fake.before = {};
      for (let count = 0; count < 52; count += 1)
        await story.runs.look(story.address, { why: 'sweep', at: new Date().toISOString() });
    };
    await story.look('sweep');
    await until('it is read again', () => story.fake.reads.length > 1, 30_000);
    change(story.session, 'AUTHORIZED');
    await story.callback('e1');
  },
};

function refuse(): never {
  throw ApplicationFailure.nonRetryable('this can not succeed');
}

async function calledWhileReading(story: Story, status: 'AUTHORIZED' | 'CAPTURED'): Promise<void> {
  await story.open();
  await calledWhile(story, status);
}

async function calledWhile(story: Story, status: 'AUTHORIZED' | 'CAPTURED' | 'VOIDED'): Promise<void> {
  change(story.session, status);
  const transactionId = transactionIdOf(story.session);
  story.fake.before.lookAtPayment = async () => {
    story.fake.before = {};
    for (const [nth, claim] of [{ transactionId }, { transactionId, event: 'CAPTURE' }, {}].entries())
      await story.runs.callback(story.address, { ...callbackSignal(`e${nth}`), claim });
  };
  await story.runs.callback(story.address, { ...callbackSignal('first'), claim: { transactionId } });
  await story.becomes(status);
}
