/**
 * A session that can't be opened: payers get an answer, the tries stop when no caller asks, and the next
 * click gets the session.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openingTakesLong } from '../../src/workflows/messages.ts';
import { startPaymentWorld, type PaymentWorld } from '../support/payment-world.ts';
import { Story } from '../support/story.ts';
import { until } from '../support/until.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

let world: PaymentWorld;
let made = 0;
beforeAll(async () => {
  world = await startPaymentWorld('skipping');
}, 120_000);
afterAll(() => world?.close(), 60_000);

/** Claimed, at a gateway that does not open it. */
async function aDeafGateway(): Promise<Story> {
  const story = new Story(world, `opening${(made += 1)}`);
  story.script.opening = 'is silent';
  await story.claim();
  return story;
}

/** A payer clicks; returns the answer, within a quarter of a minute. */
async function click({ runs, address }: Story): Promise<string> {
  const [{ kind }] = await Promise.all([runs.open(address), world.sleep(14 * SECOND)]);
  return kind;
}

/** Seconds between the tries; the server's clock adds about a second. */
function gapsOf({ openings }: Story): number[] {
  return openings.slice(1).map((at, index) => Math.floor((at - (openings[index] ?? 0)) / SECOND));
}

const eventsOf = async ({ client, workflowId }: Story) =>
  (await client.workflow.getHandle(workflowId).fetchHistory()).events ?? [];

describe('a gateway that opens no session', () => {
  it('is reported to payers in time, is not called when they have left, and the next click gets the session', async () => {
    const waiting = await aDeafGateway();
    expect(await click(waiting)).toBe('still_opening');
    await waiting.pass(5 * MINUTE);
    const tries = waiting.openings.length;
    expect(gapsOf(waiting)).toEqual([1, 2, 5, 15, 60]);
    await waiting.pass(2 * HOUR);
    expect(waiting.openings).toHaveLength(tries);
    waiting.script.opening = 'works';
    expect(await click(waiting)).toBe('open');
    expect(waiting.openings).toHaveLength(tries + 1);
    expect(waiting.psp.pages).toHaveLength(1);
    expect((await eventsOf(waiting)).length).toBeLessThan(110);
  }, 120_000);

  it('is called at once by the next click, before the next try is due', async () => {
    const waiting = await aDeafGateway();
    await click(waiting);
    await waiting.pass(30 * SECOND);
    waiting.script.opening = 'works';
    // The next try is due in fifty seconds.
    expect(await click(waiting)).toBe('open');
  }, 60_000);

  it('lets no calls pile up: twelve parallel ones are all answered', async () => {
    const waiting = await aDeafGateway();
    await click(waiting);
    const handle = waiting.client.workflow.getHandle(waiting.workflowId);
    const all = Array.from({ length: 12 }, () =>
      handle
        .executeUpdate<{ kind: string }, []>('openSession')
        .catch((error: unknown) => ({ kind: String(error) })),
    );
    const [kinds] = await Promise.all([Promise.all(all), world.sleep(14 * SECOND)]);
    expect(new Set(kinds.map(({ kind }) => kind))).toEqual(new Set(['still_opening']));
  }, 60_000);

  it('is called again at the deadline of a payment without callers, which expires, and the shop is notified', async () => {
    const waiting = await aDeafGateway();
    await click(waiting);
    await waiting.pass(4 * HOUR + MINUTE);
    expect((await waiting.payment()).status).toBe('EXPIRED');
    expect(await waiting.updates()).toEqual(['order.payment_expired']);
    expect((await eventsOf(waiting)).at(-1)?.workflowExecutionCompletedEventAttributes).toBeTruthy();
  }, 120_000);

  it("does not prevent the merchant's cancel, and a session that it may have opened is found and closed", async () => {
    const waiting = await aDeafGateway();
    await click(waiting);
    await waiting.pass(10 * MINUTE);
    await waiting.leaveBehind();
    expect(await waiting.cancel()).toEqual({ kind: 'cancelled' });
    expect((await waiting.payment()).status).toBe('CANCELLED');
    await waiting.pass(2 * MINUTE);
    expect(await waiting.updates()).toEqual(['order.payment_cancelled']);
    expect(waiting.psp.pages).toMatchObject([{ state: 'closed' }]);
  }, 60_000);

  it('gets such a session closed too where another payment has paid the order during a try', async () => {
    const waiting = await aDeafGateway();
    await click(waiting);
    await waiting.changeOrder({ status: 'PAID', paidPaymentId: 'another payment' });
    await world.runs.close(waiting.address);
    await waiting.pass(2 * MINUTE);
    expect((await waiting.payment()).status).toBe('CANCELLED');
  }, 60_000);

  it('is called for as long as a callback names the payment, which no merchant can cancel meanwhile', async () => {
    const waiting = await aDeafGateway();
    await click(waiting);
    await waiting.pass(10 * MINUTE);
    const before = waiting.openings.length;
    await waiting.call('e1');
    await waiting.pass(HOUR);
    expect(waiting.openings.length - before).toBeGreaterThan(10);
    expect(await waiting.cancel()).toEqual({ kind: 'refused', status: 'PENDING' });
    expect(await waiting.resolve('dismiss')).toMatchObject({ kind: 'not_in_review' });
    waiting.script.opening = 'works';
    await waiting.pass(6 * MINUTE);
    expect(waiting.psp.pages).toHaveLength(1);
  }, 120_000);
});

describe('a try at opening that takes long', () => {
  it('does not delay the answers to payers, is not given up, and serves later callers', async () => {
    const waiting = await aDeafGateway();
    waiting.script.opening = 'works';
    const release = waiting.holdBack('openSession');
    const heard = world.runs.open(waiting.address);
    await until('the run is there', async () => (await eventsOf(waiting).catch(() => [])).length > 4);
    await world.server.client.workflow.getHandle(waiting.workflowId).signal(openingTakesLong);
    // Time is not skipped: an activity whose worker stops for so long counts as dead.
    expect((await heard).kind).toBe('still_opening');
    const later = world.runs.open(waiting.address);
    await until('the second call is there', async () => {
      const accepted = (await eventsOf(waiting)).filter(
        (event) => event.workflowExecutionUpdateAcceptedEventAttributes,
      );
      return accepted.length === 2;
    });
    release();
    expect((await later).kind).toBe('open');
    expect(waiting.openings).toHaveLength(1);
    expect(waiting.psp.pages).toHaveLength(1);
  }, 60_000);
});
