/** One order in a payment world: what its payer, its gateway, its merchant and its callers do. */
import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { eq } from 'drizzle-orm';
import { withHeartbeat } from '../../src/activities/heartbeat.ts';
import type { LateMoneyPolicy } from '../../src/domain/apply-finding.ts';
import type { Callback } from '../../src/domain/callback.ts';
import type { PaymentAddress, PaymentStatus } from '../../src/domain/payment.ts';
import type { Transaction, TransactionStatus } from '../../src/domain/transaction.ts';
import type { LookRequest, Poke } from '../../src/domain/trigger.ts';
import type { Gateway } from '../../src/gateways/gateway.ts';
import type { NewPayment } from '../../src/store/claim-payment.ts';
import { logDelivery } from '../../src/store/log-delivery.ts';
import { findOrder, type OrderRow, type PaymentRow } from '../../src/store/payments.ts';
import { deliveries } from '../../src/store/schema/delivery-table.ts';
import { orders, payments, timeline } from '../../src/store/schema/order-tables.ts';
import { outbox } from '../../src/store/schema/update-tables.ts';
import type { MoneyRuns } from '../../src/temporal/money-runs.ts';
import type { PaymentRuns } from '../../src/temporal/payment-runs.ts';
import {
  getState,
  moneyWorkflowId,
  paymentWorkflowId,
  type CancelResult,
  type CarriedState,
  type MoneyInput,
  type ResolveResult,
} from '../../src/workflows/messages.ts';
import { Psp, type Page } from '../gateways/simulator/psp.ts';
import { addressOf, aDecision, aDelivery, aPayment } from './builders.ts';
import { openAtGateway, startRun } from './open-payment.ts';
import type { PaymentWorld } from './payment-world.ts';
import type { TestStore } from './store.ts';
import { untilQuiet, updatesReached } from './quiet.ts';
import type { RunActivities } from './run-activities.ts';
import { aSimulator, openUnknown } from './simulation.ts';
import { newScript, storyGateway, turn, type GatewayScript } from './story-gateway.ts';
import { activitiesOf, LIFETIME_MS } from './story-activities.ts';
import { until } from './until.ts';
import { PATIENT } from './workers.ts';

export const NOK = { amountMinor: 72_200, currency: 'NOK' };
const HOUR_MS = 3_600_000;
/** From the claim to our own deadline. */
export const EXPIRES_AFTER_MS = LIFETIME_MS + HOUR_MS / 4;

export type ActivityName = keyof RunActivities;

/** Leaves the history of its payment's run, or those of the workflows whose ids it returns. */
export type Scenario = (story: Story) => Promise<readonly string[] | void>;

export class Story {
  readonly reference: string;
  readonly world: PaymentWorld;
  readonly psp = new Psp('secret');
  readonly script: GatewayScript = newScript();
  readonly gateway: Gateway = storyGateway(this.psp, this.script, () => this.before.recording?.());
  policy: LateMoneyPolicy = 'give_back';
  pollIntervalMs = HOUR_MS;
  /** No first attempt reaches the merchant, so a run has to retry. */
  isMerchantDeaf = false;
  /** Called once a finding with news for the merchant is committed. */
  committed: () => unknown = () => undefined;
  /** Called before an activity, or before a look records what the gateway has answered. */
  before: Partial<Record<ActivityName | 'recording', () => unknown>> = {};
  /** The results of an activity, in order, instead of its own. */
  readonly results: Partial<Record<ActivityName, unknown[]>> = {};
  /** When an opening was tried by the run, on the server's clock. */
  readonly openings: number[] = [];
  /** The order's first payment, once it is claimed. */
  #address: PaymentAddress | undefined;
  readonly #activities: RunActivities;

  constructor(world: PaymentWorld, reference: string) {
    this.world = world;
    this.reference = reference;
    this.#activities = activitiesOf(this);
    world.stories.set(reference, this);
  }

  get client(): Client {
    return this.world.server.client;
  }

  get store(): TestStore {
    return this.world.store;
  }

  get runs(): PaymentRuns {
    return this.world.runs;
  }

  get money(): MoneyRuns {
    return this.world.money;
  }

