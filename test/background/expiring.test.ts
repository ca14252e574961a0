/** The merchant is notified of an authorization that is about to lapse. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eq } from 'drizzle-orm';
import { createUpdateActivities } from '../../src/activities/notify-merchant.ts';
import { announceExpirings } from '../../src/background/announce-expiring.ts';
import { listUpdates } from '../../src/store/outbox.ts';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import type { PaymentRow } from '../../src/store/payments.ts';
import { outbox } from '../../src/store/schema/update-tables.ts';
import { payments } from '../../src/store/schema/order-tables.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { startReceiver, type Receiver } from '../sandbox/sandbox-client.ts';
import { anActivityRun } from '../support/activity.ts';
import { aPayment, aRecord, TELLS } from '../support/builders.ts';
import { fakeRuns } from '../support/fake-runs.ts';
import { NotedFirstAttempts } from '../support/first-attempts.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

describe('an authorization that is about to lapse', () => {
  let store: TestStore;
  let firstAttempts: NotedFirstAttempts;
  let merchant: Receiver;
  let payment: PaymentRow;
  beforeAll(async () => {
    [store, merchant] = await Promise.all([openTestStore(), startReceiver()]);
  }, 180_000);
  afterAll(() => Promise.all([store.close(), merchant.close()]));
  beforeEach(async () => {
    await store.db.delete(payments);
    await store.db.delete(outbox);
    firstAttempts = new NotedFirstAttempts();
    merchant.received.length = 0;
    payment = await aPayment(store.db);
    await recordFinding(store.db, aRecord(payment), TELLS);
    await store.db.update(outbox).set({ state: 'delivered' });
    const authorizationExpiresAt = new Date(Date.now() + 24 * 3_600_000);
    await store.db.update(payments).set({ authorizationExpiresAt }).where(eq(payments.id, payment.id));
  });

  const turn = (tells = true) =>
    announceExpirings({
      db: store.db,
      runs: fakeRuns(store.db),
      firstAttempts,
      log: createLog('silent', 'test'),
      tells,
      livemode: () => false,
      stopping: new AbortController().signal,
    });
  const announced = async () =>
    (await listUpdates(store.db, payment.id)).filter(({ type }) => type === 'order.authorization_expiring');
  const tell = async (): Promise<string> => {
    const endpoint = { url: merchant.url, timeoutMs: 5_000, secrets: [SECRET] };
    const activities = createUpdateActivities({ db: store.db, endpoint });
    const [update] = await announced();
    return anActivityRun().run(() => activities.notifyMerchant(update?.effectId ?? ''));
  };

  it('is announced once, and sent by the process that has announced it', async () => {
    await turn();
    await turn();
    expect(await announced()).toHaveLength(1);
    const [update] = await announced();
    expect(firstAttempts.told).toEqual([
      { orderReference: payment.orderReference, effects: [update?.effectId] },
    ]);
    expect(await tell()).toBe('delivered');
    expect(merchant.received[0]?.headers['webhook-id']).toMatch(
      /order\.authorization_expiring\/\d{4}-\d\d-\d\d$/,
    );
  });

  it('stays announced where the process dies before it sends the update', async () => {
    firstAttempts.tell = () => undefined;
    await turn();
    expect(await announced()).toMatchObject([{ state: 'pending', attemptedAt: null }]);
  });

  it('is left to a process with an ORDER_WEBHOOK_URL', async () => {
    await turn(false);
    expect(await announced()).toEqual([]);
  });

  it('is not sent after it was captured', async () => {
    await turn();
    await store.db
      .update(payments)
      .set({ status: 'CAPTURED', authorizationExpiresAt: null })
      .where(eq(payments.id, payment.id));
    expect(await tell()).toBe('superseded');
    expect(merchant.received).toEqual([]);
  });
});
