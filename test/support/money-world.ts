/**
 * Everything that moves money, real: our workflows and activities, a store, the sandbox. Only the clock can
 * be moved.
 */
import type { Client } from '@temporalio/client';
import { eq } from 'drizzle-orm';
import { createActivities } from '../../src/activities/create-activities.ts';
import { createRecording } from '../../src/updates/recording.ts';
import { createWakingActivities } from '../../src/activities/start-workflows.ts';
import { NO_PAYLOAD_KEYS, type PayloadKeys } from '../../src/config/payload-keys.ts';
import type { OperationKind } from '../../src/domain/operation.ts';
import type { CaptureMode } from '../../src/domain/payment.ts';
import type { LateMoneyPolicy } from '../../src/domain/apply-finding.ts';
import { createDinteroGateway } from '../../src/gateways/dintero/adapter.ts';
import type { Gateway } from '../../src/gateways/gateway.ts';
import { writeDecision } from '../../src/store/decisions.ts';
import { aboutOperation } from '../../src/store/about-operation.ts';
import { claimOperation, findOperation, type OperationRow } from '../../src/store/operations.ts';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import { findOrder, findPayment, type OrderRow, type PaymentRow } from '../../src/store/payments.ts';
import { outbox } from '../../src/store/schema/update-tables.ts';
import { createMoneyRuns, type MoneyRuns } from '../../src/temporal/money-runs.ts';
import { createPaymentRuns, type PaymentRuns } from '../../src/temporal/payment-runs.ts';
import { moneyWorkflowId, paymentWorkflowId, type GiveBackRequest } from '../../src/workflows/messages.ts';
import { ACCOUNT, startSandbox, type SandboxClient } from '../sandbox/sandbox-client.ts';
import { addressOf, aFinding, aPayment, aRecord, attempted, TELLS } from './builders.ts';
import { startServer } from './connected-server.ts';
import { workflowBundle, PATIENT, startWorkers } from './workers.ts';
import { stoppedAnyhow } from './run-activities.ts';
import { openAtGateway, startRun } from './open-payment.ts';
import { withJoinedSessions, type JoinedSessions } from './joined-sessions.ts';
import { untilQuiet } from './quiet.ts';
import { openTestStore, type TestStore } from './store.ts';
import { until } from './until.ts';

const MONEY = { amountMinor: 10_000, currency: 'NOK' };
const HOUR_MS = 3_600_000;
/** Sessions live by real time. Where the clock runs days ahead, they must not expire before they begin. */
const LIFETIME_MS = { real: 4 * HOUR_MS, skipping: 60 * 24 * HOUR_MS };

export interface MoneyWorld {
  readonly client: Client;
  /** Lets time pass, where the clock can be moved. @throws Error where it can't */
  sleep(ms: number): Promise<void>;
  readonly store: TestStore;
  readonly sandbox: SandboxClient;
  readonly gateway: Gateway;
  /** Sessions that also show the transaction of another session. */
  readonly joined: JoinedSessions;
  readonly pollIntervalMs: number;
  readonly runs: PaymentRuns;
  readonly money: MoneyRuns;
  readonly lifetimeMs: number;
  /** The types of the updates to the merchant, in order. */
  readonly told: string[];
  policy: LateMoneyPolicy;
  /** Called after an attempt has recorded its result, and before its run knows it. */
  afterAttempt: (paymentId: string) => Promise<void>;
  close(): Promise<void>;
}