  /** Of the order's first payment. */
  get address(): PaymentAddress {
    if (this.#address === undefined) throw new Error(`order ${this.reference} has no payment yet`);
    return this.#address;
  }

  get workflowId(): string {
    return paymentWorkflowId(this.address);
  }

  /** The first session. */
  get session(): Page {
    const [session] = this.psp.pages;
    if (session === undefined) throw new Error(`order ${this.reference} has no session yet`);
    return session;
  }

  /** Of the first session's transaction, also before there is one. */
  get transactionId(): string {
    return `${this.session.id}-deal`;
  }

  /** A payment without a row in our store. */
  get addressOfNobody(): PaymentAddress {
    return {
      paymentId: `${this.reference}-p1`,
      orderReference: this.reference,
      n: 1,
      gateway: this.gateway.id,
    };
  }

  get idOfNobody(): string {
    return paymentWorkflowId(this.addressOfNobody);
  }

  /** Carries out an activity of the order's runs. */
  async play(name: ActivityName, input: never): Promise<unknown> {
    if (name === 'openSession') this.openings.push(Date.now());
    await this.before[name]?.();
    const results = this.results[name];
    if (results === undefined) return this.#activityNamed(name)(input);
    if (results.length === 0) throw new Error(`the story has no more results of ${name}`);
    return results.shift();
  }

  /** @throws ApplicationFailure, since the SDK would retry a call of what is not there without end */
  #activityNamed(name: ActivityName): (input: never) => Promise<unknown> {
    const activity: ((input: never) => Promise<unknown>) | undefined = this.#activities[name];
    if (activity === undefined) throw ApplicationFailure.nonRetryable(`there is no activity ${name}`);
    return activity;
  }

  /** The order's next payment; `ageMs` old, so that an event that is due after hours is due now. */
  async claim(ageMs = 0, changes: Partial<NewPayment> = {}): Promise<PaymentRow> {
    const createdAt = new Date(Date.now() - ageMs);
    const expiresAt = new Date(createdAt.getTime() + LIFETIME_MS);
    const wanted = { orderReference: this.reference, money: NOK, expiresAt, ...changes };
    const payment = { ...(await aPayment(this.store.db, wanted)), createdAt };
    await this.change({ createdAt }, payment.id);
    this.#address ??= addressOf(payment);
    return payment;
  }

  /** Claimed and with its session at the gateway, and no run watches it. */
  async stored(ageMs = 0, changes: Partial<NewPayment> = {}): Promise<PaymentRow> {
    return this.openAtGateway(await this.claim(ageMs, changes));
  }

  /** Its session is opened and recorded, without a run. */
  openAtGateway(payment: PaymentRow): Promise<PaymentRow> {
    return openAtGateway(this, payment);
  }

  /** Opened like by the API: the request opens the session itself, and then starts the run. */
  async open(changes: Partial<NewPayment> = {}): Promise<PaymentRow> {
    const payment = await this.stored(0, changes);
    await startRun(this, payment);
    return payment;
  }

  /** A session at the gateway alone, as after an answer that was lost. */
  leaveBehind({ paymentId, orderReference, n } = this.address): Promise<Page> {
    return openUnknown(this.psp, { paymentId, orderReference, n }, NOK);
  }

  /** Opened by its run, so long after the claim that an earlier run may have opened a session too. */
  async openAgain(): Promise<void> {
    await this.claim(60_000);
    await this.runs.open(this.address);
  }

  /** The run opens it; nothing awaits the answer yet, so a failure is reported later. */
  beginOpening(): Promise<unknown> {
    const opened = this.runs.open(this.address);
    opened.catch(() => undefined);
    return opened;
  }

  /** One callback, and all its immediate effects. */
  async callback(eventId: string, claim: Callback['claim'] = {}): Promise<void> {
    await this.call(eventId, claim);
    await this.quiet();
  }

  /** The callback alone: in the log, and at the run. */
  async call(eventId: string, claim: Callback['claim'] = {}, to = this.address): Promise<void> {
    const { paymentId, orderReference, n } = to;
    const received = { eventId: `${this.reference}/${eventId}`, contentHash: eventId, claim };
    const delivery = { ...aDelivery(null, received), key: { paymentId, orderReference, n } };
    await logDelivery(this.store.db, delivery);
    await this.runs.callback(to, { ...received, receivedAt: new Date().toISOString() });
  }

