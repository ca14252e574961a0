/** One short story for each path of `paymentSession` that must stay replayable for ever. */
import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import type { Callback } from '../../src/domain/callback.ts';
import type { Transaction, TransactionStatus } from '../../src/domain/transaction.ts';
import type { LookRequest } from '../../src/domain/trigger.ts';
import { createMoneyRuns, type MoneyRuns } from '../../src/temporal/money-runs.ts';
import type { PaymentAddress } from '../../src/domain/payment.ts';
import {
  getState,
  moneyWorkflowId,
  paymentWorkflowId,
  type CarriedState,
  type MoneyInput,
} from '../../src/workflows/messages.ts';
import { ATTEMPT_SCENARIOS } from './attempt-scenarios.ts';
import { CLOSING_SCENARIOS } from './closing-scenarios.ts';
import type { DevWorld } from './dev-server.ts';
import { callbackSignal, type FakeOrder, newFakeOrder, openByRequest } from './fake-activities.ts';
import { PATIENT } from './fake-workers.ts';
import { addressOf, claimPayment, newOrder, type StoredPayment } from './memory-store.ts';
import { ODD_SCENARIOS } from './odd-scenarios.ts';
import { OPENING_SCENARIOS } from './opening-scenarios.ts';
import { untilQuiet, updatesReached } from './quiet.ts';
import { REVIEW_SCENARIOS } from './review-scenarios.ts';
import {
  change,
  createSession,
  newPsp,
  readingOf,
  transactionIdOf,
  type SimulatedSession,
} from './simulated-psp.ts';
import { TAKING_OVER_SCENARIOS } from './taking-over-scenarios.ts';
import { TROUBLED_OPENING_SCENARIOS } from './troubled-opening-scenarios.ts';
import { UNRECORDED_SCENARIOS } from './unrecorded-scenarios.ts';
import { until } from './until.ts';

/** Leaves the history of its payment's run, or those of the workflows whose ids it returns. */
export type Scenario = (story: Story) => Promise<readonly string[] | void>;

const LIFETIME_MS = 4.25 * 3_600_000;
const NOK = { amountMinor: 72_200, currency: 'NOK' };

/** The tools of a story; its payment is open unless the story opens it itself. */
export class Story {
  readonly fake: FakeOrder;
  readonly #world: DevWorld;

  constructor(world: DevWorld, name: string) {
    this.#world = world;
    this.fake = newFakeOrder(newOrder(name, NOK), newPsp(), () => Promise.resolve(Date.now()));
    world.orders.set(name, this.fake);
  }

  get client(): Client {
    return this.#world.client;
  }

