/**
 * The checks of one gateway in test mode, in the order of a payment's life. Its payments are of orders of which
 * no shop is told.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { TRIAL_PREFIX } from '../../domain/trial-order.ts';
import type { ChangedMessage, ProofMessage } from '../../gateways/gateway-proof.ts';
import { reconcileOne, type Found } from '../reconcile.ts';
import type { ProofCheck } from '../proof-check.ts';
import { eventNamed } from '../../gateways/running-sandbox.ts';
import {
  hasMoney,
  newReference,
  openTrial,
  played,
  readTrial,
  untilPayment,
  type Payment,
} from '../../api/test-bench/trial-payment.ts';
import { attempt, broken, judged, proved, unknown, type Finding } from './check.ts';
import { forgeriesOf } from './forged.ts';
import {
  deliveriesOf,
  inWords,
  keyOf,
  send,
  statusOf,
  timelineOf,
  updatesOf,
  type CallbackAnswer,
  type Stage,
} from './stage.ts';
import { TITLES, type CheckName } from './titles.ts';

/** Beyond the five minutes that a signature is good for. */
const SIX_MINUTES_S = 360;
/** A published sample verifier adds five hours to a time before it compares, and refuses no old one. */
const FIVE_HOURS_S = 5 * 3_600;
const AT_ONCE = 20;
/** How long a payer may take by hand. */
const BY_HAND_MS = 10 * 60_000;

const PROXY_ADVICE =
  'check that PUBLIC_URL here is that of the service, that both have the same secrets, and that a proxy in between forwards method, path, query and body of /callbacks unchanged';
const BUILD_ADVICE = 'do not go live with this build: the service does not do what docs/contract.md promises';

/** A deployment with a live account: only what opens no session and names no payment. */
export async function proveHarmless(stage: Stage): Promise<ProofCheck[]> {
  const nobody = { ...NOBODY, n: 1, transactionId: null };
  const checks: [CheckName, () => Promise<Finding>][] = [
    ['forged', () => refusesForged(stage, nobody)],
    ['changed', () => refusesChanged(stage, nobody)],
    ['S5', () => answersForeign(stage)],
  ];
  const found: ProofCheck[] = [];
  for (const [name, find] of checks) found.push(named(stage, name, await attempt(find)));
  const compares = `the account is live: paidonce reconcile compares all of it`;
  const whole = (['reconciliation', 'S7'] as const).map((name) => named(stage, name, unknown(compares)));
  const why = 'the account is live: it would open a session with real money';
  return [...found, ...whole, ...rest(stage, [...found, ...whole], why)];
}

const NOBODY = { paymentId: 'pay_golive', orderReference: `${TRIAL_PREFIX}nobody`, sessionId: 'golive' };

/** Every check that was not made, with the reason. */
export function rest(
  { gateway }: { readonly gateway: { readonly id: string } },
  found: readonly ProofCheck[],
  why: string,
): ProofCheck[] {
  const made = new Set(found.map(({ id }) => id));
  return (Object.keys(TITLES) as CheckName[])
    .filter((name) => !made.has(`${gateway.id}/${name}`))
    .map((name) => named({ gateway }, name, unknown(why)));
}

function named(
  { gateway }: { readonly gateway: { readonly id: string } },
  name: CheckName,
  finding: Finding,
): ProofCheck {
  return { id: `${gateway.id}/${name}`, title: TITLES[name], ...finding };
}

