/** What people and their machines do, whenever they please: each is possible or not in the world as it is. */
import { closePayment, openPayment } from '../../../src/api/open-payment.ts';
import { Problem } from '../../../src/api/problem.ts';
import { resolve } from '../../../src/api/resolve.ts';
import type { OperationKind } from '../../../src/domain/operation.ts';
import type { Reading } from '../../../src/domain/transaction.ts';
import type { PaymentRow } from '../../../src/store/payments.ts';
import { RunEnded, RunsUnavailable } from '../../../src/temporal/calls.ts';
import { MadeTrouble } from '../temporal/activity-try.ts';
import { enterActivity } from '../temporal/current.ts';
import type { Part } from '../world/trouble.ts';
import type { PspSession } from '../world/psp.ts';
import type { World } from '../world/world.ts';

const AMOUNTS = [10_000, 10_000, 10_000, 7_000];
const HOUR_MS = 3_600_000;

export type Action = (world: World) => void;

export const ACTIONS = {
  shop: (world) => ask(world, 'the shopper goes to pay', () => shop(world, false)),
  replace: (world) => ask(world, 'the shopper begins anew', () => shop(world, true)),
  cancel: (world) => {
    const payment = newest(world);
    if (payment === undefined) return;
    ask(world, `the merchant cancels ${payment.id}`, () => {
      closing(world, payment);
      return closePayment(world.service, payment);
    });
  },
  pay: (world) => {
    const session = world.chance.pick(payable(world));
    if (session !== undefined) pay(world, session);
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
  byHand: (world) => byHand(world),
  move: (world) => move(world),
  moveTwice: (world) => {
    move(world);
    move(world);
  },
  decide: (world) => decide(world),
  awayFor: (world) => {
    const part: Part = world.chance.pick(['gateway', 'gateway', 'store', 'temporal', 'shop']);
    const ms = world.chance.pick([2_000, 60_000, 10 * 60_000, 2 * HOUR_MS]);
    world.trouble.takeAway(part, ms);
    world.say(() => `the ${part} is away for ${ms / 1_000} s`);
  },
  loseRun: (world) => {
    // With the store away and Temporal's state gone, only a sweep could find what was accepted meanwhile.
    const mayLose = (id: string) => world.trouble.weather.sweeps || !world.network.isOnlyWitness(id);
    const open = world.server.open().filter(mayLose);
    if (open.length === 0) return;
    const lost = world.chance.pick(open);
    world.say(() => `the run of ${lost} is lost`);
    world.trouble.last = Math.max(world.trouble.last, world.clock.now);
    world.server.lose(lost);
  },
} satisfies Record<string, Action>;

export type ActionName = keyof typeof ACTIONS;

/** A request to the API; what it is refused is nobody's fault. */
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
  return [Problem, RunsUnavailable, RunEnded, MadeTrouble].some((kind) => error instanceof kind);
}

async function shop(world: World, isReplacing: boolean): Promise<void> {
  const { service, reference, chance, tables, trouble } = world;
  const amount = chance.pick(AMOUNTS);
  const order = { reference, amount, currency: 'NOK' };
  const request = { gateway: 'dintero', order, capture: trouble.weather.capture, replace: isReplacing };
  if (isReplacing) world.promises.asked.replacing ??= world.clock.now;
  const { payment } = await openPayment(service, request);
  const { sessionId } = tables.payments.get(payment.id) ?? {};
  world.say(() => `the shopper is sent to ${payment.sessionId}`);
  world.promises.keep(
    payment.sessionId === sessionId,
    `the shopper is sent to ${payment.sessionId}, not ${sessionId}`,
  );
}

function closing({ promises, clock }: World, { id }: PaymentRow): void {
  if (!promises.asked.closings.has(id)) promises.asked.closings.set(id, clock.now);
}

function newest({ tables }: World): PaymentRow | undefined {
  return [...tables.payments.values()].at(-1);
}

/** Sessions in which a payer may still get somewhere: also, rarely, one that is over. */
function payable({ psp, tables, chance, clock }: World): PspSession[] {
  const known = new Set([...tables.payments.values()].map(({ sessionId }) => sessionId));
  const isLateAllowed = chance.hits(0.35);
  return psp.sessions.filter(
    ({ id, ledger, state, expiresAt }) =>
      known.has(id) &&
      (ledger === null || ledger.status === 'INITIATED') &&
      (isLateAllowed || (state !== 'cancelled' && clock.now < expiresAt)),
  );
}

function pay({ psp, chance, clock, trouble }: World, session: PspSession): void {
  // Without sweeps, nobody would hear how UNKNOWN ends in a session that is over: see `changeMind`.
  const how = chance.weigh({ ...OUTCOMES, unknown: trouble.weather.sweeps ? 2 : 0 });
  const later = (status: 'AUTHORIZED' | 'FAILED' | 'DECLINED') =>
    clock.after(chance.pick([1_000, 30_000, 50 * 60_000, 5 * HOUR_MS]), () => {
      if (session.ledger?.status === 'ON_HOLD' || session.ledger?.status === 'UNCLEAR')
        turn(psp, session, status);
    });
  switch (how) {
    case 'authorize':
      return authorize(psp, session, chance.hits(0.1));
    case 'capture': {
      psp.pay(session, 'AUTHORIZED');
      return void psp.byHand(session, 'capture', session.amountMinor);
    }
    case 'hold':
      psp.pay(session, 'ON_HOLD');
      return void later(chance.pick(['AUTHORIZED', 'AUTHORIZED', 'FAILED', 'DECLINED']));
    case 'decline':
      return void psp.pay(session, 'DECLINED');
    case 'fail':
      return void psp.pay(session, 'FAILED');
    case 'unknown':
      psp.pay(session, 'UNCLEAR');
      return void (chance.hits(0.6) && later(chance.pick(['AUTHORIZED', 'FAILED'])));
    case 'begin':
      return void psp.pay(session, 'INITIATED');
    case 'tamper':
      return void psp.pay(session, 'AUTHORIZED', chance.pick(TAMPERED));
    case 'abandon':
      return psp.end(session, 'cancelled');
    case 'refuse':
      return psp.end(session, chance.pick(['failed', 'declined']));
  }
}

