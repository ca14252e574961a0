/** Runs without a session, and the messages that wake them. */
import { callbackSignal } from './fake-activities.ts';
import type { Scenario } from './scenarios.ts';
import { change, createSession } from './simulated-psp.ts';

const REJECTED = { kind: 'rejected', status: 'FAILED', reason: 'amount: too small' } as const;
const NEVER_OPENED = {
  kind: 'never_opened',
  status: 'EXPIRED',
  reason: 'no session before the payment expired',
} as const;

export const OPENING_SCENARIOS: Readonly<Record<string, Scenario>> = {
  /** A browser that returns meanwhile has no session to look at. */
  async rejected(story) {
    story.fake.refusal = REJECTED;
    story.claim();
    const heard = await story.telling();
    await story.runs.open(story.address);
    await story.runs.poke(story.address, { why: 'return', at: new Date().toISOString() });
    heard();
  },
  async 'rejected-again'(story) {
    story.fake.refusal = REJECTED;
    story.claim();
    const heard = await story.telling();
    await story.runs.open(story.address);
    await story.runs.callback(story.address, callbackSignal('e1'));
    heard();
  },
  /** The callback that names the session finds it after its answer was lost. */
  async 'rejected-and-found'(story) {
    story.fake.refusal = REJECTED;
    story.claim();
    const heard = await story.telling();
    await story.runs.open(story.address);
    story.fake.refusal = null;
    const claim = { sessionId: `${story.payment.id}-s` };
    await story.runs.callback(story.address, { ...callbackSignal('e1'), claim });
    heard();
  },
  async 'never-opened'(story) {
    story.fake.refusal = NEVER_OPENED;
    await story.openByRun();
  },
  async 'closed-without-session'(story) {
    story.claim();
    Object.assign(story.payment, { status: 'CANCELLED', reason: 'cancelled by the merchant' });
    await story.runs.open(story.address);
  },
  async 'closed-without-session-called'(story) {
    story.claim();
    Object.assign(story.payment, { status: 'CANCELLED', closedBy: 'merchant' });
    await story.runs.callback(story.address, callbackSignal('e1'));
  },
  async 'unknown-payment'(story) {
    const claim = { sessionId: 'nobodys-session' };
    await story.runs.callback(story.addressOfNobody, { ...callbackSignal('e1'), claim });
    return [story.idOfNobody];
  },
  async adopted(story) {
    const { paymentId, orderReference: reference } = story.addressOfNobody;
    const money = story.fake.order.money;
    const session = createSession(story.fake.psp, { sessionId: 'lost-s', reference, money, paymentId });
    change(session, 'AUTHORIZED');
    const claim = { sessionId: 'lost-s' };
    await story.runs.callback(story.addressOfNobody, { ...callbackSignal('e1'), claim });
    return [story.idOfNobody];
  },
  /** Requested while the opening was under way, and there was never anything to cancel or to resolve. */
  async 'asked-without-session'(story) {
    story.fake.refusal = REJECTED;
    const answered = story.holdBack('openSession');
    story.claim();
    const asked: Promise<unknown>[] = [story.beginOpening()];
    await story.reached(1);
    asked.push(story.runs.cancel(story.address, { noteKey: 'note' }));
    asked.push(story.runs.resolve(story.address, { decision: 'accept', noteKey: 'note' }));
    await story.reached(3);
    await story.runs.poke(story.address, { why: 'return', at: new Date().toISOString() });
    answered();
    await Promise.all(asked);
  },
};