/** All checks. `say` is called with each as soon as it is made. */
export async function proveGateway(stage: Stage, say: (check: ProofCheck) => void): Promise<ProofCheck[]> {
  const found: ProofCheck[] = [];
  const check = async (name: CheckName, find: () => Promise<Finding>): Promise<boolean> => {
    const made = named(stage, name, await attempt(find));
    found.push(made);
    say(made);
    return made.ok === true;
  };
  const orders: string[] = [];
  const newOrder = (): string => {
    const reference = newReference('golive');
    orders.push(reference);
    return reference;
  };

  let payment: Payment | null = null;
  await check('concurrent', async () => {
    const opened = await openAtOnce(stage, newOrder());
    payment = opened.payment;
    return opened.finding;
  });
  if (payment === null) return [...found, ...said(rest(stage, found, 'no payment could be opened'), say)];
  const open: Payment = payment;
  await check('forged', () => refusesForged(stage, keyOf(open), open));
  await check('changed', () => refusesChanged(stage, keyOf(open), open));
  await check('S3', () => believesNothing(stage, open));
  await check('S5', () => answersForeign(stage));
  let paid: Payment = open;
  await check('arrival', async () => {
    const arrived = await gatewayCalls(stage, open);
    paid = arrived.payment;
    return arrived.finding;
  });
  await check('duplicate', () => (hasMoney(paid) ? takesOnce(stage, paid) : unpaid()));
  await check('resend', () => (hasMoney(paid) ? takesResent(stage, paid) : unpaid()));
  await check('S6', () => (hasMoney(paid) ? hasOneEffect(stage, paid) : unpaid()));
  await check('S1', () => hasTwoSidedWindow(stage, paid));
  await check('S2', () => readsList(stage, paid));
  await check('replay', () => actsOnStale(stage, newOrder));
  await check('S4', () => losesNoEvent(stage, newOrder));
  await check('silence', () => isSilent(stage, orders));
  const compared = await reconcileOne(stage.support, lastHours(stage)).catch(
    (error: unknown) => error as Error,
  );
  await check('reconciliation', () => Promise.resolve(agreesOn(compared, orders)));
  await check('S7', () => Promise.resolve(explainsAll(compared)));
  return found;
}

/** The account's transactions of the time in which golive has opened payments. */
function lastHours({ gateway }: Stage): Parameters<typeof reconcileOne>[1] {
  return { gateway: gateway.id, since: new Date(Date.now() - 3_600_000).toISOString(), until: undefined };
}

/** The orders of this run, beside what the gateway lists of them. */
function agreesOn(compared: Found | Error, orders: readonly string[]): Finding {
  if (compared instanceof Error) return broken(compared.message, RECONCILE_ADVICE);
  const { result, differences } = compared;
  const ours = differences.filter(({ orderReference }) => orders.includes(orderReference ?? ''));
  return judged(
    [
      ...(result.status === 'complete' ? [] : [`it did not come to an end: ${result.failure}`]),
      ...ours.map(({ orderReference, class: of }) => `order ${orderReference}: ${of}`),
    ],
    `${result.compared} transactions of the last hour compared, ${result.match} match; of the ${orders.length} orders of this run none differs`,
    RECONCILE_ADVICE,
  );
}

function explainsAll(compared: Found | Error): Finding {
  if (compared instanceof Error) return broken(compared.message, RECONCILE_ADVICE);
  const { unexplained, foreign, id } = compared.result;
  const words = `${unexplained ?? 'it is not known how many'} differences of the last hour have no explanation; ${foreign} transactions are of other shops (${id})`;
  return unexplained === 0 ? proved(words) : broken(words, RECONCILE_ADVICE);
}

const RECONCILE_ADVICE = 'run paidonce reconcile, which names each difference and what to do';

function said(checks: ProofCheck[], say: (check: ProofCheck) => void): ProofCheck[] {
  for (const check of checks) say(check);
  return checks;
}

function unpaid(): Promise<Finding> {
  return Promise.resolve(unknown('the payment was not paid, so no callback is about money'));
}

