/** Answers to attempts at moving money that neither the sandbox nor a short story brings about: told to the run as they are. */
import { ApplicationFailure } from '@temporalio/common';
import type { GiveBackPlan, OperationAttempt } from '../../src/activities/payment-activities.ts';
import { moneyWorkflowId } from '../../src/workflows/messages.ts';
import type { Scenario, Story } from './scenarios.ts';
import { ACCOUNT, change, readingOf } from './simulated-psp.ts';
import { until } from './until.ts';

const HOUR_MS = 3_600_000;
const DECLINED = { code: 'declined', detail: 'no cover' };

const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();
const moneyOf = ({ payment }: Story): string[] => [moneyWorkflowId(payment.id)];

function standing({ payment, session }: Story): OperationAttempt['payment'] {
  const { status, money, capturedMinor, refundedMinor } = payment;
  const { sessionId } = session;
  const known = { capturedMinor, refundedMinor, reversals: 0, isMarked: false };
  return { status, money, ...known, account: ACCOUNT, sessionId };
}

/** The transaction as the session has it by now. */
function shown({ session }: Story): Pick<OperationAttempt, 'transaction'> {
  const reading = readingOf(session);
  return reading.kind === 'transaction' ? { transaction: reading.transaction } : {};
}

export function attempted(
  story: Story,
  state: OperationAttempt['state'],
  more: Partial<OperationAttempt> = {},
  cause: OperationAttempt['operation']['cause'] = 'merchant',
): OperationAttempt {
  const operation = { kind: 'capture', reference: 'c1', cause } as const;
  return { state, operation, payment: standing(story), ...more };
}

export function plan(story: Story, more: Partial<GiveBackPlan>): GiveBackPlan {
  return { operationId: null, about: null, payment: standing(story), isStuck: false, ...more };
}

/** Its money is there, and nobody's run is going. */
async function paid(story: Story): Promise<void> {
  story.stored();
  change(story.session, 'AUTHORIZED');
  Object.assign(story.payment, { status: 'AUTHORIZED' });
  story.fake.order.paidPaymentId = story.payment.id;
  story.fake.order.status = 'PAID';
}

/** An attempt at giving money back that is declined; `more` says what the gateway shows. */
async function givingBackFails(
  story: Story,
  failure: { code: string; detail: string },
  more: Partial<OperationAttempt>,
): Promise<void> {
  story.fake.plans.push(plan(story, { operationId: 'op-1' }));
  story.fake.attempts.push(attempted(story, 'refused', { failure, ...more }, 'late_money'));
  await story.money.giveBack(story.address, { cause: 'late_money' });
}

