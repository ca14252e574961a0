/**
 * Runs that continue where an earlier run of the same payment has ended: because of its length, or by an
 * operator.
 */
import type { Scenario, Story } from './scenarios.ts';
import { change } from './simulated-psp.ts';
import { until } from './until.ts';

/** Callbacks until the run continues as new; the recording server suggests it after 100 events. */
async function callOften(story: Story): Promise<void> {
  for (let nth = 0; nth < 9; nth += 1) await story.callback(`often-${nth}`);
  await story.becomesLong();
}

export const TAKING_OVER_SCENARIOS: Readonly<Record<string, Scenario>> = {
  async 'hold-taken-over'(story) {
    story.fake.pollIntervalMs = 500;
    await story.hold();
    await story.terminate();
    await story.look('unwatched');
    await until('it is polled', () => story.fake.reads.length > 3, 30_000);
    change(story.session, 'AUTHORIZED');
    await story.becomes('AUTHORIZED');
  },
  /** No look is requested, and no state was handed over. */
  async 'hold-begun-again'(story) {
    story.fake.pollIntervalMs = 500;
    story.stored();
    change(story.session, 'ON_HOLD');
    Object.assign(story.payment, { status: 'ON_HOLD' });
    await story.takeOver({ seen: [] });
    await until('it is polled', () => story.fake.reads.length > 0, 30_000);
    change(story.session, 'AUTHORIZED');
    await story.becomes('AUTHORIZED');
  },
  async 'review-taken-over'(story) {
    story.stored();
    Object.assign(story.payment, {
      status: 'REVIEW',
      reason: 'amount_mismatch',
      reviewCode: 'amount_mismatch',
    });
    await story.look('unwatched');
    change(story.session, 'AUTHORIZED');
    await story.callback('e1');
  },
  async 'unclear-carried'(story) {
    await story.open();
    change(story.session, 'UNCLEAR');
    await callOften(story);
    change(story.session, 'AUTHORIZED');
    await story.becomes('AUTHORIZED');
  },
  /** The gateway has confirmed the closing, and still shows the session as open. */
  async 'closing-carried'(story) {
    await story.open();
    story.fake.before.cancelSession = () => {
      story.fake.says = { kind: 'session', state: 'open' };
    };
    await story.runs.close(story.address);
    await callOften(story);
    story.fake.says = null;
    await story.becomes('CANCELLED');
  },
  async 'reads-after-the-fifth'(story) {
    story.stored();
    change(story.session, 'UNCLEAR');
    const nextLook = { at: Date.now() + 500, why: 'follow-up' } as const;
    await story.takeOver({ seen: [], followUps: 5, nextLook });
    await until('it was asked', () => story.fake.reads.length > 0, 30_000);
    await story.quiet();
    change(story.session, 'AUTHORIZED');
    await story.callback('e1');
  },
  /** An unclear answer about a hold that is read sooner anyway. */
  async 'hold-polled-sooner'(story) {
    story.fake.pollIntervalMs = 700;
    await story.hold();
    change(story.session, 'UNCLEAR');
    await story.callback('e2');
    await until('it is polled', () => story.fake.reads.length > 3, 30_000);
    change(story.session, 'AUTHORIZED');
    await story.becomes('AUTHORIZED');
  },
  /**
   * The five hundred and first delivery makes the run forget the first one: if that comes again, it costs one
   * look.
   */
  async 'seen-evicted'(story) {
    story.stored();
    await story.takeOver({ seen: Array.from({ length: 500 }, (_, nth) => `old-${nth}`) });
    await story.callback('e1');
    await story.callback('old-0');
    await story.callback('old-3');
    change(story.session, 'AUTHORIZED');
    await story.callback('e2');
  },
  /**
   * The payment that is opened again is settled already, with an update that the merchant has not
   * acknowledged.
   */
  async 'untold-taken-over'(story) {
    await story.open();
    story.fake.isMerchantDeaf = true;
    change(story.session, 'AUTHORIZED');
    await story.callback('e1');
    const [paid] = story.fake.order.updates;
    await story.runs.tell(story.address, paid?.effectId ?? '');
    await until('the merchant knows', () => story.fake.order.updates.every(({ told }) => told), 60_000);
  },
};
