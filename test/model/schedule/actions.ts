/**
 * Actions of people and machines, at random times. An action that is impossible in the current world does
 * nothing.
 */
import { openPayment } from '../../../src/api/payments/open-payment.ts';
import { closePayment } from '../../../src/api/payments/cancel-payment.ts';
import { Refusal } from '../../../src/api/refusal.ts';
import { resolve } from '../../../src/api/payments/resolve-payment.ts';
import type { OperationKind } from '../../../src/domain/operation.ts';
import { isSettled } from '../../../src/domain/payment.ts';
import type { PaymentRow } from '../../../src/store/payments.ts';
import { RunEnded, RunsUnavailable } from '../../../src/temporal/run-calls.ts';
import { paymentWorkflowId } from '../../../src/workflows/messages.ts';
import { MadeTrouble } from '../temporal/activity-try.ts';
import { enterActivity } from '../temporal/current.ts';
import { isMarkedForSurplus } from '../../../src/domain/surplus.ts';
import { KeyedPsp } from '../world/keyed-psp.ts';
import type { Part } from '../world/trouble.ts';
import type { World } from '../world/world.ts';
import { dispute, failRefund, payKeyed } from './keyed-payers.ts';
import { changeMind, pay, payable, reverse, settleHold } from './payers.ts';

const AMOUNTS = [10_000, 10_000, 10_000, 7_000];
const HOUR_MS = 3_600_000;
/** The name of the API key of all requests. */
const KEY = 'shop';

export type Action = (world: World) => void;

export const ACTIONS = {
  shop: (world) => ask(world, 'the payer goes to pay', () => shop(world, false)),
  replace: (world) => ask(world, 'the payer starts again', () => shop(world, true)),
  cancel: (world) => {
    const payment = newest(world);
    if (payment === undefined) return;
    ask(world, `the merchant cancels ${payment.id}`, () => {
      closing(world, payment);
      return closePayment(world.service, payment, { key: KEY });
    });
  },
  pay: (world) => {
    const session = world.chance.pick(payable(world));
    if (session === undefined) return;
    if (world.psp instanceof KeyedPsp) payKeyed(world, world.psp, session);
    else pay(world, session);
  },
  comeBack: (world) => {
    const session = world.chance.pick(world.psp.sessions);
    if (session !== undefined) world.network.poke(session, 'return');
  },
  forge: (world) => {
    const session = world.chance.pick(world.psp.sessions);
    if (session !== undefined) world.network.poke(session, 'unproved_callback');
  },
  repeat: (world) => world.network.repeat(),
  mislead: (world) => {
    const { psp, chance, network } = world;
    if (psp.sessions.length > 1) network.mislead(chance.pick(psp.sessions), chance.pick(psp.sessions));
  },
  settleHold: (world) => settleHold(world),
  changeMind: (world) => changeMind(world),
  reverse: (world) => reverse(world),
  byHand: (world) => byHand(world),
  move: (world) => move(world),
  moveTwice: (world) => {
    move(world);
    move(world);
  },
  decide: (world) => decide(world),
  dispute: (world) => dispute(world),
  failRefund: (world) => failRefund(world),
  hearForeign: ({ network }) => network.announceForeign(),
  awayFor: (world) => {
    const part: Part = world.chance.pick(['gateway', 'gateway', 'store', 'temporal', 'shop']);
    const ms = world.chance.pick([2_000, 60_000, 10 * 60_000, 2 * HOUR_MS]);
    world.trouble.takeAway(part, ms);
    world.say(() => `the ${part} is away for ${ms / 1_000} s`);
  },
  loseRun: (world) => {
    const open = world.server.open().filter((id) => mayLose(world, id));
    if (open.length === 0) return;
    const lost = world.chance.pick(open);
    world.say(() => `the run of ${lost} is lost`);
    world.trouble.last = Math.max(world.trouble.last, world.clock.now);
    world.server.lose(lost);
  },
} satisfies Record<string, Action>;

export type ActionName = keyof typeof ACTIONS;

/**
 * With Temporal's state gone, only a sweep finds a callback that came while the store was away, or one about
 * a settled payment that the gateway could not confirm yet. Without sweeps, such a run may not be lost.
 */
function mayLose({ trouble, network, tables }: World, workflowId: string): boolean {
  if (trouble.weather.sweeps) return true;
  const payment = [...tables.payments.values()].find((one) => paymentWorkflowId(one) === workflowId);
  return !network.isOnlyWitness(workflowId) && (payment === undefined || !isSettled(payment.status));
}

