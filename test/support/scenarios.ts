/** One short story for each path of `paymentSession` that must stay replayable for ever. */
import { Context } from '@temporalio/activity';
import type { PaymentAddress } from '../../src/temporal/payment-runs.ts';
import { paymentWorkflowId } from '../../src/workflows/messages.ts';
import type { DevWorld } from './dev-server.ts';
import { newFakeOrder, type FakeOrder } from './fake-activities.ts';
import { claimPayment, newOrder, type StoredPayment } from './memory-store.ts';
import { callbackSignal } from './order-model.ts';
import { addressOf } from './order-trial.ts';
import { untilQuiet } from './quiet.ts';
import { change, newPsp, transactionIdOf, type SimulatedSession } from './simulated-psp.ts';
import { until } from './until.ts';

const NOK = { amountMinor: 72_200, currency: 'NOK' };

/** What a story has in hand; its payment is open unless the story opens it itself. */
export class Story {
  readonly fake: FakeOrder;
  readonly #world: DevWorld;

  constructor(world: DevWorld, name: string) {
    this.#world = world;
    this.fake = newFakeOrder(newOrder(name, NOK), newPsp(), () => Promise.resolve(Date.now()));
    world.orders.set(name, this.fake);
  }

  get runs(): DevWorld['runs'] {
    return this.#world.runs;
  }

  get payment(): StoredPayment {
    return this.fake.order.payments[0] as StoredPayment;
  }

  get session(): SimulatedSession {
    return this.fake.psp.sessions[0] as SimulatedSession;
  }

  get address(): PaymentAddress {
    return addressOf(this.payment);
  }

  /** `ageMs` old, so that what is due after hours is due now. */
  claim(ageMs = 0): void {
    claimPayment(this.fake.order, Date.now() - ageMs);
  }

  async open(): Promise<void> {
    this.claim();
    await this.runs.open(this.address);
  }

  /** One callback, and everything that follows from it at once. */
  async callback(eventId: string): Promise<void> {
    await this.runs.callback(this.address, callbackSignal(eventId));
    await this.quiet();
  }

  /** Opened, on hold, and the run knows. */
  async hold(): Promise<void> {
    await this.open();
    change(this.session, 'ON_HOLD');
    await this.callback('e1');
  }

