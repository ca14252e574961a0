/**
 * Runs that continue where an earlier run of the same payment has ended: because of its length, or by an
 * operator.
 */
import type { Scenario, Story } from './story.ts';
import { until } from './until.ts';

/** Callbacks until the run continues as new; the recording server suggests it after 100 events. */
async function callOften(story: Story): Promise<void> {
  for (let nth = 0; nth < 9; nth += 1) await story.callback(`often-${nth}`);
  await story.becomesLong();
}

export const TAKING_OVER_SCENARIOS: Readonly<Record<string, Scenario>> = {
  async 'hold-taken-over'(story) {
    story.pollIntervalMs = 500;
    await story.hold();
    await story.terminate();
    await story.look('unwatched');
    await until('it is polled', () => story.script.reads.length > 3, 30_000);
    story.turns('AUTHORIZED');
    await story.becomes('AUTHORIZED');
  },
  /** No look is requested, and no state was handed over. */
  async 'hold-begun-again'(story) {
    story.pollIntervalMs = 500;
    await story.stored();
    story.turns('ON_HOLD');
    await story.change({ status: 'ON_HOLD' });
    await story.takeOver({ seen: [] });
    await until('it is polled', () => story.script.reads.length > 0, 30_000);
    story.turns('AUTHORIZED');
    await story.becomes('AUTHORIZED');
  },
  async 'review-taken-over'(story) {
    await story.stored();
    await story.change({
      status: 'REVIEW',
      reason: 'amount_mismatch',
      reviewCode: 'amount_mismatch',
    });
    await story.look('unwatched');
    story.turns('AUTHORIZED');
    await story.callback('e1');
  },
  async 'unclear-carried'(story) {
    await story.open();
    story.turns('UNCLEAR');
    await callOften(story);
    story.turns('AUTHORIZED');
    await story.becomes('AUTHORIZED');
  },
  /** The gateway has confirmed the closing, and still shows the session as open. */
  async 'closing-carried'(story) {
    await story.open();
    story.before.cancelSession = () => {
      story.script.says = { kind: 'session', state: 'open' };
    };
    await story.paidByAnother();
    await story.runs.close(story.address);
    await callOften(story);
    story.script.says = null;
    await story.becomes('CANCELLED');
  },
  async 'reads-after-the-fifth'(story) {
    await story.stored();
    story.turns('UNCLEAR');
    const nextLook = { at: Date.now() + 500, why: 'follow-up' } as const;
    await story.takeOver({ seen: [], followUps: 5, nextLook });
    await until('it was asked', () => story.script.reads.length > 0, 30_000);
    await story.quiet();
    story.turns('AUTHORIZED');
    await story.callback('e1');
  },
  /** An unclear answer about a hold that is read sooner anyway. */
  async 'hold-polled-sooner'(story) {
    story.pollIntervalMs = 700;
    await story.hold();
    story.turns('UNCLEAR');
    await story.callback('e2');
    await until('it is polled', () => story.script.reads.length > 3, 30_000);
    story.turns('AUTHORIZED');
    await story.becomes('AUTHORIZED');
  },
  /** The attempt that was on hold has failed, and the payer pays in the same session. */
  async 'hold-open-again'(story) {
    await story.stored();
    await story.change({ status: 'ON_HOLD' });
    story.script.says = { kind: 'session', state: 'open' };
    const nextLook = { at: Date.now() + 500, why: 'poll' } as const;
    await story.takeOver({ seen: [], unclearSince: Date.now() - 60_000, nextLook });
    await story.becomes('PENDING');
    await story.quiet();
    story.script.says = null;
    story.turns('AUTHORIZED');
    await story.callback('e1');
  },
  /**
   * The five hundred and first delivery makes the run forget the first one: if that comes again, it costs one
   * look.
   */
  async 'seen-evicted'(story) {
    await story.stored();
    await story.takeOver({ seen: Array.from({ length: 500 }, (_, nth) => `${story.reference}/old-${nth}`) });
    await story.callback('e1');
    await story.callback('old-0');
    await story.callback('old-3');
    story.turns('AUTHORIZED');
    await story.callback('e2');
  },
  /**
   * The payment that is opened again is settled already, with an update that the merchant has not
   * acknowledged.
   */
  async 'untold-taken-over'(story) {
    await story.open();
    story.isMerchantDeaf = true;
    story.turns('AUTHORIZED');
    await story.callback('e1');
    const [paid] = await story.outbox();
    await story.runs.tell(story.address, paid?.effectId ?? '');
    await until('the merchant knows', async () => (await story.told()).length > 0, 60_000);
  },
};