export async function startMoneyWorld(
  time: 'real' | 'skipping' = 'real',
  dynamicConfig: readonly string[] = [],
  keys: PayloadKeys = NO_PAYLOAD_KEYS,
): Promise<MoneyWorld> {
  const lifetimeMs = LIFETIME_MS[time];
  const server = await startServer(time, dynamicConfig, keys);
  const [store, sandbox] = [await openTestStore(), await startSandbox()];
  const joined: JoinedSessions = new Map();
  const gateway = withJoinedSessions(gatewayAt(sandbox.url), joined);
  const runs = createPaymentRuns(server.client, PATIENT);
  const money = createMoneyRuns(server.client, PATIENT);
  const world: Pick<MoneyWorld, 'policy' | 'told' | 'afterAttempt'> = {
    policy: 'give_back',
    told: [],
    afterAttempt: () => Promise.resolve(),
  };
  const recording = {
    livemode: () => false,
    tells: true,
    get policy() {
      return world.policy;
    },
  };
  const notifyMerchant = (effectId: string) => told(store, effectId, world.told);
  const tell = (_: string, effects: readonly string[]) => void tellAll(effects, notifyMerchant);
  const real = createActivities({
    recording: createRecording(store.db, recording, { tell }),
    gatewayNamed: () => gateway,
    opening: { pollIntervalMs: HOUR_MS, lifetimeMs },
  });
  const activities = {
    ...real,
    async attemptOperation(...asked: Parameters<typeof real.attemptOperation>) {
      const result = await real.attemptOperation(...asked);
      await world.afterAttempt(asked[0].paymentId);
      return result;
    },
    ...createWakingActivities({ db: store.db, runs, money }),
    notifyMerchant,
  };
  const stop = await startWorkers(server.native, await workflowBundle(keys), activities, undefined, keys);
  return Object.assign(world, {
    client: server.client,
    sleep: (ms: number) => server.sleep(ms),
    store,
    sandbox,
    gateway,
    joined,
    pollIntervalMs: HOUR_MS,
    runs,
    money,
    lifetimeMs,
    async close() {
      try {
        await stop().catch(stoppedAnyhow);
      } finally {
        await server.close();
        await sandbox.close();
        await store.close();
      }
    },
  });
}

function gatewayAt(url: string): Gateway {
  return createDinteroGateway({
    accountId: ACCOUNT,
    clientId: 'sandbox-client',
    clientSecret: 'sandbox-client-secret-0001',
    profileId: 'default',
    signatureSecrets: ['sandbox-signature-secret-0001'],
    apiUrl: url,
    checkoutUrl: url,
    publicUrl: 'https://pay.example',
  });
}

/** One after another, like the process that has committed them. */
async function tellAll(
  effects: readonly string[],
  notify: (effectId: string) => Promise<unknown>,
): Promise<void> {
  for (const effectId of effects) await notify(effectId);
}

async function told(store: TestStore, effectId: string, all: string[]): Promise<'delivered'> {
  const isTold = await attempted(store.db, effectId, { state: 'delivered', answer: '200' });
  if (isTold) all.push(effectId.replace(/^.*(order\.[a-z_]+).*$/, '$1'));
  return 'delivered';
}

/** A payment with its session open at the gateway. */
export async function anOpenPayment(world: MoneyWorld, capture: CaptureMode = 'manual'): Promise<PaymentRow> {
  const expiresAt = new Date(Date.now() + world.lifetimeMs);
  const { id } = await aPayment(world.store.db, { money: MONEY, capture, expiresAt });
  const payment = await reread(world, id);
  await startRun(world, await openAtGateway(world, payment));
  return reread(world, id);
}

/** A payment that has paid its order, by an outcome of the sandbox: `authorize` or `capture`. */
export async function aPaidPayment(
  world: MoneyWorld,
  pay: object = { outcome: 'authorize' },
): Promise<PaymentRow> {
  const payment = await anOpenPayment(world);
  await payAt(world, payment, pay);
  await look(world, payment);
  await untilOrder(world, payment, 'PAID');
  // A signal to a run that is just ending is refused by the time-skipping server, unlike by the real one.
  await untilQuiet(world.client, paymentWorkflowId(payment));
  return reread(world, payment.id);
}

/** Returns the id of the new transaction. */
export async function payAt(world: MoneyWorld, { sessionId }: PaymentRow, pay: object): Promise<string> {
  const answer = await world.sandbox.call('POST', `/__sim/sessions/${sessionId}/pay`, pay);
  if (answer.status < 300) return answer.body.transactionId;
  throw new Error(`the sandbox refuses the payment: ${JSON.stringify(answer.body)}`);
}