  get money(): MoneyRuns {
    return createMoneyRuns(this.#world.client, PATIENT);
  }

  get runs(): DevWorld['runs'] {
    return this.#world.runs;
  }

  get payment(): StoredPayment {
    return this.fake.order.payments[0] as StoredPayment;
  }

  /** A payment without a row in our store, and the id of its run. */
  get addressOfNobody(): PaymentAddress {
    const { reference } = this.fake.order;
    return { paymentId: `${reference}-p1`, orderReference: reference, n: 1, gateway: 'simulated' };
  }

  get idOfNobody(): string {
    return paymentWorkflowId(this.addressOfNobody);
  }

  get session(): SimulatedSession {
    return this.fake.psp.sessions[0] as SimulatedSession;
  }

  get address(): PaymentAddress {
    return addressOf(this.payment);
  }

  /** `ageMs` old, so that an event that is due after hours is due now. */
  claim(ageMs = 0): void {
    claimPayment(this.fake.order, Date.now() - ageMs);
  }

  /** Claimed and with its session at the gateway, and no run watches it. */
  stored(ageMs = 0): void {
    this.claim(ageMs);
    const { id: paymentId, orderReference: reference, money } = this.payment;
    this.payment.sessionId = `${paymentId}-s`;
    createSession(this.fake.psp, { sessionId: `${paymentId}-s`, reference, money, paymentId });
  }

  async open(): Promise<void> {
    this.claim();
    await this.runs.start(this.address, openByRequest(this.fake, this.payment));
  }

  /** As after a request that could not open it. */
  async openByRun(): Promise<void> {
    this.claim();
    await this.runs.open(this.address);
  }

  /** Opens it; nothing awaits the answer yet, so a failure is reported later. */
  beginOpening(): Promise<unknown> {
    const opened = this.runs.open(this.address);
    opened.catch(() => undefined);
    return opened;
  }

  /** One callback, and all its immediate effects. */
  async callback(eventId: string, claim: Callback['claim'] = {}): Promise<void> {
    await this.runs.callback(this.address, { ...callbackSignal(eventId), claim });
    await this.quiet();
  }

  async poke(why: 'return' | 'unproved_callback'): Promise<void> {
    await this.runs.poke(this.address, { why, at: new Date().toISOString() });
    await this.quiet();
  }

  async look(why: LookRequest['why']): Promise<void> {
    await this.runs.look(this.address, { why, at: new Date().toISOString() });
    await this.quiet();
  }

  /** The gateway shows the session's transaction, but with these differences. */
  shows(status: TransactionStatus, otherwise: Partial<Transaction>): void {
    change(this.session, status);
    const reading = readingOf(this.session);
    if (reading.kind !== 'transaction')
      throw new Error(`the session shows no transaction, but ${reading.kind}`);
    this.fake.says = { kind: 'transaction', transaction: { ...reading.transaction, ...otherwise } };
  }

  /** Delays an activity until the returned function is called. */
  holdBack(name: keyof FakeOrder['before']): () => void {
    let release = () => {};
    const gate = new Promise<void>((settle) => (release = settle));
    this.fake.before[name] = () => gate;
    return release;
  }

  /** Makes the run send an update, which keeps it open until the returned function is called. */
  async telling(
    effectId = `${this.fake.order.reference}-p1/order.payment_pending/told`,
  ): Promise<() => void> {
    const release = this.holdBack('notifyMerchant');
    await this.runs.tell(this.address, effectId);
    return release;
  }

  /** Waits until the run handles this many updates. */
  reached(updates: number): Promise<void> {
    const id = paymentWorkflowId(this.payment);
    const reached = () => updatesReached(this.#world.client, id).catch(() => 'no run yet');
    const has = async () => (await reached()).endsWith(` ${updates}`);
    return until(`${updates} updates have reached ${id}`, has, 30_000);
  }

  /** No run watches it any more, as after a Terminate in the Web UI. */
  async terminate(workflowId = paymentWorkflowId(this.payment)): Promise<void> {
    await this.#world.client.workflow.getHandle(workflowId).terminate('the story');
  }

  /** Starts a run with the state that an earlier run of the same payment would have handed over. */
  async takeOver(carried: CarriedState): Promise<void> {
    const workflowId = paymentWorkflowId(this.payment);
    const args = [{ ...this.address, carried }];
    await this.#world.client.workflow.start('paymentSession', {
      workflowId,
      taskQueue: PATIENT.taskQueue,
      args,
    });
    await this.quiet();
  }

  /** The same for the payment's money run. */
  async takeOverMoney(carried: NonNullable<MoneyInput['carried']>): Promise<void> {
    const workflowId = moneyWorkflowId(this.payment.id);
    const args = [{ ...this.address, carried }];
    await this.#world.client.workflow.start('moneyOperations', {
      workflowId,
      taskQueue: PATIENT.taskQueue,
      args,
    });
  }

  /** Opened, on hold, and the run knows it. */
  async hold(): Promise<void> {
    await this.open();
    change(this.session, 'ON_HOLD');
    await this.callback('e1');
  }

  /** Opened so long ago that its deadline has passed. */
  async expire(): Promise<void> {
    this.stored(LIFETIME_MS - 1_500);
    await this.takeOver({ seen: [] });
    await this.becomes('EXPIRED');
    await this.quiet();
  }

  /** The next run of the payment, once its history has grown long. */
  async becomesLong(workflowId = paymentWorkflowId(this.payment)): Promise<void> {
    const handle = this.#world.client.workflow.getHandle(workflowId);
    const isNext = async () => {
      const [first] = (await handle.fetchHistory()).events ?? [];
      return Boolean(first?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId);
    };
    await until('the run is continued as a new one', isNext, 90_000);
  }

  quiet(workflowId = paymentWorkflowId(this.payment)): Promise<void> {
    return untilQuiet(this.#world.client, workflowId);
  }

  /** The run itself knows the recorded status. */
  knows(status: StoredPayment['status']): Promise<void> {
    const handle = this.#world.client.workflow.getHandle(paymentWorkflowId(this.payment));
    const does = async () => (await handle.query(getState)).status === status;
    return until(`the run knows that its payment is ${status}`, does, 60_000);
  }

  becomes(status: StoredPayment['status']): Promise<void> {
    return until(`the payment becomes ${status}`, () => this.payment.status === status, 60_000);
  }
}

