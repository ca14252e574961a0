/**
 * Cancels that come too late, are refused or are requested twice, and the reasons that keep a run from
 * ending.
 */
import type { CaptureMode } from '../../src/domain/payment.ts';
import { ApplicationFailure } from '@temporalio/common';
import { withHeartbeat } from '../../src/activities/heartbeat.ts';
import type { Scenario, Story } from './story.ts';
import { until } from './until.ts';

async function cancelWhile(story: Story, meanwhile: () => void): Promise<void> {
  await story.open();
  story.before.cancelSession = meanwhile;
  await story.cancel();
}

export const CLOSING_SCENARIOS: Readonly<Record<string, Scenario>> = {
  async 'cancel-finds-money'(story) {
    await story.open();
    story.turns('AUTHORIZED');
    await story.cancel();
  },
  async 'cancel-finds-a-hold'(story) {
    await story.open();
    story.turns('ON_HOLD');
    await story.cancel();
    story.turns('AUTHORIZED');
    await story.callback('e1');
  },
  /** A session that can't be seen may have money. */
  async 'cancel-sees-nothing'(story) {
    await story.open();
    story.script.isHidden = true;
    await story.cancel();
    story.script.isHidden = false;
    await story.cancel();
  },
  async 'cancel-refused'(story) {
    await cancelWhile(story, () => story.turns('ON_HOLD'));
    story.turns('AUTHORIZED');
    await story.callback('e1');
  },
  async 'cancel-unanswered'(story) {
    await cancelWhile(story, () => story.turns('UNCLEAR'));
    story.turns('AUTHORIZED');
    await story.callback('e1');
  },
  async 'cancel-loses'(story) {
    await cancelWhile(story, () => story.turns('FAILED'));
  },
  async 'cancel-voids'(story) {
    await cancelWhile(story, () => story.turns('INITIATED'));
  },
  /** Close is requested twice, and once more when the session is closed. */
  async 'closed-twice'(story) {
    await story.open();
    const heard = await story.telling();
    const seen = story.holdBack('lookAtPayment');
    await story.paidByAnother();
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
    story.isMerchantDeaf = true;
    const heard = await story.telling();
    story.turns('ON_HOLD');
    await story.call('e1');
    await story.becomes('ON_HOLD');
    story.turns('CAPTURED');
    await story.call('e2');
    await story.knows('CAPTURED');
    const [first, ...others] = (await story.outbox()).map(({ effectId }) => effectId);
    for (const effectId of [first, first, ...others]) await story.runs.tell(story.address, effectId ?? '');
    // A browser that returns to a settled payment causes nothing.
    for (const why of ['return', 'unproved_callback'] as const)
      await story.runs.poke(story.address, { why, at: new Date().toISOString() });
    heard();
  },
  async 'telling-fails'(story) {
    await story.open();
    story.before.notifyMerchant = refuse;
    story.isMerchantDeaf = true;
    story.turns('AUTHORIZED');
    await story.callback('e1');
    const [paid] = await story.outbox();
    await story.runs.tell(story.address, paid?.effectId ?? '');
    await story.quiet();
  },
  /** Late money that must go back: two looks request it while the first request is under way. */
  async 'following-up-twice'(story) {
    await story.expire();
    const woken = story.holdBack('wakeMoney');
    story.turns('AUTHORIZED');
    await story.call('late');
    await story.becomes('AUTHORIZED');
    const { reads } = story.script;
    await story.runs.look(story.address, { why: 'operator', at: new Date().toISOString() });
    await story.runs.look(story.address, { why: 'unwatched', at: new Date().toISOString() });
    await until('it is read again', () => reads.length > 2, 30_000);
    await story.knows('AUTHORIZED');
    woken();
  },
  async 'following-up-fails'(story) {
    await story.expire();
    story.before.wakeMoney = refuse;
    story.turns('AUTHORIZED');
    await story.callback('late');
  },
  async 'looked-for-every-reason'(story) {
    await story.open();
    await story.poke('unproved_callback');
    for (const why of ['operator', 'refused_refund', 'unwatched', 'in_review'] as const)
      await story.look(why);
    story.turns('AUTHORIZED');
    const seen = story.holdBack('recording');
    await story.runs.poke(story.address, { why: 'unproved_callback', at: new Date().toISOString() });
    await until('it is read', () => story.script.reads.length > 5, 30_000);
    // This poke is already answered once the reading is recorded.
    await story.runs.poke(story.address, { why: 'unproved_callback', at: new Date().toISOString() });
    seen();
  },
  async 'looked-for-reconciliation'(story) {
    await story.open();
    story.turns('AUTHORIZED');
    await story.look('reconciliation');
  },
  /** A callback that names its session says which transaction to read, but only for this session. */
  async 'called-by-session'(story) {
    await story.open();
    story.turns('INITIATED');
    const transactionId = story.transactionId;
    await story.callback('e1', { sessionId: 'another-session', transactionId: 'another' });
    story.turns('AUTHORIZED');
    await story.callback('e2', { sessionId: story.session.id, transactionId });
  },
  /** Three callbacks during a read: one says no more than the reading, two might say more. */
  'called-while-reading': (story) => calledWhileReading(story, 'AUTHORIZED'),
  /**
   * The gateway captures by itself: until it is captured, a callback may be about the authorization or the
   * capture.
   */
  async 'called-while-authorized-by-itself'(story) {
    const woken = story.holdBack('wakeMoney');
    await calledWhileReading(story, 'AUTHORIZED', 'auto');
    woken();
  },
  async 'called-while-captured-by-itself'(story) {
    await calledWhileReading(story, 'CAPTURED', 'auto');
  },
  /** The merchant voids at the gateway, and two callbacks come during the read of that. */
  async 'called-while-voided'(story) {
    await story.open();
    story.turns('AUTHORIZED');
    await story.callback('e0');
    await calledWhile(story, 'VOIDED');
  },
  /** More than one look takes. */
  async 'asked-too-often'(story) {
    await story.open();
    story.before.lookAtPayment = () => {
      story.before = {};
      return withHeartbeat(async () => {
        for (let count = 0; count < 52; count += 1)
          await story.runs.look(story.address, { why: 'sweep', at: new Date().toISOString() });
      });
    };
    await story.look('sweep');
    await until('it is read again', () => story.script.reads.length > 1, 30_000);
    story.turns('AUTHORIZED');
    await story.callback('e1');
  },
};

function refuse(): never {
  throw ApplicationFailure.nonRetryable('this can not succeed');
}

async function calledWhileReading(
  story: Story,
  status: 'AUTHORIZED' | 'CAPTURED',
  capture: CaptureMode = 'manual',
): Promise<void> {
  await story.open({ capture });
  await calledWhile(story, status);
}

async function calledWhile(story: Story, status: 'AUTHORIZED' | 'CAPTURED' | 'VOIDED'): Promise<void> {
  story.turns(status);
  const transactionId = story.transactionId;
  story.before.lookAtPayment = async () => {
    story.before = {};
    for (const [nth, claim] of [{ transactionId }, { transactionId, event: 'CAPTURE' }, {}].entries())
      await story.call(`e${nth}`, claim);
  };
  await story.call('first', { transactionId });
  await story.becomes(status);
}