/** A request to the API. A refusal is no fault. */
function ask(world: World, what: string, request: () => Promise<unknown>): void {
  world.say(() => what);
  enterActivity(null);
  request().then(
    () => undefined,
    (error: unknown) => {
      if (isAnswer(error)) return world.say(() => `“${what}” is answered ${String(error)}`);
      world.server.fail(error, what);
    },
  );
}

function isAnswer(error: unknown): boolean {
  return [Refusal, RunsUnavailable, RunEnded, MadeTrouble].some((kind) => error instanceof kind);
}

async function shop(world: World, isReplacing: boolean): Promise<void> {
  const { service, reference, chance, tables, trouble, psp } = world;
  const amount = chance.pick(AMOUNTS);
  const order = { reference, amount, currency: 'NOK' };
  const request = { gateway: psp.gateway, order, capture: trouble.weather.capture, replace: isReplacing };
  if (isReplacing) world.promises.asked.replacing ??= world.clock.now;
  const { payment } = await openPayment({ ...service, opener: world.opener }, request, KEY);
  const { sessionId, runId } = tables.payments.get(payment.id) ?? {};
  world.say(() => `the payer is sent to ${payment.sessionId}`);
  world.promises.keep(
    payment.sessionId === sessionId,
    `the payer is sent to ${payment.sessionId}, not ${sessionId}`,
  );
  world.promises.keep(runId != null, `the payer is sent to ${payment.sessionId}, which no run watches`);
}

function closing({ promises, clock }: World, { id }: PaymentRow): void {
  if (!promises.asked.closings.has(id)) promises.asked.closings.set(id, clock.now);
}

function newest({ tables }: World): PaymentRow | undefined {
  return [...tables.payments.values()].at(-1);
}

/** An operation by hand in the Backoffice. */
function byHand({ psp, chance }: World): void {
  const money = psp.sessions.flatMap((session) => psp.moneyIn(session));
  const session = chance.pick(money.filter(({ ledger }) => (ledger?.held ?? 0) > 0));
  if (session === undefined) return;
  const kind = chance.pick(['capture', 'refund', 'void'] as const);
  const { ledger } = session;
  const left =
    kind === 'refund' ? (ledger?.captured ?? 0) - (ledger?.refunded ?? 0) : (ledger?.capturable ?? 0);
  psp.byHand(session, kind, kind === 'void' || chance.hits(0.5) ? left : Math.ceil(left / 2));
}

/** An operation through our API, on the payment that has paid the order, else on the newest one. */
function move(world: World): void {
  const { tables, chance, promises, mover, reference } = world;
  const payer = tables.orders.get(reference)?.paidPaymentId;
  const payment = payer == null ? newest(world) : tables.payments.get(payer);
  if (payment === undefined) return;
  const kind: OperationKind = chance.pick(['capture', 'capture', 'refund', 'refund', 'void']);
  const name = `${kind[0]}${chance.between(1, 4)}`;
  // A reference usually has the same body each time, and sometimes another one.
  const amount = chance.hits(0.1) ? 1_234 : ([null, 3_000, 6_000, 6_000][Number(name[1]) - 1] ?? null);
  promises.asked.operations.add(`${payment.id}/${kind}/${name}`);
  const { rules } = world.trouble.weather;
  const finalCapture = kind === 'capture' && rules.finalCapture && name === 'c4';
  const wanted = { kind, reference: name, wanted: kind === 'void' ? null : amount, finalCapture };
  ask(world, `the merchant asks for ${kind} ${name} of ${amount ?? 'all'}`, () =>
    mover.move(payment, { ...wanted, key: KEY }),
  );
}

/** An operator decides about a payment in REVIEW, or about the surplus of a payment. */
function decide(world: World): void {
  const { tables, chance, promises, service } = world;
  const payment = [...tables.payments.values()].find(
    (one) => one.status === 'REVIEW' || isMarkedForSurplus(one),
  );
  if (payment === undefined) return;
  const decision = chance.pick(['accept', 'give_back', 'dismiss'] as const);
  promises.decided(payment, decision);
  ask(world, `an operator says ${decision} about ${payment.id}`, () =>
    resolve(service, payment, { decision, actor: 'anna', key: KEY, reason: 'looked into it' }),
  );
}