/** The next payment of the same order, its session open. */
export async function anotherPayment(world: MoneyWorld, { orderReference }: PaymentRow): Promise<PaymentRow> {
  const { id } = await aPayment(world.store.db, {
    money: MONEY,
    orderReference,
    expiresAt: new Date(Date.now() + world.lifetimeMs),
  });
  const payment = await reread(world, id);
  await startRun(world, await openAtGateway(world, payment));
  return reread(world, id);
}

/** Failed, and authorized after the payer has begun again: the first one pays, the second one is closed. */
export async function paidBesideAnother(world: MoneyWorld): Promise<[PaymentRow, PaymentRow]> {
  const first = await anOpenPayment(world);
  const failed = await payAt(world, first, { outcome: 'fail' });
  await look(world, first);
  await untilPayment(world, first, 'FAILED');
  const second = await anotherPayment(world, first);
  const change = { status: 'AUTHORIZED', force: true };
  await world.sandbox.call('POST', `/__sim/transactions/${failed}/change`, change);
  await look(world, first);
  await untilOrder(world, first, 'PAID');
  await untilPayment(world, second, 'CANCELLED');
  return [first, second];
}

/** Like the sweep. */
export function look(world: MoneyWorld, payment: PaymentRow): Promise<void> {
  return world.runs.look(addressOf(payment), { why: 'sweep', at: new Date().toISOString() });
}

export function untilOrder(
  world: MoneyWorld,
  payment: PaymentRow,
  status: OrderRow['status'],
): Promise<void> {
  const is = async () => (await orderOf(world, payment)).status === status;
  return until(`the order of ${payment.id} becomes ${status}`, is, 30_000);
}

export function untilPayment(
  world: MoneyWorld,
  { id }: PaymentRow,
  status: PaymentRow['status'],
): Promise<void> {
  const is = async () => (await reread(world, id)).status === status;
  return until(`payment ${id} becomes ${status}`, is, 30_000);
}

export async function orderOf(world: MoneyWorld, payment: PaymentRow): Promise<OrderRow> {
  const found = await findOrder(world.store.db, payment.orderReference);
  if (found === null) throw new Error(`there is no order ${payment.orderReference}`);
  return found.order;
}

export async function reread(world: MoneyWorld, id: string): Promise<PaymentRow> {
  const payment = await findPayment(world.store.db, id);
  if (payment === null) throw new Error(`there is no payment ${id}`);
  return payment;
}

/** Records an operation and has it carried out, like the API. */
export async function operate(
  world: MoneyWorld,
  payment: PaymentRow,
  kind: OperationKind,
  reference: string,
  amount: number | null = null,
): Promise<OperationRow> {
  const wanted = { paymentId: payment.id, kind, reference, bodyHash: String(amount), wanted: amount };
  const { operation } = await claimOperation(world.store.db, {
    ...wanted,
    finalCapture: false,
    cause: 'merchant',
  });
  await world.money.carryOut(addressOf(payment), operation.id, aboutOperation(operation, payment));
  return operationOf(world, payment, kind, reference);
}

/** Records a decision and has it carried out, like the API. */
export async function giveBackAsOperator(world: MoneyWorld, payment: PaymentRow): Promise<void> {
  const noteKey = await decidedByAda(world, payment);
  await world.money.giveBack(addressOf(payment), { cause: 'operator', noteKey });
}

function decidedByAda({ store }: MoneyWorld, { id }: PaymentRow): Promise<string> {
  const text = 'ada asked to give the money back: a test';
  return writeDecision(store.db, id, { text, data: { decision: 'give_back' } });
}

export async function operationOf(
  world: MoneyWorld,
  payment: PaymentRow,
  kind: OperationKind,
  reference: string,
): Promise<OperationRow> {
  const operation = await findOperation(world.store.db, payment.id, reference, kind);
  if (operation === null) throw new Error(`there is no ${kind} ${reference}`);
  return operation;
}

