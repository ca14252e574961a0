/** Activities that end without a result: their input can't succeed, or an operator has ended them by hand. */
import { ApplicationFailure } from '@temporalio/common';
import { moneyWorkflowId } from '../../src/workflows/messages.ts';
import { attempted, attempts } from './attempt-scenarios.ts';
import type { Scenario, Story } from './story.ts';
import { until } from './until.ts';

function refused(type = 'INPUT_REFUSED'): never {
  throw ApplicationFailure.nonRetryable('invalid byte sequence', type);
}

function refuseOnce({ before }: Story, name: keyof Story['before'], type?: string): void {
  before[name] = () => {
    delete before[name];
    refused(type);
  };
}

async function paid(story: Story): Promise<void> {
  story.turns('AUTHORIZED');
  await story.callback('e1');
}

export const UNRECORDED_SCENARIOS: Readonly<Record<string, Scenario>> = {
  async 'unrecorded-look'(story) {
    await story.open();
    story.before.recording = () => refused();
    story.turns('AUTHORIZED');
    await story.callback('e1');
    delete story.before.recording;
    await story.becomes('AUTHORIZED');
  },
  /** Ended without a result after an hour of tries: a later one is recorded. */
  async 'unrecorded-for-an-hour'(story) {
    await story.stored();
    await story.takeOver({ seen: [], unclearSince: Date.now() - 3_700_000 });
    refuseOnce(story, 'recording');
    story.turns('UNCLEAR');
    await story.callback('e1');
    await story.becomes('REVIEW');
    await story.quiet();
    story.turns('AUTHORIZED');
    await story.resolve('accept');
  },
  async 'unrecorded-twice'(story) {
    await story.stored();
    await story.takeOver({ seen: [], unclearSince: Date.now() - 3_700_000 });
    let refusals = 0;
    story.before.recording = () => {
      if (++refusals <= 2) refused();
    };
    story.turns('AUTHORIZED');
    await story.callback('e1');
    await story.becomes('AUTHORIZED');
  },
  /** As where the store has no note of the person's decision. */
  async undecided(story) {
    story.policy = 'review';
    await story.expire();
    story.turns('AUTHORIZED');
    await story.callback('late');
    for (const decision of ['accept', 'dismiss'] as const) await story.resolve(decision, 'invented');
    await story.resolve('dismiss');
  },
  async unread(story) {
    await story.open();
    refuseOnce(story, 'lookAtPayment');
    story.turns('AUTHORIZED');
    await story.callback('e1');
    await story.becomes('AUTHORIZED');
  },
  async 'unrecorded-cancel'(story) {
    await story.open();
    refuseOnce(story, 'recording');
    await story.cancel();
    await paid(story);
  },
  async 'unrecorded-resolve'(story) {
    await story.open();
    refuseOnce(story, 'lookAtPayment');
    await story.resolve('accept');
    await paid(story);
  },
  async 'cancel-ended'(story) {
    await story.open();
    refuseOnce(story, 'cancelSession');
    await story.cancel();
    await paid(story);
  },
  async 'opening-ended'(story) {
    refuseOnce(story, 'openSession');
    await story.claim();
    await story.runs.open(story.address);
  },
  async 'opening-refused-unrecorded'(story) {
    refuseOnce(story, 'openSession');
    story.script.opening = 'is refused';
    await story.claim();
    await story.runs.open(story.address);
  },
  /** As where the store has no note of the request: the session is not closed, and the next click gets it. */
  async 'opening-close-unrecorded'(story) {
    await story.claim();
    story.script.opening = 'is silent';
    await story.runs.open(story.address);
    refuseOnce(story, 'closeUnopened');
    await story.cancel();
    story.script.opening = 'works';
    await story.runs.open(story.address);
    await paid(story);
  },
  /** The request that created the payment is slow: its session is recorded just before the run would close it. */
  async 'opened-while-closing'(story) {
    const payment = await story.claim();
    story.script.opening = 'is silent';
    await story.runs.open(story.address);
    story.script.opening = 'works';
    await story.openAtGateway(payment);
    await story.cancel();
  },
  async 'surplus-ended'(story) {
    refuseOnce(story, 'cancelSurplusSessions');
    await story.openAgain();
    story.turns('AUTHORIZED');
    await story.callback('e1');
  },
  async 'attempt-unrecorded'(story) {
    await story.stored();
    story.turns('AUTHORIZED');
    const left = attempts(story, attempted('finished'));
    refuseOnce(story, 'attemptOperation');
    await story.money.request(story.address, 'op-1');
    await until('it is tried again', () => left.length === 0, 30_000);
    return [moneyWorkflowId(story.address.paymentId)];
  },
  async 'attempt-of-nothing'(story) {
    await story.stored();
    refuseOnce(story, 'attemptOperation', 'NO_SUCH_ROW');
    await story.money.request(story.address, 'op-0');
    return [moneyWorkflowId(story.address.paymentId)];
  },
  async 'plan-ended'(story) {
    await story.stored();
    refuseOnce(story, 'planGiveBack');
    await story.money.requestGiveBack(story.address, { cause: 'late_money' });
    return [moneyWorkflowId(story.address.paymentId)];
  },
};