const OUTCOMES = {
  authorize: 12,
  capture: 4,
  hold: 4,
  decline: 2,
  fail: 2,
  begin: 2,
  tamper: 2,
  abandon: 1,
  refuse: 1,
} as const;

const TAMPERED = [
  { amountMinor: 9_999 },
  { amountMinor: 1 },
  { currency: 'SEK' },
  { reference: 'another' },
] as const;

/** Some products know no authorization, and any may be captured by the gateway itself. */
function authorize(psp: World['psp'], session: PspSession, isCaptured: boolean): void {
  psp.pay(session, 'AUTHORIZED');
  if (isCaptured || psp.rules.rules.voids === 'never') psp.byHand(session, 'capture', session.amountMinor);
}

function turn(psp: World['psp'], session: PspSession, status: 'AUTHORIZED' | 'FAILED' | 'DECLINED'): void {
  if (status === 'AUTHORIZED') authorize(psp, session, false);
  else psp.pay(session, status);
}

function settleHold({ psp, chance }: World): void {
  const held = psp.sessions.filter(({ ledger }) => ledger?.status === 'ON_HOLD');
  const session = chance.pick(held);
  if (session !== undefined)
    turn(psp, session, chance.pick(['AUTHORIZED', 'AUTHORIZED', 'FAILED', 'DECLINED']));
}

/**
 * What had failed succeeds after all; what could not be said is said. Not without sweeps where it was on hold or UNKNOWN before: the
 * callback would be equal to the one of that, and is a duplicate for a payment that is settled.
 */
function changeMind({ psp, chance, trouble }: World): void {
  const wasUndecided = ({ said }: PspSession) => said.some(({ reading }) => isUndecided(reading));
  const session = chance.pick(
    psp.sessions.filter(
      (one) =>
        ['FAILED', 'DECLINED', 'UNCLEAR'].includes(one.ledger?.status ?? '') &&
        (trouble.weather.sweeps || !wasUndecided(one)),
    ),
  );
  if (session !== undefined) turn(psp, session, 'AUTHORIZED');
}

function isUndecided(reading: Reading): boolean {
  return reading.kind === 'transaction' && ['ON_HOLD', 'UNCLEAR'].includes(reading.transaction.status);
}

/** In the Backoffice. */
function byHand({ psp, chance }: World): void {
  const session = chance.pick(psp.sessions.filter(({ ledger }) => (ledger?.held ?? 0) > 0));
  if (session === undefined) return;
  const kind = chance.pick(['capture', 'refund', 'void'] as const);
  const { ledger } = session;
  const left =
    kind === 'refund' ? (ledger?.captured ?? 0) - (ledger?.refunded ?? 0) : (ledger?.capturable ?? 0);
  psp.byHand(session, kind, kind === 'void' || chance.hits(0.5) ? left : Math.ceil(left / 2));
}

/** By the merchant's API, about the payment that has paid, or is thought to. */
function move(world: World): void {
  const { tables, chance, promises, mover, reference } = world;
  const payer = tables.orders.get(reference)?.paidPaymentId;
  const payment = payer == null ? newest(world) : tables.payments.get(payer);
  if (payment === undefined) return;
  const kind: OperationKind = chance.pick(['capture', 'capture', 'refund', 'refund', 'void']);
  const name = `${kind[0]}${chance.between(1, 4)}`;
  // A reference stands for one body, mostly: the same again, and sometimes another one.
  const amount = chance.hits(0.1) ? 1_234 : ([null, 3_000, 6_000, 6_000][Number(name[1]) - 1] ?? null);
  promises.asked.operations.add(`${payment.id}/${kind}/${name}`);
  const { rules } = world.trouble.weather;
  const finalCapture = kind === 'capture' && rules.finalCapture && name === 'c4';
  const wanted = { kind, reference: name, wanted: kind === 'void' ? null : amount, finalCapture };
  ask(world, `the merchant asks for ${kind} ${name} of ${amount ?? 'all'}`, () =>
    mover.move(payment, wanted),
  );
}

/** An operator sees to what is in review. */
function decide(world: World): void {
  const { tables, chance, promises, service } = world;
  const payment = [...tables.payments.values()].find(({ status }) => status === 'REVIEW');
  if (payment === undefined) return;
  const decision = chance.pick(['accept', 'give_back', 'dismiss'] as const);
  const { acceptances, giveBacks, dismissals } = promises.asked;
  ({ accept: acceptances, give_back: giveBacks, dismiss: dismissals })[decision].add(payment.id);
  ask(world, `an operator says ${decision} about ${payment.id}`, () =>
    resolve(service, payment, { decision, actor: 'anna', reason: 'looked into it' }),
  );
}
