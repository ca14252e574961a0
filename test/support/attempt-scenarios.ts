/**
 * Results of money attempts that neither the sandbox nor a short story can produce: the run gets them
 * directly.
 */
import { ApplicationFailure } from '@temporalio/common';
import type { AttemptResult, GiveBackPlan } from '../../src/activities/contract.ts';
import { moneyWorkflowId } from '../../src/workflows/messages.ts';
import type { Scenario, Story } from './story.ts';
import { until } from './until.ts';

const HOUR_MS = 3_600_000;

const moneyOf = ({ address }: Story): string[] => [moneyWorkflowId(address.paymentId)];

export function attempted(state: AttemptResult['state'], more: Partial<AttemptResult> = {}): AttemptResult {
  return { state, endsGiveBack: false, isInReview: false, ...more };
}

export function plan(more: Partial<GiveBackPlan> = {}): GiveBackPlan {
  return { operationId: null, about: null, isInReview: false, ...more };
}

/** The results of the next attempts, in order, instead of the activity's own. */
export function attempts({ results }: Story, ...next: AttemptResult[]): unknown[] {
  results.attemptOperation = [...(results.attemptOperation ?? []), ...next];
  return results.attemptOperation;
}

/** The same of the next plans to give money back. */
export function plans({ results }: Story, ...next: GiveBackPlan[]): unknown[] {
  results.planGiveBack = [...(results.planGiveBack ?? []), ...next];
  return results.planGiveBack;
}

/** Its money is there, and no run is running. */
async function paid(story: Story): Promise<void> {
  await story.stored();
  story.turns('AUTHORIZED');
  await story.change({ status: 'AUTHORIZED' });
  await story.changeOrder({ status: 'PAID', paidPaymentId: story.address.paymentId });
}

/** A failed attempt to give money back. */
async function givingBackFails(story: Story, more: Partial<AttemptResult>): Promise<void> {
  plans(story, plan({ operationId: 'op-1' }));
  attempts(story, attempted('refused', { endsGiveBack: true, ...more }));
  await story.money.giveBack(story.address, { cause: 'late_money' });
}

