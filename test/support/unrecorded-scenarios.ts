/** Activities that end without a result: their input can't succeed, or an operator has ended them by hand. */
import { ApplicationFailure } from '@temporalio/common';
import { moneyWorkflowId } from '../../src/workflows/messages.ts';
import { attempted } from './attempt-scenarios.ts';
import { openByRequest, type FakeOrder } from './fake-activities.ts';
import type { Scenario, Story } from './scenarios.ts';
import { change } from './simulated-psp.ts';
import { until } from './until.ts';

const NOTE = { noteKey: 'note' };

function refused(type = 'INPUT_REFUSED'): never {
  throw ApplicationFailure.nonRetryable('invalid byte sequence', type);
}

function refuseOnce({ fake }: Story, name: keyof FakeOrder['before'], type?: string): void {
  fake.before[name] = () => {
    delete fake.before[name];
    refused(type);
  };
}

async function paid(story: Story): Promise<void> {
  change(story.session, 'AUTHORIZED');
  await story.callback('e1');
}

export const UNRECORDED_SCENARIOS: Readonly<Record<string, Scenario>> = {
  async 'unrecorded-look'(story) {
    await story.open();
    story.fake.before.recording = () => refused();
    change(story.session, 'AUTHORIZED');
    await story.callback('e1');
    delete story.fake.before.recording;
    await story.becomes('AUTHORIZED');
  },
  /** Ended without a result after an hour of tries: a later one is recorded. */
  async 'unrecorded-for-an-hour'(story) {
    story.stored();
    await story.takeOver({ seen: [], unclearSince: Date.now() - 3_700_000 });
    refuseOnce(story, 'recording');
    change(story.session, 'UNCLEAR');
    await story.callback('e1');
    await story.becomes('REVIEW');
    await story.quiet();
    change(story.session, 'AUTHORIZED');
    await story.runs.resolve(story.address, { decision: 'accept', ...NOTE });
  },
  async 'unrecorded-twice'(story) {
    story.stored();
    await story.takeOver({ seen: [], unclearSince: Date.now() - 3_700_000 });
    let refusals = 0;
    story.fake.before.recording = () => {
      if (++refusals <= 2) refused();
    };
    change(story.session, 'AUTHORIZED');
    await story.callback('e1');
    await story.becomes('AUTHORIZED');
  },
  /** As where the store has no note of the person's decision. */
  async undecided(story) {
    story.fake.policy = 'review';
    await story.expire();
    change(story.session, 'AUTHORIZED');
    await story.callback('late');
    story.fake.isUndecided = true;
    for (const decision of ['accept', 'dismiss'] as const)
      await story.runs.resolve(story.address, { decision, ...NOTE });
    story.fake.isUndecided = false;
    await story.runs.resolve(story.address, { decision: 'dismiss', ...NOTE });
  },
  async unread(story) {
    await story.open();
    refuseOnce(story, 'lookAtPayment');
    change(story.session, 'AUTHORIZED');
    await story.callback('e1');
    await story.becomes('AUTHORIZED');
  },
  async 'unrecorded-cancel'(story) {
    await story.open();
    refuseOnce(story, 'recording');
    await story.runs.cancel(story.address, NOTE);
    await paid(story);
  },
  async 'unrecorded-resolve'(story) {
    await story.open();
    refuseOnce(story, 'lookAtPayment');
    await story.runs.resolve(story.address, { decision: 'accept', ...NOTE });
    await paid(story);
  },
  async 'cancel-ended'(story) {
    await story.open();
    refuseOnce(story, 'cancelSession');
    await story.runs.cancel(story.address, NOTE);
    await paid(story);
  },
  async 'opening-ended'(story) {
    refuseOnce(story, 'openSession');
    await story.openByRun();
  },
  async 'opening-refused-unrecorded'(story) {
    refuseOnce(story, 'openSession');
    story.fake.refusal = { kind: 'rejected', status: 'FAILED', reason: 'no' };
    await story.openByRun();
  },
  /** As where the store has no note of the request: the session is not closed, and the next click gets it. */
  async 'opening-close-unrecorded'(story) {
    story.claim();
    story.fake.isDeafToOpenings = true;
    await story.runs.open(story.address);
    refuseOnce(story, 'closeUnopened');
    await story.runs.cancel(story.address, NOTE);
    story.fake.isDeafToOpenings = false;
    await story.runs.open(story.address);
    await paid(story);
  },
  /** The request that created the payment is slow: its session is recorded just before the run would close it. */
  async 'opened-while-closing'(story) {
    story.claim();
    story.fake.isDeafToOpenings = true;
    await story.runs.open(story.address);
    openByRequest(story.fake, story.payment);
    await story.runs.cancel(story.address, NOTE);
  },
  async 'surplus-ended'(story) {
    story.fake.mayHaveSurplus = true;
    refuseOnce(story, 'cancelSurplusSessions');
    await story.openByRun();
    change(story.session, 'AUTHORIZED');
    await story.callback('e1');
  },
  async 'attempt-unrecorded'(story) {
    story.stored();
    change(story.session, 'AUTHORIZED');
    story.fake.attempts.push(attempted('finished'));
    refuseOnce(story, 'attemptOperation');
    await story.money.request(story.address, 'op-1');
    await until('it is tried again', () => story.fake.attempts.length === 0, 30_000);
    return [moneyWorkflowId(story.payment.id)];
  },
  async 'attempt-of-nothing'(story) {
    story.stored();
    refuseOnce(story, 'attemptOperation', 'NO_SUCH_ROW');
    await story.money.request(story.address, 'op-0');
    return [moneyWorkflowId(story.payment.id)];
  },
  async 'plan-ended'(story) {
    story.stored();
    refuseOnce(story, 'planGiveBack');
    await story.money.requestGiveBack(story.address, { cause: 'late_money' });
    return [moneyWorkflowId(story.payment.id)];
  },
};