/** One session is handed out, however many ask at once, and the gateway has one. */
async function openAtOnce(
  stage: Stage,
  reference: string,
): Promise<{ readonly payment: Payment | null; readonly finding: Finding }> {
  const { service, gateway } = stage;
  const since = new Date(Date.now() - 600_000);
  const asked = await Promise.allSettled(
    Array.from({ length: AT_ONCE }, () => openTrial(service, gateway.id, reference)),
  );
  const opened = asked.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const refused = asked.flatMap((one) => (one.status === 'rejected' ? [(one.reason as Error).message] : []));
  const [payment = null] = opened;
  if (payment === null)
    return { payment, finding: broken(`no session was opened: ${refused[0]}`, 'run paidonce doctor') };
  const sessions = new Set(opened.map(({ sessionId }) => sessionId));
  const atGateway = await gateway.findSessions(keyOf(payment), since);
  const complaints = [
    ...refused.map((text) => `a request was refused: ${text}`),
    ...(sessions.size === 1 ? [] : [`${sessions.size} sessions were handed out`]),
    ...(atGateway.length === 1 ? [] : [`the gateway has ${atGateway.length} sessions of the payment`]),
  ];
  const evidence = `${AT_ONCE} requests at once for order ${reference}: all have session ${payment.sessionId}, and the gateway has no other of ${payment.id}`;
  return { payment, finding: judged(complaints, evidence, BUILD_ADVICE) };
}

async function refusesForged(
  stage: Stage,
  about: ReturnType<typeof keyOf>,
  payment?: Payment,
): Promise<Finding> {
  const { proof, configured } = stage;
  const [deliveryId, at] = [newDelivery(), new Date()];
  const genuine = proof.callback(configured.settings, about, { at, deliveryId });
  const forgeries = forgeriesOf(
    genuine,
    proof.signatureHeader,
    (secret) => proof.callback(configured.settings, about, { at, deliveryId, secret }),
    newestSecret(stage),
  );
  const complaints = await notRefused(stage, forgeries);
  return judged(
    [...complaints, ...(await effects(stage, payment))],
    `${forgeries.length} wrong signatures were answered 401, and nothing was accepted`,
    'a callback that no gateway signed must be refused: check that no proxy in between answers /callbacks, and do not go live',
  );
}

async function refusesChanged(
  stage: Stage,
  about: ReturnType<typeof keyOf>,
  payment?: Payment,
): Promise<Finding> {
  const { proof, configured } = stage;
  const genuine = proof.callback(configured.settings, about, { at: new Date(), deliveryId: newDelivery() });
  const changes = proof.changed(genuine);
  const complaints = (await notRefused(stage, changes)).map((text) => `a callback with ${text}`);
  return judged(
    [...complaints, ...(await effects(stage, payment))],
    `${changes.map(({ what }) => what).join(', ')}: each answered 401`,
    'a signature must cover all that is read: check that no proxy in between answers /callbacks, and do not go live',
  );
}

/** The wrong callbacks that were not answered 401, in words. */
async function notRefused(stage: Stage, wrong: readonly ChangedMessage[]): Promise<string[]> {
  const answers = await inTurn(wrong, async ({ what, message }) => ({
    what,
    answer: await send(stage, message),
  }));
  return answers
    .filter(({ answer }) => answer.status !== 401)
    .map(({ what, answer }) => `${what} was answered ${inWords(answer)}`);
}

/** What refused callbacks have done to an open payment that nobody has paid. */
async function effects(stage: Stage, payment: Payment | undefined): Promise<string[]> {
  if (payment === undefined) return [];
  const deliveries = await deliveriesOf(stage, payment.id);
  const taken = deliveries.filter(({ outcome }) => outcome !== 'refused').length;
  const { status } = await readTrial(stage.service, payment.id);
  return [
    ...(taken === 0 ? [] : [`${taken} of them are in the log as taken`]),
    ...(status === 'PENDING' ? [] : [`the payment became ${status}`]),
  ];
}