  async poke(why: Poke['why']): Promise<void> {
    await this.runs.poke(this.address, { why, at: new Date().toISOString() });
    await this.quiet();
  }

  async look(why: LookRequest['why']): Promise<void> {
    await this.runs.look(this.address, { why, at: new Date().toISOString() });
    await this.quiet();
  }

  /** The merchant cancels. */
  async cancel(): Promise<CancelResult> {
    return this.runs.cancel(this.address, { noteKey: await this.decided('cancel') });
  }

  /** An operator decides. */
  async resolve(decision: 'accept' | 'dismiss', noteKey?: string): Promise<ResolveResult> {
    return this.runs.resolve(this.address, { decision, noteKey: noteKey ?? (await this.decided(decision)) });
  }

  /** The note of a decision, as the API writes it; its key. */
  decided(decision: Parameters<typeof aDecision>[2]): Promise<string> {
    return aDecision(this.store.db, { id: this.address.paymentId }, decision);
  }

  /** The transaction of a session gets this status. */
  turns(status: TransactionStatus, session = this.session): void {
    turn(this.psp, session, status);
  }

  /** The gateway shows the session's transaction, but with these differences. */
  async shows(status: TransactionStatus, otherwise: Partial<Transaction>): Promise<void> {
    this.turns(status);
    const reading = await aSimulator({}, this.psp).readPayment({ sessionId: this.session.id });
    if (reading.kind !== 'transaction')
      throw new Error(`the session shows no transaction, but ${reading.kind}`);
    this.script.says = { kind: 'transaction', transaction: { ...reading.transaction, ...otherwise } };
  }

  /** The first payment's row. */
  async payment(n = 1): Promise<PaymentRow> {
    const payment = (await this.#read()).payments.find((row) => row.n === n);
    if (payment === undefined) throw new Error(`order ${this.reference} has no payment ${n}`);
    return payment;
  }

  /** The order's row, and how often it was paid. */
  async order(): Promise<OrderRow & { paidTimes: number }> {
    const { order } = await this.#read();
    const paid = (await this.updates()).filter((type) => type === 'order.paid');
    return { ...order, paidTimes: paid.length };
  }

  async #read(): Promise<NonNullable<Awaited<ReturnType<typeof findOrder>>>> {
    const found = await findOrder(this.store.db, this.reference);
    if (found === null) throw new Error(`there is no order ${this.reference}`);
    return found;
  }

  /** The types of the order's updates to the merchant, in order. */
  async updates(): Promise<string[]> {
    return (await this.outbox()).map(({ type }) => type);
  }

  /** Those that the merchant has acknowledged. */
  async told(): Promise<string[]> {
    return (await this.outbox()).filter(({ state }) => state === 'delivered').map(({ type }) => type);
  }

  outbox(): Promise<(typeof outbox.$inferSelect)[]> {
    const isOfOrder = eq(outbox.orderReference, this.reference);
    return this.store.db.select().from(outbox).where(isOfOrder).orderBy(outbox.sequence);
  }

  /** The event ids whose look has ended, and those of no payment of ours. */
  async deliveries(state: 'handled' | 'ignored'): Promise<string[]> {
    const isOfOrder = eq(deliveries.orderReference, this.reference);
    const rows = await this.store.db.select().from(deliveries).where(isOfOrder);
    const isWanted = (row: (typeof rows)[number]) =>
      state === 'ignored' ? row.outcome === 'ignored' : row.outcome !== 'ignored' && row.state === 'handled';
    return rows
      .filter(isWanted)
      .map(({ eventId }) => String(eventId).slice(this.reference.length + 1))
      .toSorted();
  }

  /** The texts of the payment's timeline. */
  async notes(): Promise<string[]> {
    const isOfPayment = eq(timeline.paymentId, this.address.paymentId);
    const rows = await this.store.db.select().from(timeline).where(isOfPayment).orderBy(timeline.id);
    return rows.map(({ text }) => text);
  }