/** The money operations in the sandbox's own books: `CAPTURE 6000`. */
export async function doneAt(world: MoneyWorld, { transactionId }: PaymentRow): Promise<string[]> {
  const { body } = await world.sandbox.api('GET', `/v1/transactions/${transactionId}`);
  const events = body.events as { event: string; success: boolean; amount: number }[];
  const moves = events.filter(
    ({ event, success }) => success && ['CAPTURE', 'REFUND', 'VOID'].includes(event),
  );
  return moves.map(({ event, amount }) => `${event} ${amount}`);
}

/** Closed by the merchant in our books, and then paid nevertheless. */
export async function lateMoney(
  world: MoneyWorld,
  outcome: 'authorize' | 'capture',
  faults: object = {},
): Promise<PaymentRow> {
  const payment = await anOpenPayment(world);
  const finding = aFinding('CANCELLED', { closedBy: 'merchant' });
  const { effects } = await recordFinding(world.store.db, aRecord(payment, { finding }), TELLS);
  for (const effectId of effects) await told(world.store, effectId, world.told);
  await payAt(world, payment, { outcome, faults });
  await look(world, payment);
  return payment;
}

/**
 * Late money that can't go back at first. A person who sees the REVIEW decides before the run knows of the
 * failure, and decides again while the decision is being carried out.
 */
export async function decidedEarly(world: MoneyWorld): Promise<PaymentRow> {
  let decision: GiveBackRequest | undefined;
  let answer: Promise<void> | undefined;
  world.afterAttempt = async (id) => {
    const payment = await reread(world, id);
    if (decision !== undefined) return world.money.requestGiveBack(addressOf(payment), decision);
    decision = { cause: 'operator', noteKey: await decidedByAda(world, payment) };
    answer = world.money.giveBack(addressOf(payment), decision);
    await untilAccepted(world, payment);
  };
  const payment = await lateMoney(world, 'authorize', { void: { result: 'failure', times: 1 } });
  await until('a person has decided', () => answer !== undefined, 30_000);
  await answer;
  world.afterAttempt = () => Promise.resolve();
  return payment;
}

/** The money run has the update in its history. */
async function untilAccepted({ client }: MoneyWorld, { id }: PaymentRow): Promise<void> {
  const run = client.workflow.getHandle(moneyWorkflowId(id));
  const isAccepted = async () => {
    const { events } = await run.fetchHistory();
    return (events ?? []).some((event) => event.workflowExecutionUpdateAcceptedEventAttributes != null);
  };
  await until('the decision reaches the run', isAccepted, 30_000);
}

/** Late money that a person voids while our own void has to wait. */
export async function goneMeanwhile(world: MoneyWorld): Promise<PaymentRow> {
  const payment = await lateMoney(world, 'authorize', { void: { status: 429, retryAfter: 3, times: 1 } });
  const isWaiting = async () => {
    const operation = await findOperation(world.store.db, payment.id, 'give-back-1');
    return operation !== null && operation.amount !== null && operation.sentAt === null;
  };
  await until('our void waits', isWaiting, 30_000);
  const { transactionId } = await reread(world, payment.id);
  await world.sandbox.api('POST', `/v1/transactions/${transactionId}/void`);
  return payment;
}

export function untilFinished(
  world: MoneyWorld,
  payment: PaymentRow,
  kind: OperationKind,
  reference: string,
): Promise<void> {
  const is = async () =>
    ['done', 'failed'].includes((await operationOf(world, payment, kind, reference)).state);
  return until(`${kind} ${reference} has ended`, is, 60_000);
}

/** No update of an earlier test reaches the next one. */
export function untilAllTold({ store }: Pick<MoneyWorld, 'store'>): Promise<void> {
  const countUntold = () => store.db.$count(outbox, eq(outbox.state, 'pending'));
  return until('all is told', async () => (await countUntold()) === 0, 30_000);
}