/** The gateway has signed that the payment is paid, and says otherwise when it is read. */
async function believesNothing(stage: Stage, payment: Payment): Promise<Finding> {
  const { proof, configured } = stage;
  const since = (await timelineOf(stage, payment.id)).length;
  const { settings } = configured;
  const signed = { at: new Date(), deliveryId: newDelivery() };
  const about = keyOf(payment);
  const message =
    proof.withUnsignedClaim?.(settings, about, signed) ?? proof.callback(settings, about, signed);
  const answer = await send(stage, message);
  if (answer.status !== 200) return broken(`a signed callback was answered ${inWords(answer)}`, PROXY_ADVICE);
  await untilTrue(async () => (await timelineOf(stage, payment.id)).length > since, 10_000);
  const [status, now] = [
    await statusOf(stage, payment.orderReference),
    await readTrial(stage.service, payment.id),
  ];
  const deliveries = await deliveriesOf(stage, payment.id);
  const complaints = [
    ...(hasMoney(now) || status === 'PAID' ? [`the order is ${status}, the payment ${now.status}`] : []),
    ...(deliveries.some(({ outcome }) => outcome === 'accepted') ? [] : ['no such delivery is in the log']),
  ];
  return judged(
    complaints,
    `a signed callback that says "paid" was answered ${inWords(answer)}; the gateway was read, and order ${payment.orderReference} is ${status}`,
    BUILD_ADVICE,
  );
}

/** A 4xx would end the retries of a gateway that treats it as final. */
async function answersForeign(stage: Stage): Promise<Finding> {
  const { proof, configured } = stage;
  const message = proof.foreign(configured.settings, { at: new Date(), deliveryId: newDelivery() });
  const answer = await send(stage, message);
  if (answer.status === 401) return broken(`it was answered ${inWords(answer)}`, PROXY_ADVICE);
  const isRight = answer.status === 200 && answer.result === 'ignored';
  return isRight
    ? proved(`a signed callback about a payment of another shop was answered ${inWords(answer)}`)
    : broken(
        `a signed callback about a payment of another shop was answered ${inWords(answer)}`,
        BUILD_ADVICE,
      );
}

/** A payer pays, and the gateway itself calls. */
async function gatewayCalls(
  stage: Stage,
  open: Payment,
): Promise<{ readonly payment: Payment; readonly finding: Finding }> {
  const { sandbox, service, askPayer } = stage;
  const before = (await deliveriesOf(stage, open.id)).filter(isTaken).length;
  if (sandbox !== null) await sandbox.play(eventNamed(sandbox, 'payment'), played(open));
  else if (askPayer !== undefined) askPayer(open.checkoutUrl ?? '');
  else {
    const why = 'a payer must pay by hand: run golive in a terminal, without --json';
    return { payment: open, finding: unknown(why) };
  }
  const payment = await untilPayment(service, open.id, hasMoney, sandbox === null ? BY_HAND_MS : 20_000);
  const hasCome = await untilTrue(
    async () => (await deliveriesOf(stage, open.id)).filter(isTaken).length > before,
    10_000,
  );
  const complaints = [
    ...(hasMoney(payment) ? [] : [`${payment.id} is still ${payment.status}`]),
    ...(hasCome ? [] : ['no callback of the gateway came']),
  ];
  const finding = judged(
    complaints,
    `the payer paid, the gateway called, and ${payment.id} is ${payment.status}`,
    `the gateway must reach PUBLIC_URL/callbacks/${stage.gateway.id} of the service: run paidonce doctor, and check the webhooks of the account`,
  );
  return { payment, finding };
}

function isTaken({ outcome }: { readonly outcome: string }): boolean {
  return outcome === 'accepted' || outcome === 'duplicate';
}

/** The same bytes twice. */
async function takesOnce(stage: Stage, payment: Payment): Promise<Finding> {
  const deliveryId = newDelivery();
  const message = callbackAbout(stage, payment, deliveryId);
  const answers = [await send(stage, message), await send(stage, message)];
  const [first, second] = answers as [CallbackAnswer, CallbackAnswer];
  if (first.status !== 200) return broken(`a signed callback was answered ${inWords(first)}`, PROXY_ADVICE);
  const logged = (await deliveriesOf(stage, payment.id)).some(({ receipts }) => receipts > 1);
  const complaints = [
    ...(second.status === 200 && second.result === 'duplicate'
      ? []
      : [`the second was answered ${inWords(second)}`]),
    ...(logged ? [] : ['the log does not count the second receipt']),
    ...(await moreThanOneEffect(stage, payment)),
  ];
  return judged(
    complaints,
    `the same bytes twice: ${inWords(first)}, then ${inWords(second)}; order ${payment.orderReference} was paid once`,
    BUILD_ADVICE,
  );
}

