/** One short story for each path of `paymentSession` that must stay replayable for ever. */
import { Context } from '@temporalio/activity';
import { ATTEMPT_SCENARIOS } from './attempt-scenarios.ts';
import { CLOSING_SCENARIOS } from './closing-scenarios.ts';
import { ODD_SCENARIOS } from './odd-scenarios.ts';
import { OPENING_SCENARIOS } from './opening-scenarios.ts';
import { REVIEW_SCENARIOS } from './review-scenarios.ts';
import { EXPIRES_AFTER_MS, type ActivityName, type Scenario } from './story.ts';
import { TAKING_OVER_SCENARIOS } from './taking-over-scenarios.ts';
import { TROUBLED_OPENING_SCENARIOS } from './troubled-opening-scenarios.ts';
import { UNRECORDED_SCENARIOS } from './unrecorded-scenarios.ts';
import { until } from './until.ts';

/** The first attempt never ends, as if its worker had died, and the server starts another. */
function dyingIn(name: ActivityName): Scenario {
  return async (story) => {
    story.before[name] = () =>
      Context.current().info.attempt === 1 ? Context.current().cancelled : undefined;
    if (name === 'openSession') {
      await story.claim();
      await story.runs.open(story.address);
    } else await story.open();
    if (name === 'cancelSession') return void (await story.cancel());
    story.isMerchantDeaf = name === 'notifyMerchant';
    story.turns('AUTHORIZED');
    await story.callback('e1');
    const [paid] = await story.outbox();
    if (story.isMerchantDeaf) await story.runs.tell(story.address, paid?.effectId ?? '');
    await until('the merchant knows', async () => (await story.told()).length > 0, 60_000);
  };
}

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  ...OPENING_SCENARIOS,
  ...TROUBLED_OPENING_SCENARIOS,
  ...REVIEW_SCENARIOS,
  ...CLOSING_SCENARIOS,
  ...TAKING_OVER_SCENARIOS,
  ...ATTEMPT_SCENARIOS,
  ...ODD_SCENARIOS,
  ...UNRECORDED_SCENARIOS,
  async paid(story) {
    await story.open();
    story.turns('AUTHORIZED');
    await story.callback('e1');
  },
  /** The request that created the payment could not open its session. */
  async 'opened-by-run'(story) {
    await story.claim();
    await story.runs.open(story.address);
    story.turns('AUTHORIZED');
    await story.callback('e1');
  },
  async 'paid-by-sweep'(story) {
    await story.open();
    story.turns('AUTHORIZED');
    const transactionId = story.transactionId;
    await story.runs.look(story.address, { why: 'sweep', at: new Date().toISOString(), transactionId });
  },
  async 'hold-then-paid'(story) {
    story.pollIntervalMs = 1_000;
    await story.hold();
    await until('it is polled', () => story.script.reads.length > 2, 30_000);
    story.turns('AUTHORIZED');
    await story.becomes('AUTHORIZED');
  },
  async 'hold-then-failed'(story) {
    await story.hold();
    story.turns('FAILED');
    await story.callback('e2');
  },
  async 'hold-followed'(story) {
    await story.hold();
    story.turns('UNCLEAR');
    await story.callback('e2');
    await until('it is followed', () => story.script.reads.length > 3, 30_000);
    story.turns('AUTHORIZED');
    await story.becomes('AUTHORIZED');
  },
  async declined(story) {
    await story.open();
    story.turns('DECLINED');
    await story.callback('e1');
  },
  async duplicates(story) {
    await story.open();
    await story.callback('e1');
    await story.callback('e1');
    await story.runs.poke(story.address, { why: 'return', at: new Date().toISOString() });
    story.turns('CAPTURED');
    await Promise.all(['e1', 'e2', 'e2', 'e3'].map((eventId) => story.callback(eventId)));
  },
  async 'return-just-before-callback'(story) {
    await story.open();
    story.turns('AUTHORIZED');
    const claim = { transactionId: story.transactionId };
    story.before.recording = () => {
      story.before = {};
      return story.call('e1', claim);
    };
    await story.runs.poke(story.address, { why: 'return', at: new Date().toISOString() });
    await story.becomes('AUTHORIZED');
    await story.quiet();
  },
  async 'callback-before-open-returned'(story) {
    await story.claim();
    const release = story.holdBack('openSession');
    const opened = story.beginOpening();
    await story.call('e1');
    release();
    await opened;
    story.turns('AUTHORIZED');
    await story.becomes('AUTHORIZED');
  },
  expired: (story) => story.expire(),
  async 'expiry-finds-money'(story) {
    await story.stored(EXPIRES_AFTER_MS - 1_500);
    await story.takeOver({ seen: [] });
    story.turns('AUTHORIZED');
    await story.becomes('AUTHORIZED');
  },
  async cancelled(story) {
    await story.open();
    await story.cancel();
  },
  async 'cancel-confirmed-late'(story) {
    await story.open();
    let reads = 0;
    story.before.lookAtPayment = () => {
      reads += 1;
      story.script.says = { kind: 'session', state: reads < 3 ? 'open' : 'cancelled' };
    };
    await story.cancel();
  },
  async 'late-success'(story) {
    await story.open();
    story.turns('FAILED');
    await story.callback('e1');
    story.turns('AUTHORIZED');
    await story.callback('e2');
  },
  async 'late-money-dismissed'(story) {
    story.policy = 'review';
    await story.expire();
    story.turns('AUTHORIZED');
    await story.callback('late');
    await story.resolve('dismiss');
  },
  async 'review-resolved'(story) {
    story.policy = 'review';
    await story.expire();
    story.turns('AUTHORIZED');
    await story.callback('late');
    await story.resolve('accept');
  },
  async 'continue-as-new'(story) {
    story.pollIntervalMs = 500;
    await story.hold();
    // The recording server suggests it after 100 events, a real one after 4,096.
    await until('it is polled', () => story.script.reads.length > 15, 60_000);
    story.turns('AUTHORIZED');
    await story.becomes('AUTHORIZED');
  },
  /**
   * An event that was read meanwhile is no news; an event that was not shown and an error cause another look.
   */
  async 'echo-answered'(story) {
    await story.open();
    await story.shows('CAPTURED', { knownEvents: ['capture-1'] });
    const transactionId = story.transactionId;
    story.before.recording = async () => {
      story.before = {};
      const about = (eventRef: string) => ({ transactionId, event: 'CAPTURE', eventRef });
      const claims = [about('capture-1'), about('capture-2'), { transactionId, error: 'REFUSED' }];
      for (const [index, claim] of claims.entries()) await story.call(`e${index}`, claim);
    };
    await story.runs.poke(story.address, { why: 'return', at: new Date().toISOString() });
    await story.becomes('CAPTURED');
    await story.quiet();
  },
  async 'surplus-closed'(story) {
    await story.openAgain();
    story.turns('AUTHORIZED');
    await story.callback('e1');
  },
  async 'gateway-silent'(story) {
    await story.open();
    story.script.isDown = true;
    await story.call('e1');
    await until('it has been asked twice', () => story.script.reads.length > 1, 30_000);
    story.turns('AUTHORIZED');
    story.script.isDown = false;
    await story.becomes('AUTHORIZED');
  },
  'killed-in-open-session': dyingIn('openSession'),
  'killed-in-look': dyingIn('lookAtPayment'),
  'killed-in-notify-merchant': dyingIn('notifyMerchant'),
  'killed-in-cancel-session': dyingIn('cancelSession'),
};