  /** Writes into the payment's row, as if an earlier story had. */
  async change(changes: Partial<PaymentRow>, id = this.address.paymentId): Promise<void> {
    await this.store.db.update(payments).set(changes).where(eq(payments.id, id));
  }

  async changeOrder(changes: Partial<OrderRow>): Promise<void> {
    await this.store.db.update(orders).set(changes).where(eq(orders.reference, this.reference));
  }

  /** Delays an activity until the returned function is called. Its worker does not seem dead meanwhile. */
  holdBack(name: keyof Story['before']): () => void {
    let release = () => {};
    const gate = new Promise<void>((settle) => (release = settle));
    this.before[name] = () => withHeartbeat(() => gate);
    return release;
  }

  /** Starts a run with the state that an earlier run of the same payment would have handed over. */
  async takeOver(carried: CarriedState): Promise<void> {
    const args = [{ ...this.address, carried }];
    const { workflowId } = this;
    await this.client.workflow.start('paymentSession', { workflowId, taskQueue: PATIENT.taskQueue, args });
    await this.quiet();
  }

  /** The same for the payment's money run. */
  async takeOverMoney(carried: NonNullable<MoneyInput['carried']>): Promise<void> {
    const workflowId = moneyWorkflowId(this.address.paymentId);
    const args = [{ ...this.address, carried }];
    await this.client.workflow.start('moneyOperations', { workflowId, taskQueue: PATIENT.taskQueue, args });
  }

  /** Opened, on hold, and the run knows it. */
  async hold(): Promise<void> {
    await this.open();
    this.turns('ON_HOLD');
    await this.callback('e1');
  }

  /** Opened so long ago that its deadline has passed. */
  async expire(): Promise<void> {
    await this.stored(EXPIRES_AFTER_MS - 1_500);
    await this.takeOver({ seen: [] });
    await this.becomes('EXPIRED');
    await this.quiet();
  }

  /** Another payment has paid the order. */
  paidByAnother(): Promise<void> {
    return this.changeOrder({ status: 'PAID', paidPaymentId: 'another payment' });
  }

  /** Makes the run send an update, which keeps it open until the returned function is called. */
  async telling(effectId = `${this.reference}/order.payment_pending/told`): Promise<() => void> {
    const release = this.holdBack('notifyMerchant');
    await this.runs.tell(this.address, effectId);
    return release;
  }

  /** Waits until the run handles this many updates. */
  reached(updates: number): Promise<void> {
    const { client, workflowId } = this;
    const reached = () => updatesReached(client, workflowId).catch(() => 'no run yet');
    const has = async () => (await reached()).endsWith(` ${updates}`);
    return until(`${updates} updates have reached ${workflowId}`, has, 30_000);
  }

  /** The next run of the payment, once its history has grown long. */
  async becomesLong(workflowId = this.workflowId): Promise<void> {
    const handle = this.client.workflow.getHandle(workflowId);
    const isNext = async () => {
      const [first] = (await handle.fetchHistory()).events ?? [];
      return Boolean(first?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId);
    };
    await until('the run is continued as a new one', isNext, 90_000);
  }

  /** No run watches it any more, as after a Terminate in the Web UI. */
  async terminate(workflowId = this.workflowId): Promise<void> {
    await this.client.workflow.getHandle(workflowId).terminate('the story');
  }

  quiet(workflowId = this.workflowId): Promise<void> {
    return untilQuiet(this.client, workflowId, () => this.script.isDown);
  }

  /** Time passes, and everything happens that is due. */
  async pass(ms: number): Promise<void> {
    await this.world.sleep(ms);
    await this.quiet();
  }

  /** The run itself knows the recorded status. */
  knows(status: PaymentStatus): Promise<void> {
    const handle = this.client.workflow.getHandle(this.workflowId);
    const does = async () => (await handle.query(getState)).status === status;
    return until(`the run knows that its payment is ${status}`, does, 60_000);
  }

  becomes(status: PaymentStatus, n = 1): Promise<void> {
    const is = async () => (await this.payment(n)).status === status;
    return until(`payment ${n} of ${this.reference} becomes ${status}`, is, 60_000);
  }
}