export const ATTEMPT_SCENARIOS: Readonly<Record<string, Scenario>> = {
  /** Operations under way are finished first, since the amount to give back depends on them. */
  async 'give-back-after-what-is-open'(story) {
    await paid(story);
    attempts(story, attempted('finished'));
    plans(story, plan());
    const now = Date.now();
    const open = [{ operationId: 'op-1', since: now, tries: 0, due: now + 1_500 }];
    await story.takeOverMoney({ open, givesBack: { cause: 'operator', noteKey: 'note' } });
    return moneyOf(story);
  },
  async 'attempt-declined'(story) {
    await paid(story);
    attempts(story, attempted('refused'));
    await story.money.carryOut(story.address, 'op-1');
    return moneyOf(story);
  },
  /** An impossible transaction has put the payment into REVIEW. */
  async 'attempt-contradicted'(story) {
    await paid(story);
    attempts(story, attempted('accepted'), attempted('finished', { isInReview: true }));
    await story.money.carryOut(story.address, 'op-1');
    return moneyOf(story);
  },
  /** Two attempts report REVIEW while the watching run can't be started yet, and then it never can. */
  async 'attempts-watched-by-nobody'(story) {
    await paid(story);
    let release = () => {};
    const gate = new Promise<void>((settle) => (release = settle));
    story.before.watchPayment = async () => {
      await gate;
      throw ApplicationFailure.nonRetryable('nobody watches');
    };
    const contradicted = attempted('finished', { isInReview: true });
    attempts(story, contradicted, contradicted);
    for (const id of ['op-1', 'op-2']) await story.money.carryOut(story.address, id);
    release();
    return moneyOf(story);
  },
  /** A give-back that is requested during a read is not answered by that read: both plans are made. */
  async 'give-back-asked-meanwhile'(story) {
    await paid(story);
    const planned = story.holdBack('planGiveBack');
    const held = story.before.planGiveBack;
    let isReading = false;
    story.before.planGiveBack = () => {
      isReading = true;
      return held?.();
    };
    const left = plans(story, plan(), plan());
    await story.money.requestGiveBack(story.address, { cause: 'late_money' });
    await until('the gateway is being read', () => isReading, 30_000);
    await story.money.requestGiveBack(story.address, { cause: 'late_money' });
    planned();
    await until('it is read again', () => left.length === 0, 30_000);
    return moneyOf(story);
  },
  async 'attempt-asked-twice'(story) {
    await paid(story);
    const answered = story.holdBack('attemptOperation');
    attempts(story, attempted('finished'), attempted('finished'));
    await story.money.request(story.address, 'op-1');
    await story.money.request(story.address, 'op-1');
    await story.money.request(story.address, 'op-2');
    answered();
    return moneyOf(story);
  },
  /** Two at once, one of which waits: the other one does not change its time. */
  async 'attempt-beside-another'(story) {
    await paid(story);
    attempts(story, ...(['busy', 'busy', 'finished', 'finished'] as const).map((state) => attempted(state)));
    await Promise.all(['op-1', 'op-2'].map((id) => story.money.carryOut(story.address, id)));
    return moneyOf(story);
  },
  /** Sent and never shown, for so long that it is given up. */
  async 'attempt-given-up'(story) {
    await paid(story);
    attempts(story, attempted('given_up'));
    await story.money.carryOut(story.address, 'op-1');
    return moneyOf(story);
  },
  async 'attempt-lost-then-done'(story) {
    await paid(story);
    attempts(story, attempted('lost'), attempted('finished'));
    await story.money.carryOut(story.address, 'op-1');
    return moneyOf(story);
  },
  /** Read every hour, once it is an hour old; an operator ends the run. */
  async 'attempt-by-the-hour'(story) {
    await paid(story);
    attempts(story, attempted('accepted'), attempted('accepted'));
    const at = { since: Date.now() - 2 * HOUR_MS, due: Date.now() };
    await story.takeOverMoney({
      open: [
        { operationId: 'op-1', about: 'capture 722.00 NOK', tries: 9, ...at },
        { operationId: 'op-2', tries: 9, ...at, since: Date.now() },
      ],
      givesBack: null,
    });
    await until('both were tried', () => story.results.attemptOperation?.length === 0, 30_000);
    await story.terminate(moneyWorkflowId(story.address.paymentId));
    return moneyOf(story);
  },
  /** No other operation is open, and the hour has passed by half a minute: the next time is an hour later. */
  async 'attempt-by-the-hour-alone'(story) {
    await paid(story);
    attempts(story, attempted('accepted'));
    const now = Date.now();
    const open = [{ operationId: 'op-1', tries: 9, since: now - HOUR_MS - 30_000, due: now }];
    await story.takeOverMoney({ open, givesBack: null });
    await until('it was tried', () => story.results.attemptOperation?.length === 0, 30_000);
    await story.quiet(moneyWorkflowId(story.address.paymentId));
    await story.terminate(moneyWorkflowId(story.address.paymentId));
    return moneyOf(story);
  },
  /** Many that the gateway does not finish: the run continues as new. */
  async 'attempts-continued'(story) {
    await paid(story);
    const ids = Array.from({ length: 8 }, (_, nth) => `op-${nth}`);
    attempts(story, ...Array.from({ length: 100 }, () => attempted('accepted')));
    await Promise.all(ids.map((id) => story.money.request(story.address, id)));
    await story.becomesLong(moneyWorkflowId(story.address.paymentId));
    story.results.attemptOperation = ids.map(() => attempted('finished'));
    return moneyOf(story);
  },
  async 'give-back-failed'(story) {
    await paid(story);
    await givingBackFails(story, { isInReview: true });
    return moneyOf(story);
  },
  async 'give-back-not-needed'(story) {
    await paid(story);
    await givingBackFails(story, {});
    return moneyOf(story);
  },
  /** There is money left that no operation can return; meanwhile a second request comes. */
  async 'give-back-stuck'(story) {
    await paid(story);
    const planned = story.holdBack('planGiveBack');
    // The operator's decision is carried out after the plan that was begun before it.
    plans(story, plan({ isInReview: true }), plan());
    const asked = story.money.giveBack(story.address, { cause: 'operator', noteKey: 'note' });
    await story.money.requestGiveBack(story.address, { cause: 'late_money' });
    planned();
    await asked;
    return moneyOf(story);
  },
  async 'give-back-nothing'(story) {
    await paid(story);
    plans(story, plan());
    await story.money.requestGiveBack(story.address, { cause: 'late_money' });
    return moneyOf(story);
  },
  /** The merchant's own operation fails while money has to go back: that is no failed give-back. */
  async 'give-back-beside-decline'(story) {
    await paid(story);
    attempts(story, attempted('refused'));
    plans(story, plan());
    const now = Date.now();
    await story.takeOverMoney({
      open: [{ operationId: 'op-1', since: now, tries: 0, due: now }],
      givesBack: { cause: 'late_money' },
    });
    return moneyOf(story);
  },
};
