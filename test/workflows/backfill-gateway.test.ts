/** The backfill on a real server and a real store; the gateway's events are written by the test. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { GatewayRejected, GatewayUnavailable } from '../../src/gateways/gateway-errors.ts';
import { listDeliveries } from '../../src/store/lists.ts';
import { logDelivery } from '../../src/store/log-delivery.ts';
import { recordOpened, type PaymentRow } from '../../src/store/payments.ts';
import {
  anEvent,
  beginBackfillAgain,
  startBackfillWorld,
  type BackfillWorld,
} from '../support/backfill-world.ts';
import { aDelivery, aPayment, aSessionId } from '../support/builders.ts';

describe('a backfill', () => {
  let world: BackfillWorld;
  let payment: PaymentRow;
  const sessionId = aSessionId();
  beforeAll(async () => {
    world = await startBackfillWorld();
    payment = await aPayment(world.store.db);
    const opened = { sessionId, checkoutUrl: 'https://c.example', runId: 'r', text: 'x' };
    await recordOpened(world.store.db, payment.id, opened);
  }, 120_000);
  afterAll(() => world.close(), 60_000);
  beforeEach(() => beginBackfillAgain(world));

  const written = async () =>
    (await listDeliveries(world.store.db, { payment: payment.id, limit: 100 })).rows.map(
      ({ backfilledEventId }) => backfilledEventId,
    );

  it('writes the events of payments of ours, counts the others, and knows its own the next time', async () => {
    const [own, bySession, received] = [
      anEvent(payment),
      anEvent(null, { isKeyless: true, claim: { event: 'refund', sessionId } }),
      anEvent(payment),
    ];
    await logDelivery(world.store.db, { ...aDelivery(payment), eventId: received.eventId });
    const unclear = anEvent(payment, { kind: 'unclear' });
    const foreign = [
      anEvent(null),
      anEvent(null, { isKeyless: true, claim: { event: 'refund', transactionId: 't-of-another' } }),
      anEvent(null, { isKeyless: true, claim: { event: 'refund' } }),
      anEvent(null, { kind: 'other' }),
    ];
    world.at.pages = [[own, foreign[0] as never], [bySession, received, unclear], foreign.slice(1)];
    const { result } = await world.backfill();
    expect(result).toMatchObject({ state: 'complete', read: 8, written: 2, known: 1, foreign: 5 });
    expect(world.unclear).toEqual([unclear.eventId]);
    expect(new Set(await written())).toEqual(new Set([null, own.eventId, bySession.eventId]));
    const again = await world.backfill();
    expect(again.result).toMatchObject({ state: 'complete', read: 8, written: 0, known: 3, foreign: 5 });
    expect(await written()).toHaveLength(3);
  });

  it('continues at its page after a silence or a lost answer, and counts each event once', async () => {
    world.at.pages = Array.from({ length: 4 }, () => [anEvent(payment)]);
    let [silences, losses] = [2, 1];
    world.at.trouble = (page) => {
      if (page === 1 && silences-- > 0) throw new GatewayUnavailable('no answer', { kind: 'silent' });
    };
    world.at.afterwards = (page) => {
      if (page === 2 && losses-- > 0) throw new Error('the worker is killed after it has written');
    };
    const { result } = await world.backfill();
    expect(result).toMatchObject({ state: 'complete', read: 4, written: 4, known: 0, foreign: 0 });
    expect(world.asked).toEqual([0, 1, 1, 1, 2, 2, 3]);
  });

  it('says why it has failed, and keeps what it has written', async () => {
    world.at.pages = [[anEvent(payment)], []];
    world.at.trouble = (page) => {
      if (page === 1) throw new GatewayRejected('the listing repeats itself');
    };
    const { result } = await world.backfill();
    expect(result).toMatchObject({ state: 'failed', failure: 'the listing repeats itself', written: 1 });
    expect(await written()).toHaveLength(1);
  });

  it.each([
    ['nothing', []],
    ['no id', [{ gateway: 'dintero', since: '2026-11-01T00:00:00Z' }]],
    ['a time that is none', [{ gateway: 'dintero', id: `bkf_${'0'.repeat(28)}`, since: 'yesterday-ish' }]],
  ])('started by hand with %s ends with a failure that says what it expects', async (name, args) => {
    const options = { workflowId: `odd backfill ${name}`, taskQueue: 'payments', args };
    const handle = await world.client.workflow.start('backfillGateway', options);
    await expect(handle.result()).rejects.toMatchObject({
      cause: { message: expect.stringContaining('backfillGateway expects {"gateway"') },
    });
  });
});