export const ATTEMPT_SCENARIOS: Readonly<Record<string, Scenario>> = {
  /** What is under way is finished first: what is to be given back depends on it. */
  async 'give-back-after-what-is-open'(story) {
    await paid(story);
    story.fake.attempts.push(attempted(story, 'finished', shown(story)));
    story.fake.plans.push(plan(story, {}));
    const now = Date.now();
    const open = [{ operationId: 'op-1', since: now, tries: 0, due: now + 1_500 }];
    await story.takeOverMoney({ open, givesBack: { cause: 'operator', noteKey: 'note' } });
    return moneyOf(story);
  },
  async 'attempt-declined-unseen'(story) {
    await paid(story);
    story.fake.attempts.push(attempted(story, 'refused', { failure: DECLINED }));
    await story.money.carryOut(story.address, 'op-1');
    return moneyOf(story);
  },
  /** The same transaction as before, then one that can't be true: recorded with its reason. */
  async 'attempt-contradicted'(story) {
    await paid(story);
    story.fake.attempts.push(attempted(story, 'accepted', shown(story)));
    change(story.session, 'FAILED');
    story.fake.attempts.push(attempted(story, 'finished', shown(story)));
    await story.money.carryOut(story.address, 'op-1');
    return moneyOf(story);
  },
  /** Twice in REVIEW before anybody could be had to watch it, and then nobody can. */
  async 'attempts-watched-by-nobody'(story) {
    await paid(story);
    let release = () => {};
    const gate = new Promise<void>((settle) => (release = settle));
    story.fake.before.watchPayment = async () => {
      await gate;
      throw ApplicationFailure.nonRetryable('nobody watches');
    };
    change(story.session, 'FAILED');
    const contradicted = attempted(story, 'finished', shown(story));
    story.fake.attempts.push(contradicted, contradicted);
    for (const id of ['op-1', 'op-2']) await story.money.carryOut(story.address, id);
    release();
    return moneyOf(story);
  },
  /** What is asked for while the gateway is being read is not answered by that reading: both plans are made. */
  async 'give-back-asked-meanwhile'(story) {
    await paid(story);
    const planned = story.holdBack('planGiveBack');
    const { before, plans } = story.fake;
    const held = before.planGiveBack;
    let isReading = false;
    before.planGiveBack = () => {
      isReading = true;
      return held?.();
    };
    plans.push(plan(story, {}), plan(story, {}));
    await story.money.requestGiveBack(story.address, { cause: 'late_money' });
    await until('the gateway is being read', () => isReading, 30_000);
    await story.money.requestGiveBack(story.address, { cause: 'late_money' });
    planned();
    await until('it is read again', () => plans.length === 0, 30_000);
    return moneyOf(story);
  },
  async 'attempt-asked-twice'(story) {
    await paid(story);
    const answered = story.holdBack('attemptOperation');
    story.fake.attempts.push(attempted(story, 'finished'), attempted(story, 'finished'));
    await story.money.request(story.address, 'op-1');
    await story.money.request(story.address, 'op-1');
    await story.money.request(story.address, 'op-2');
    answered();
    return moneyOf(story);
  },
  /** Two at once, of which one waits: its time is not touched by the other's. */
  async 'attempt-beside-another'(story) {
    await paid(story);
    story.fake.attempts.push(
      ...(['busy', 'busy', 'finished', 'finished'] as const).map((state) => attempted(story, state)),
    );
    await Promise.all(['op-1', 'op-2'].map((id) => story.money.carryOut(story.address, id)));
    return moneyOf(story);
  },
  /** Accepted by the gateway three days ago. */
  async 'attempt-never-finished'(story) {
    await paid(story);
    story.fake.attempts.push(
      attempted(story, 'accepted', { ...shown(story), sentAt: ago(72 * HOUR_MS + 60_000) }),
    );
    await story.money.carryOut(story.address, 'op-1');
    return moneyOf(story);
  },
  /** Lost an hour ago, and the gateway shows nothing of it. */
  async 'attempt-never-confirmed'(story) {
    await paid(story);
    const sentAt = ago(HOUR_MS + 10_000);
    story.fake.attempts.push(attempted(story, 'lost', { ...shown(story), sentAt }));
    await story.money.carryOut(story.address, 'op-1');
    return moneyOf(story);
  },
  /** Lost for more than an hour, but the gateway gives no clear answer; then one that shows it was done. */
  async 'attempt-lost-unclear'(story) {
    await paid(story);
    const sentAt = ago(2 * HOUR_MS);
    story.fake.attempts.push(attempted(story, 'lost', { sentAt }));
    change(story.session, 'CAPTURED');
    story.fake.attempts.push(attempted(story, 'finished', { ...shown(story), sentAt }));
    await story.money.carryOut(story.address, 'op-1');
    return moneyOf(story);
  },
  /** Looked at by the hour, once it is an hour old; an operator ends the run. */
  async 'attempt-by-the-hour'(story) {
    await paid(story);
    story.fake.attempts.push(attempted(story, 'accepted', shown(story)), attempted(story, 'accepted'));
    const at = { since: Date.now() - 2 * HOUR_MS, due: Date.now() };
    await story.takeOverMoney({
      open: [
        { operationId: 'op-1', about: 'capture 722.00 NOK', tries: 9, ...at },
        { operationId: 'op-2', tries: 9, ...at, since: Date.now() },
      ],
      givesBack: null,
    });
    await until('both were tried', () => story.fake.attempts.length === 0, 30_000);
    await story.terminate(moneyWorkflowId(story.payment.id));
    return moneyOf(story);
  },
  /** Nothing else is open, and the hour is over by half a minute: the next time is an hour away. */
  async 'attempt-by-the-hour-alone'(story) {
    await paid(story);
    story.fake.attempts.push(attempted(story, 'accepted', shown(story)));
    const now = Date.now();
    const open = [{ operationId: 'op-1', tries: 9, since: now - HOUR_MS - 30_000, due: now }];
    await story.takeOverMoney({ open, givesBack: null });
    await until('it was tried', () => story.fake.attempts.length === 0, 30_000);
    await story.quiet(moneyWorkflowId(story.payment.id));
    await story.terminate(moneyWorkflowId(story.payment.id));
    return moneyOf(story);
  },
  /** Many that the gateway does not finish: the run goes on as a new one. */
  async 'attempts-continued'(story) {
    await paid(story);
    const ids = Array.from({ length: 8 }, (_, nth) => `op-${nth}`);
    const accepted = attempted(story, 'accepted', shown(story));
    story.fake.attempts.push(...Array.from({ length: 100 }, () => accepted));
    await Promise.all(ids.map((id) => story.money.request(story.address, id)));
    await story.becomesLong(moneyWorkflowId(story.payment.id));
    story.fake.attempts.splice(0, 100, ...ids.map(() => attempted(story, 'finished')));
    return moneyOf(story);
  },
  async 'give-back-declined-unseen'(story) {
    await paid(story);
    await givingBackFails(story, DECLINED, {});
    return moneyOf(story);
  },
  async 'give-back-not-needed'(story) {
    await paid(story);
    await givingBackFails(story, { code: 'not_needed', detail: 'nobody wants it back' }, shown(story));
    return moneyOf(story);
  },
  async 'give-back-gone'(story) {
    await paid(story);
    change(story.session, 'VOIDED');
    await givingBackFails(story, DECLINED, shown(story));
    return moneyOf(story);
  },
  async 'give-back-stuck'(story) {
    await paid(story);
    story.fake.plans.push(plan(story, { isStuck: true, ...shown(story) }));
    await story.money.giveBack(story.address, { cause: 'operator', noteKey: 'note' });
    return moneyOf(story);
  },
  async 'give-back-nothing'(story) {
    await paid(story);
    story.fake.plans.push(plan(story, {}));
    await story.money.requestGiveBack(story.address, { cause: 'late_money' });
    return moneyOf(story);
  },
  /** The merchant's own operation fails while money has to go back: that is no failure to give it back. */
  async 'give-back-beside-decline'(story) {
    await paid(story);
    story.fake.attempts.push(attempted(story, 'refused', { failure: DECLINED }));
    story.fake.plans.push(plan(story, {}));
    const now = Date.now();
    await story.takeOverMoney({
      open: [{ operationId: 'op-1', since: now, tries: 0, due: now }],
      givesBack: { cause: 'late_money' },
    });
    return moneyOf(story);
  },
  /** Left over from a run that was ended: it fails, and nobody waits for the money to go back any more. */
  async 'give-back-unasked'(story) {
    await paid(story);
    story.fake.attempts.push(attempted(story, 'refused', { failure: DECLINED }, 'late_money'));
    await story.money.request(story.address, 'op-1');
    return moneyOf(story);
  },
};