/** A person presses "send again" at the gateway: the same message with an id of its own. */
async function takesResent(stage: Stage, payment: Payment): Promise<Finding> {
  const answers = [
    await send(stage, callbackAbout(stage, payment, newDelivery())),
    await send(stage, callbackAbout(stage, payment, newDelivery())),
  ];
  const complaints = [
    ...answers.filter(({ status }) => status !== 200).map((answer) => `one was answered ${inWords(answer)}`),
    ...(await moreThanOneEffect(stage, payment)),
  ];
  return judged(
    complaints,
    `sent again with new ids: ${answers.map(inWords).join(', then ')}; order ${payment.orderReference} was paid once`,
    PROXY_ADVICE,
  );
}

/** Two keys: that of the delivery, and that of the effect. */
async function hasOneEffect(stage: Stage, payment: Payment): Promise<Finding> {
  const ids = [newDelivery(), newDelivery(), newDelivery()];
  const answers = await Promise.all(ids.map((id) => send(stage, callbackAbout(stage, payment, id))));
  const complaints = [
    ...answers.filter(({ status }) => status !== 200).map((answer) => `one was answered ${inWords(answer)}`),
    ...(await moreThanOneEffect(stage, payment)),
  ];
  const updates = await updatesOf(stage, payment.orderReference);
  return judged(
    complaints,
    `three deliveries of one fact at once, each with its own id; the effect ${updates.find(isPaid)?.effectId} exists once`,
    BUILD_ADVICE,
  );
}

function isPaid({ type }: { readonly type: string }): boolean {
  return type === 'order.paid';
}

async function moreThanOneEffect(stage: Stage, payment: Payment): Promise<string[]> {
  const updates = (await updatesOf(stage, payment.orderReference)).filter(isPaid);
  const now = await readTrial(stage.service, payment.id);
  return [
    ...(updates.length === 1 ? [] : [`the order has ${updates.length} updates order.paid`]),
    ...(now.authorizedAmount === payment.amount
      ? []
      : [`${now.authorizedAmount} is authorized, not ${payment.amount}`]),
  ];
}

/** Too old and from the future are both stale. */
async function hasTwoSidedWindow(stage: Stage, payment: Payment): Promise<Finding> {
  const times = [-SIX_MINUTES_S, SIX_MINUTES_S, FIVE_HOURS_S - 60, -FIVE_HOURS_S];
  const answers = await inTurn(times, async (seconds) => ({
    seconds,
    answer: await send(stage, callbackAbout(stage, payment, newDelivery(), seconds)),
  }));
  const complaints = answers
    .filter(({ answer }) => answer.status !== 401 || answer.result !== 'stale_signature')
    .map(({ seconds, answer }) => `signed ${aside(seconds)} was answered ${inWords(answer)}`);
  return judged(
    complaints,
    `${times.map(aside).join(', ')}: each answered 401 stale_signature`,
    `check the clocks of the service and of this machine. ${PROXY_ADVICE}`,
  );
}

function aside(seconds: number): string {
  const minutes = Math.round(Math.abs(seconds) / 60);
  return `${minutes} minutes ${seconds < 0 ? 'ago' : 'ahead'}`;
}

/** A header is a list: a wrong signature before the right one, as while a secret is rotated. */
async function readsList(stage: Stage, payment: Payment): Promise<Finding> {
  const { proof } = stage;
  const message = callbackAbout(stage, payment, newDelivery());
  const header = message.headers[proof.signatureHeader] ?? '';
  const both = header.replace(
    /([\w-]+)=([0-9a-f]{40,})/,
    (pair, name: string, digest: string) => `${name}=${'0'.repeat(digest.length)},${pair}`,
  );
  const answer = await send(stage, {
    ...message,
    headers: { ...message.headers, [proof.signatureHeader]: both },
  });
  const words = `a header with a wrong digest before the right one was answered ${inWords(answer)}`;
  return answer.status === 200 ? proved(words) : broken(words, PROXY_ADVICE);
}

