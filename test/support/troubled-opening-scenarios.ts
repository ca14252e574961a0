/**
 * Sessions that can't be opened at once: payers get an answer, tries stop, and the payment may be closed
 * meanwhile.
 */
import { openSession } from '../../src/workflows/messages.ts';
import type { Scenario, Story } from './story.ts';
import { until } from './until.ts';

const MINUTE_MS = 60_000;

/** Claimed, at a gateway that opens nothing. */
async function deaf(story: Story, ageMs = 0): Promise<void> {
  await story.claim(ageMs);
  story.script.opening = 'is silent';
}

const tried = ({ openings }: Story, times: number): Promise<void> =>
  until(`it is tried ${times} times`, () => openings.length >= times, 30_000);

/** Tries fail until the caller gets an answer. */
async function triedInVain(story: Story): Promise<void> {
  await deaf(story);
  const first = story.beginOpening();
  await tried(story, 2);
  await first;
}

/** Earlier runs have tried too, and no caller has asked since. */
async function triedForMinutes(story: Story): Promise<void> {
  const now = Date.now();
  const opening = { since: now - 4 * MINUTE_MS, tries: 5, nextTry: now, isResting: false };
  await story.takeOver({ seen: [], opening });
  await tried(story, 1);
  await story.quiet();
}

/** The gateway answers again, and a caller asks. */
async function openedAtLast(story: Story): Promise<void> {
  story.script.opening = 'works';
  await story.runs.open(story.address);
}

async function openedAndPaid(story: Story): Promise<void> {
  await openedAtLast(story);
  story.turns('AUTHORIZED');
  await story.callback('paid');
}

/** Through another API process, since one process shares a call among all its callers. */
async function clickElsewhere({ client, workflowId }: Story): Promise<void> {
  await client.workflow.getHandle(workflowId).executeUpdate(openSession);
}

export const TROUBLED_OPENING_SCENARIOS: Readonly<Record<string, Scenario>> = {
  async 'opening-late'(story) {
    await triedInVain(story);
    await openedAndPaid(story);
  },
  /** A difficult opening does not prevent a later decision. */
  async 'opening-late-in-review'(story) {
    await triedInVain(story);
    await openedAtLast(story);
    await story.shows('AUTHORIZED', { money: { amountMinor: 1, currency: 'NOK' } });
    await story.callback('e1');
    await story.resolve('accept');
  },
  /** The gateway says when it may be called again: no click and no callback causes a call before. */
  async 'opening-not-before'(story) {
    await story.claim();
    story.script.opening = { notBeforeMs: 20_000 };
    const first = story.beginOpening();
    await tried(story, 1);
    await story.call('e1');
    await first;
    await openedAndPaid(story);
  },
  async 'opening-cancelled'(story) {
    await deaf(story);
    await story.runs.open(story.address);
    await story.cancel();
  },
  async 'opening-closed'(story) {
    await deaf(story);
    await story.runs.open(story.address);
    await story.paidByAnother();
    await story.runs.close(story.address);
    await story.becomes('CANCELLED');
  },
  async 'opening-expired'(story) {
    await deaf(story, 4 * 60 * MINUTE_MS - 1_500);
    await story.runs.open(story.address);
    await story.becomes('EXPIRED');
  },
  /** A callback names the session, so it may have been paid: it is not closed or resolved without a read. */
  async 'opening-named'(story) {
    await deaf(story);
    await story.call('e1');
    await tried(story, 1);
    await story.cancel();
    await story.resolve('accept');
    await openedAndPaid(story);
  },
  /** No caller has asked for minutes: the tries stop until one does, or until the deadline. */
  async 'opening-rests'(story) {
    await deaf(story);
    await triedForMinutes(story);
    await openedAndPaid(story);
  },
  /**
   * The tries have stopped, and the gateway must not be called before a moment that is nearer than the
   * deadline: a click waits for that moment.
   */
  async 'opening-rests-not-before'(story) {
    await story.claim();
    story.script.opening = { notBeforeMs: 8_000 };
    await triedForMinutes(story);
    await openedAndPaid(story);
  },
  /** Its deadline is before the next try. */
  async 'opening-rests-to-the-end'(story) {
    await deaf(story, 4 * 60 * MINUTE_MS - MINUTE_MS);
    await triedForMinutes(story);
    await openedAndPaid(story);
  },
  /** The session may have been paid: the tries continue, although no caller asks. */
  async 'opening-named-late'(story) {
    await deaf(story);
    await triedForMinutes(story);
    await story.call('e1');
    await tried(story, 2);
    await story.quiet();
    await openedAndPaid(story);
  },
  /** So many callers ask that the run continues as new before there is a session. */
  async 'opening-carried'(story) {
    await deaf(story);
    await story.runs.open(story.address);
    for (const _ of ['once', 'and again'])
      await Promise.all(Array.from({ length: 9 }, () => clickElsewhere(story)));
    await story.becomesLong();
    await openedAndPaid(story);
  },
  /** The try itself hangs: callers get their answers without it. */
  async 'opening-slow'(story) {
    await story.claim();
    const release = story.holdBack('openSession');
    const first = story.beginOpening();
    await story.reached(1);
    await story.runs.openingTakesLong(story.address);
    await first;
    release();
    await openedAndPaid(story);
  },
  /** No worker has a slot for it; an operator ends the run. */
  async 'opening-unserved'(story) {
    await story.claim();
    await story.runs.open({ ...story.address, gateway: 'unserved' });
    await story.terminate();
  },
  /** A look takes long, while a payer asks whether the session is still good. */
  async 'payer-while-looking'(story) {
    await story.open();
    const release = story.holdBack('lookAtPayment');
    await story.call('e1');
    await story.runs.open(story.address);
    release();
    story.turns('AUTHORIZED');
    await story.becomes('AUTHORIZED');
  },
};