/** The first attempt never ends, as if its worker had died, and the server starts another. */
function dyingIn(name: keyof FakeOrder['before']): (story: Story) => Promise<void> {
  return async (story) => {
    story.fake.before[name] = () =>
      Context.current().info.attempt === 1 ? Context.current().cancelled : undefined;
    story.claim();
    const opened = story.beginOpening();
    if (name !== 'openSession') await opened;
    if (name === 'cancelSession') return void (await story.runs.cancel(story.address, { noteKey: 'note' }));
    await opened;
    story.fake.isMerchantDeaf = name === 'notifyMerchant';
    change(story.session, 'AUTHORIZED');
    await story.callback('e1');
    const [paid] = story.fake.order.updates;
    if (story.fake.isMerchantDeaf) await story.runs.tell(story.address, paid?.effectId ?? '');
    await until('the merchant knows', () => story.fake.order.updates.some(({ told }) => told), 60_000);
  };
}

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  ...OPENING_SCENARIOS,
  ...TROUBLED_OPENING_SCENARIOS,
  ...REVIEW_SCENARIOS,
  ...CLOSING_SCENARIOS,
  ...TAKING_OVER_SCENARIOS,
  ...ATTEMPT_SCENARIOS,
  ...ODD_SCENARIOS,
  ...UNRECORDED_SCENARIOS,
  async paid(story) {
    await story.open();
    change(story.session, 'AUTHORIZED');
    await story.callback('e1');
  },
  /** The request that created the payment could not open its session. */
  async 'opened-by-run'(story) {
    await story.openByRun();
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
    story.fake.before.recording = () => {
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
    const opened = story.beginOpening();
    await story.runs.callback(story.address, callbackSignal('e1'));
    release();
    await opened;
    change(story.session, 'AUTHORIZED');
    await story.becomes('AUTHORIZED');
  },
  expired: (story) => story.expire(),
  async 'expiry-finds-money'(story) {
    story.stored(LIFETIME_MS - 1_500);
    await story.takeOver({ seen: [] });
    change(story.session, 'AUTHORIZED');
    await story.becomes('AUTHORIZED');
  },
  async cancelled(story) {
    await story.open();
    await story.runs.cancel(story.address, { noteKey: 'note' });
  },
  async 'cancel-confirmed-late'(story) {
    await story.open();
    let reads = 0;
    story.fake.before.lookAtPayment = () => {
      reads += 1;
      story.session.state = reads < 3 ? 'open' : 'cancelled';
    };
    await story.runs.cancel(story.address, { noteKey: 'note' });
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
    await story.expire();
    change(story.session, 'AUTHORIZED');
    await story.callback('late');
    await story.runs.resolve(story.address, { decision: 'dismiss', noteKey: 'note' });
  },
  async 'review-resolved'(story) {
    story.fake.policy = 'review';
    await story.expire();
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
  /**
   * An event that was read meanwhile is no news; an event that was not shown and an error cause another look.
   */
  async 'echo-answered'(story) {
    await story.open();
    story.shows('CAPTURED', { knownEvents: ['capture-1'] });
    const transactionId = transactionIdOf(story.session);
    story.fake.before.recording = async () => {
      story.fake.before = {};
      const about = (eventRef: string) => ({ transactionId, event: 'CAPTURE', eventRef });
      const claims = [about('capture-1'), about('capture-2'), { transactionId, error: 'REFUSED' }];
      for (const [index, claim] of claims.entries())
        await story.runs.callback(story.address, { ...callbackSignal(`e${index}`), claim });
    };
    await story.runs.poke(story.address, { why: 'return', at: new Date().toISOString() });
    await story.becomes('CAPTURED');
    await story.quiet();
  },
  async 'surplus-closed'(story) {
    story.fake.mayHaveSurplus = true;
    await story.openByRun();
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
  'killed-in-look': dyingIn('lookAtPayment'),
  'killed-while-recording': dyingIn('recording'),
  'killed-in-notify-merchant': dyingIn('notifyMerchant'),
  'killed-in-cancel-session': dyingIn('cancelSession'),
};