  quiet(): Promise<void> {
    return untilQuiet(this.#world.client, paymentWorkflowId(this.payment));
  }

  becomes(status: StoredPayment['status']): Promise<void> {
    return until(`the payment becomes ${status}`, () => this.payment.status === status, 60_000);
  }
}

const LIFETIME_MS = 4.25 * 3_600_000;

async function expire(story: Story): Promise<void> {
  story.claim(LIFETIME_MS - 1_500);
  await story.runs.open(story.address);
  await story.becomes('EXPIRED');
  await story.quiet();
}

/** The first attempt is never heard of again, as if its worker had died, and the server starts another. */
function dyingIn(name: keyof FakeOrder['before']): (story: Story) => Promise<void> {
  return async (story) => {
    story.fake.before[name] = () =>
      Context.current().info.attempt === 1 ? Context.current().cancelled : undefined;
    story.claim();
    const opened = story.runs.open(story.address);
    if (name !== 'openSession') await opened;
    if (name === 'cancelSession') return void (await story.runs.cancel(story.address));
    await opened;
    change(story.session, 'AUTHORIZED');
    await story.callback('e1');
    await until('the merchant knows', () => story.fake.order.updates.some(({ told }) => told), 60_000);
  };
}

export const SCENARIOS: Readonly<Record<string, (story: Story) => Promise<void>>> = {
  async paid(story) {
    await story.open();
    change(story.session, 'AUTHORIZED');
    await story.callback('e1');
  },
  async 'paid-by-sweep'(story) {
    await story.open();
    change(story.session, 'AUTHORIZED');
    const transactionId = transactionIdOf(story.session);
    await story.runs.look(story.address, { why: 'sweep', at: new Date().toISOString(), transactionId });
  },
  async 'hold-then-paid'(story) {
    story.fake.pollIntervalMs = 1_000;
    await story.hold();
    await until('it is polled', () => story.fake.reads.length > 2, 30_000);
    change(story.session, 'AUTHORIZED');
    await story.becomes('AUTHORIZED');
  },
  async 'hold-then-failed'(story) {
    await story.hold();
    change(story.session, 'FAILED');
    await story.callback('e2');
  },
  async 'hold-followed'(story) {
    await story.hold();
    change(story.session, 'UNCLEAR');
    await story.callback('e2');
    await until('it is followed', () => story.fake.reads.length > 3, 30_000);
    change(story.session, 'AUTHORIZED');
    await story.becomes('AUTHORIZED');
  },
  async declined(story) {
    await story.open();
    change(story.session, 'DECLINED');
    await story.callback('e1');
  },
  async duplicates(story) {
    await story.open();
    await story.callback('e1');
    await story.callback('e1');
    await story.runs.poke(story.address, { why: 'return', at: new Date().toISOString() });
    change(story.session, 'CAPTURED');
    await Promise.all(['e1', 'e2', 'e2', 'e3'].map((eventId) => story.callback(eventId)));
  },
  async 'return-just-before-callback'(story) {
    await story.open();
    change(story.session, 'AUTHORIZED');
    const claim = { transactionId: transactionIdOf(story.session) };
    story.fake.before.recordOutcome = () => {
      story.fake.before = {};
      return story.runs.callback(story.address, { ...callbackSignal('e1'), claim });
    };
    await story.runs.poke(story.address, { why: 'return', at: new Date().toISOString() });
    await story.becomes('AUTHORIZED');
    await story.quiet();
  },
  async 'callback-before-open-returned'(story) {
    story.claim();
    let release = () => {};
    const gate = new Promise<void>((settle) => (release = settle));
    story.fake.before.openSession = () => gate;
    const opened = story.runs.open(story.address);
    await story.runs.callback(story.address, callbackSignal('e1'));
    release();
    await opened;
    change(story.session, 'AUTHORIZED');
    await story.becomes('AUTHORIZED');
  },
  expired: expire,
  async cancelled(story) {
    await story.open();
    await story.runs.cancel(story.address);
  },
  async 'cancel-confirmed-late'(story) {
    await story.open();
    let reads = 0;
    story.fake.before.readTransaction = () => {
      reads += 1;
      story.session.state = reads < 3 ? 'open' : 'cancelled';
    };
    await story.runs.cancel(story.address);
  },
  async 'late-success'(story) {
    await story.open();
    change(story.session, 'FAILED');
    await story.callback('e1');
    change(story.session, 'AUTHORIZED');
    await story.callback('e2');
  },
  async 'late-money-dismissed'(story) {
    story.fake.policy = 'review';
    await expire(story);
    change(story.session, 'AUTHORIZED');
    await story.callback('late');
    await story.runs.resolve(story.address, { decision: 'dismiss', noteKey: 'note' });
  },
  async 'review-resolved'(story) {
    story.fake.policy = 'review';
    await expire(story);
    change(story.session, 'AUTHORIZED');
    await story.callback('late');
    await story.runs.resolve(story.address, { decision: 'accept', noteKey: 'note' });
  },
  async 'continue-as-new'(story) {
    story.fake.pollIntervalMs = 500;
    await story.hold();
    // The recording server suggests it after 100 events, a real one after 4,096.
    await until('it is polled', () => story.fake.reads.length > 15, 60_000);
    change(story.session, 'AUTHORIZED');
    await story.becomes('AUTHORIZED');
  },
  async 'surplus-closed'(story) {
    story.fake.mayHaveSurplus = true;
    await story.open();
    change(story.session, 'AUTHORIZED');
    await story.callback('e1');
  },
  async 'gateway-silent'(story) {
    await story.open();
    story.fake.psp.isDown = true;
    await story.runs.callback(story.address, callbackSignal('e1'));
    await until('it has been asked twice', () => story.fake.reads.length > 1, 30_000);
    change(story.session, 'AUTHORIZED');
    story.fake.psp.isDown = false;
    await story.becomes('AUTHORIZED');
  },
  'killed-in-open-session': dyingIn('openSession'),
  'killed-in-read-transaction': dyingIn('readTransaction'),
  'killed-in-record-outcome': dyingIn('recordOutcome'),
  'killed-in-notify-merchant': dyingIn('notifyMerchant'),
  'killed-in-cancel-session': dyingIn('cancelSession'),
};