/** Signed six minutes ago: refused by its status, and a payment that nothing else tells of is still found. */
async function actsOnStale(stage: Stage, newOrder: () => string): Promise<Finding> {
  const { sandbox, service, gateway } = stage;
  if (sandbox === null)
    return unknown('only a sandbox loses a callback on request; S1 shows that a stale signature is refused');
  const open = await openTrial(service, gateway.id, newOrder());
  await sandbox.play(eventNamed(sandbox, 'lost'), played(open));
  const answer = await send(stage, callbackAbout(stage, open, newDelivery(), -SIX_MINUTES_S));
  const payment = await untilPayment(service, open.id, hasMoney);
  // The sweep finds the payment too, so that alone proves nothing.
  const isTakenUp = (await deliveriesOf(stage, open.id)).some(isTaken);
  const complaints = [
    ...(isTakenUp ? [] : ['it was not acted upon: the log has no such delivery']),
    ...(answer.status === 401 && answer.result === 'stale_signature'
      ? []
      : [`it was answered ${inWords(answer)}`]),
    ...(hasMoney(payment) ? [] : [`${payment.id} is still ${payment.status}`]),
  ];
  return judged(
    complaints,
    `the only callback about ${open.id}, signed 6 minutes ago, was answered ${inWords(answer)}; it was acted upon, and the order is ${await statusOf(stage, open.orderReference)}`,
    PROXY_ADVICE,
  );
}

/** The event is there, and acting on it fails: the retry of the gateway must not be swallowed as a duplicate. */
async function losesNoEvent(stage: Stage, newOrder: () => string): Promise<Finding> {
  const { sandbox, service, gateway } = stage;
  if (sandbox === null) return unknown('only a sandbox fails on request');
  const open = await openTrial(service, gateway.id, newOrder());
  await sandbox.play(eventNamed(sandbox, 'trouble'), played(open));
  const payment = await untilPayment(service, open.id, hasMoney, 60_000);
  const complaints = hasMoney(payment) ? [] : [`${payment.id} is still ${payment.status} after a minute`];
  return judged(
    complaints,
    `the gateway failed twice after its callback about ${open.id}; the order is ${await statusOf(stage, open.orderReference)}`,
    BUILD_ADVICE,
  );
}

/** No update of these orders was sent. */
async function isSilent(stage: Stage, orders: readonly string[]): Promise<Finding> {
  const updates = (await inTurn(orders, (order) => updatesOf(stage, order))).flat();
  const sent = updates.filter(({ state, attempts }) => state !== 'off' || attempts > 0);
  return judged(
    sent.map(({ effectId, state, attempts }) => `${effectId} is ${state} after ${attempts} attempts`),
    `${updates.length} updates of ${orders.length} orders were written, and none was sent`,
    'the service is an older build that tells the shop of golive orders: update it',
  );
}

function callbackAbout(
  { proof, configured }: Stage,
  payment: Payment,
  deliveryId: string,
  seconds = 0,
): ProofMessage {
  const at = new Date(Date.now() + seconds * 1_000);
  return proof.callback(configured.settings, keyOf(payment), { at, deliveryId });
}

/** The secret that signs by default, for variants of it. */
function newestSecret({ configured: { descriptor, values } }: Stage): string {
  const lists = descriptor.variables.secrets
    .map((name) => values[name])
    .filter((value) => Array.isArray(value));
  return String(lists[0]?.[0] ?? '');
}

function newDelivery(): string {
  return `golive-${randomBytes(8).toString('hex')}`;
}

async function inTurn<Given, Made>(
  all: readonly Given[],
  make: (one: Given) => Promise<Made>,
): Promise<Made[]> {
  const made: Made[] = [];
  for (const one of all) made.push(await make(one));
  return made;
}

/** Whether the condition became true within the limit. */
async function untilTrue(holds: () => Promise<boolean>, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  for (let pause = 50; ; pause = Math.min(500, pause * 1.5)) {
    if (await holds()) return true;
    if (performance.now() > deadline) return false;
    await sleep(pause);
  }
}
