/** Runs without a session, and the messages that wake them. */
import { EXPIRES_AFTER_MS, type Scenario } from './story.ts';

export const OPENING_SCENARIOS: Readonly<Record<string, Scenario>> = {
  /** A browser that returns meanwhile has no session to look at. */
  async rejected(story) {
    story.script.opening = 'is refused';
    await story.claim();
    const heard = await story.telling();
    await story.runs.open(story.address);
    await story.runs.poke(story.address, { why: 'return', at: new Date().toISOString() });
    heard();
  },
  async 'rejected-again'(story) {
    story.script.opening = 'is refused';
    await story.claim();
    const heard = await story.telling();
    await story.runs.open(story.address);
    await story.call('e1');
    heard();
  },
  /** The callback that names the session finds it after its answer was lost. */
  async 'rejected-and-found'(story) {
    story.script.opening = 'is refused';
    await story.claim();
    const heard = await story.telling();
    await story.runs.open(story.address);
    // There is nothing to look at.
    await story.runs.look(story.address, { why: 'sweep', at: new Date().toISOString() });
    const claim = { sessionId: (await story.leaveBehind()).id };
    story.turns('AUTHORIZED');
    await story.call('e1', claim);
    heard();
  },
  async 'never-opened'(story) {
    await story.claim(EXPIRES_AFTER_MS);
    await story.runs.open(story.address);
  },
  async 'closed-without-session'(story) {
    await story.claim();
    await story.change({ status: 'CANCELLED', reason: 'cancelled by the merchant' });
    await story.runs.open(story.address);
  },
  async 'closed-without-session-called'(story) {
    await story.claim();
    await story.change({ status: 'CANCELLED', closedBy: 'merchant' });
    await story.call('e1');
  },
  async 'unknown-payment'(story) {
    const { id: sessionId } = await story.leaveBehind({ ...story.addressOfNobody, paymentId: 'another' });
    const claim = { sessionId };
    await story.call('e1', claim, story.addressOfNobody);
    return [story.idOfNobody];
  },
  async adopted(story) {
    const claim = { sessionId: (await story.leaveBehind(story.addressOfNobody)).id };
    story.turns('AUTHORIZED');
    await story.call('e1', claim, story.addressOfNobody);
    return [story.idOfNobody];
  },
  /** Requested while the opening was under way, and there was never anything to cancel or to resolve. */
  async 'asked-without-session'(story) {
    story.script.opening = 'is refused';
    const answered = story.holdBack('openSession');
    await story.claim();
    const asked: Promise<unknown>[] = [story.beginOpening()];
    await story.reached(1);
    asked.push(story.cancel());
    asked.push(story.resolve('accept'));
    await story.reached(3);
    await story.runs.poke(story.address, { why: 'return', at: new Date().toISOString() });
    answered();
    await Promise.all(asked);
  },
};
