/** An order's story as lines of text. */
import { paidonce } from '../../health/shell-commands.ts';
import { formatMoney } from '../../domain/money.ts';
import { asTyped, utc } from '../print.ts';
import { reviewReason } from './review-reason.ts';
import type { Advice } from './advice.ts';
import type { Hit } from './search-hits.ts';
import type { Run, RunsAnswer } from './runs.ts';
import { MOST_DELIVERIES, type Delivery, type Payment, type Story, type StoryAnswer } from './find-story.ts';

export interface Why {
  /** The id that was given. */
  readonly q: string;
  /** The order that the id belongs to; null if there is none or more than one. */
  readonly reference: string | null;
  readonly store: StoryAnswer;
  readonly temporal: RunsAnswer;
  readonly advice: readonly Advice[];
}

/** The same for another program: flat, with null for each source that did not answer. */
export function jsonOf({ q, reference, store, temporal, advice }: Why): object {
  const story = store.kind === 'found' ? store.story : null;
  return {
    q,
    reference,
    order: story?.order ?? null,
    payments: story?.payments ?? null,
    runs: temporal.kind === 'found' ? temporal.runs : null,
    findings: advice,
    others: store.kind === 'unasked' ? [] : store.others,
    unasked: unasked(store, temporal),
  };
}

/** The order, each payment's causal chain, what its runs did, and what a person has to do. */
export function linesOf(why: Why): string[] {
  const { q, reference, store, temporal } = why;
  const runs = temporal.kind === 'found' ? temporal.runs : [];
  const story = store.kind === 'found' ? store.story : null;
  return [
    ...head(q, reference, store),
    ...otherLines(why),
    ...(story?.payments ?? []).flatMap((payment) => ['', ...paymentLines(payment)]),
    ...runs.flatMap((run) => ['', ...runLines(run)]),
    '',
    ...unasked(store, temporal).map((reason) => `No answer: ${reason}`),
    ...adviceLines(why),
  ];
}

function head(q: string, reference: string | null, store: StoryAnswer): string[] {
  if (store.kind === 'several') return [`Several orders match the id ${q} (source: ${store.asked}):`];
  if (reference === null && store.kind === 'no_such_order') return unknown(q, store);
  const order = `Order ${reference ?? q}`;
  if (store.kind === 'unasked') return [`${order}: the store did not answer`];
  if (store.kind === 'no_such_order') return [`${order}: ${store.asked} does not know it`];
  const { status, amount, currency, paidAt, transactionId } = store.story.order;
  const money = formatMoney({ amountMinor: amount, currency });
  const paid = paidAt === null ? '' : `, paid ${utc(paidAt)} UTC by transaction ${transactionId}`;
  const payer = store.story.payments.find((one) => one.transactionId === transactionId);
  const taken = paidAt === null ? null : (payer?.accepted ?? null);
  const accepted =
    taken === null
      ? ''
      : `, accepted as ${formatMoney({ amountMinor: taken.amount, currency: taken.currency })}`;
  return [`${order} is ${status}: ${money}${accepted}${paid} (source: ${store.asked})`];
}

function unknown(q: string, { asked, others }: Extract<StoryAnswer, { kind: 'no_such_order' }>): string[] {
  if (others.length > 0) return [`No order belongs to ${q} (source: ${asked}):`];
  return [
    `No order belongs to ${q}: ${asked} does not know it.`,
    'Searched for an order, payment, session, transaction, operation, callback, event, update or workflow with exactly this id, and for an amount like 299.90 NOK.',
  ];
}

/** The other matches of this id, each with the command that shows it. */
function otherLines({ q, reference, store, temporal }: Why): string[] {
  const others = store.kind === 'unasked' ? [] : store.others;
  const isBeside = reference !== null && others.length > 0;
  const inTemporal = temporal.kind === 'found' ? (temporal.orders ?? []) : [];
  return [
    ...(isBeside ? [`Other matches of ${q}:`] : []),
    ...others.flatMap(hitLines),
    ...(store.kind === 'several' && store.hasMore ? ['  and older ones'] : []),
    ...inTemporal.flatMap((order) => [
      `  order ${order} (source: Temporal)`,
      `    ${asTyped(paidonce('why', order))}`,
    ]),
  ];
}

function hitLines({ kind, id, orderReference, status, amount, currency, createdAt }: Hit): string[] {
  const money =
    amount === null || currency === null ? '' : ` over ${formatMoney({ amountMinor: amount, currency })}`;
  const what = `${kind === 'delivery' ? 'callback' : kind} ${id}, ${status}${money}, of ${utc(createdAt)} UTC`;
  if (orderReference === null) return [`  ${what}, of none of our orders`];
  const text = kind === 'order' ? `  ${what}` : `  order ${orderReference}: ${what}`;
  return [text, `    ${asTyped(paidonce('why', orderReference))}`];
}

function paymentLines(payment: Story['payments'][number]): string[] {
  const { id, gateway, status, sessionId, workflow } = payment;
  const reason = reviewReason(payment);
  return [
    `Payment ${id} by ${gateway} is ${status}${reason === null ? '' : ` (${reason})`}`,
    `  session ${sessionId ?? 'not opened'}, workflow ${workflow.workflowId}`,
    ...payment.surplus.map((one) => surplusLine(one, payment)),
    ...chain(payment).map(({ at, kind, text }) => `  ${utc(at)}  ${kind.padEnd(9)}  ${text}`),
    ...(payment.deliveries.length < MOST_DELIVERIES
      ? []
      : [`  the newest ${MOST_DELIVERIES} callbacks; older ones: GET /v1/deliveries?payment=${id}`]),
  ];
}

function surplusLine(
  { transactionId, status, authorizedAmount, capturedAmount, refundedAmount }: Payment['surplus'][number],
  { accepted, currency }: Payment,
): string {
  const money = (amountMinor: number) =>
    formatMoney({ amountMinor, currency: accepted?.currency ?? currency });
  const sums = `${money(authorizedAmount)} authorized, ${money(capturedAmount)} captured, ${money(refundedAmount)} refunded`;
  return `  surplus ${transactionId} of the same session is ${status}: ${sums}`;
}

/** The timeline, together with the callbacks that are not in it: refused, repeated, backfilled, or not handled yet. */
function chain({ timeline, deliveries }: Story['payments'][number]): Link[] {
  const told = new Set(timeline.map(({ data }) => data['eventId']));
  const others = deliveries
    .filter(({ eventId }) => !told.has(eventId))
    .map((delivery): Link => ({
      at: delivery.receivedAt,
      kind: 'delivery',
      text: deliveryText(delivery),
      ...(delivery.outcome === 'refused' && {
        refused: { reason: delivery.reason ?? 'no reason given', clues: clueWords(delivery), count: 1 },
      }),
    }));
  const all: Link[] = [...timeline, ...others];
  return joined(all.toSorted((left, right) => Date.parse(left.at) - Date.parse(right.at)));
}

interface Link {
  readonly at: string;
  readonly kind: string;
  readonly text: string;
  /** Set for refused callbacks, which prove nothing. */
  readonly refused?: { readonly reason: string; readonly clues: string; readonly count: number };
}

/** Left out: without a finding, a callback is one of a flood of forgeries. */
const TELL_NOTHING: ReadonlySet<string> = new Set(['no_match', 'not_examined']);

/** What the clues of a delivery add to its line. */
function clueWords({ clues }: Delivery): string {
  const told = clues.filter(({ code }) => !TELL_NOTHING.has(code));
  return told.map(({ text }) => `; ${text}`).join('');
}

/** Joins a flood of forged callbacks into one line, so that the story stays readable. */
function joined(links: readonly Link[]): Link[] {
  const found: Link[] = [];
  for (const link of links) {
    const last = found.at(-1);
    const { reason, clues } = link.refused ?? {};
    if (reason === undefined || last?.refused?.reason !== reason || last.refused.clues !== clues) {
      found.push(link);
      continue;
    }
    const count = last.refused.count + 1;
    const text = `${count} callbacks refused (${reason}) until ${utc(link.at)}: they prove nothing${clues}`;
    found[found.length - 1] = { ...last, text, refused: { reason, clues, count } };
  }
  return found;
}

function deliveryText(delivery: Delivery): string {
  const { outcome, reason, state, id, receipts, eventId, claim } = delivery;
  const times = receipts > 1 ? `, received ${receipts} times` : '';
  switch (outcome) {
    case 'accepted':
      return `verified callback ${id}${times}, ${state === 'handled' ? 'handled' : 'not handled yet'}${clueWords(delivery)}`;
    case 'duplicate':
      return `callback ${id} contains nothing new${times}`;
    case 'ignored':
      return `callback ${id} ignored (${reason ?? 'no reason given'})${times}`;
    case 'refused':
      return `callback ${id} refused (${reason ?? 'no reason given'}): it proves nothing${clueWords(delivery)}`;
    case 'backfilled':
      return `event ${eventId ?? id} (${claim['event'] ?? 'no type given'}) is backfilled: not received by us`;
  }
}

function runLines(run: Run): string[] {
  const { workflowId, status, events, url, waitsFor, pending, steps } = run;
  return [
    `Workflow ${workflowId} ${status.toLowerCase()}, ${events} events${url === null ? '' : `: ${url}`}`,
    ...steps.map(({ at, text }) => `  ${utc(at)}  ${text}`),
    ...pending.map(pendingLine),
    // The run gives only the name of the command: complete commands are at the end of the output.
    ...(waitsFor === null
      ? []
      : [`  waits for ${inUtc(waitsFor.replace(': paidonce resolve;', ' to decide;'))}`]),
  ];
}

function pendingLine({ activity, attempt, lastFailure, nextAt, isPaused }: Run['pending'][number]): string {
  const state = isPaused ? 'paused' : 'under way';
  if (lastFailure === null) return `  ${state}: ${activity}, attempt ${attempt}`;
  const when = nextAt === null ? '' : ` at ${utc(nextAt)} UTC`;
  return `  ${state}: ${activity}, attempt ${attempt}${when}, last failure: ${lastFailure}`;
}

/** Shows the times in our own texts like all other times. */
function inUtc(text: string): string {
  return text.replaceAll(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (at) => `${utc(at)} UTC`);
}

function unasked(store: StoryAnswer, temporal: RunsAnswer): string[] {
  const missing = [store, temporal].filter((answer) => answer.kind === 'unasked');
  return missing.map(({ reason }) => reason);
}

const FOUND_BY_SWEEP =
  ' If the gateway has news that has not reached us, the sweep finds it within minutes (SWEEP_INTERVAL).';

/** Each command has its own line, ready to paste. */
function adviceLines({ advice, store, temporal }: Why): string[] {
  if (advice.length === 0) {
    if (store.kind !== 'found') return [];
    // The problem may be in the part that did not answer.
    if (temporal.kind === 'unasked')
      return ['No problem found in the part that answered. Repair the other part and run the command again.'];
    const isOpen = store.story.payments.some(
      ({ status, sessionId }) => status === 'PENDING' && sessionId !== null,
    );
    return [`No action is needed.${isOpen ? FOUND_BY_SWEEP : ''}`];
  }
  return [
    'Action needed:',
    ...advice.flatMap(({ about, text, todo, commands = [] }) => [
      `  ${about}: ${inUtc(text)}`,
      `    ${todo}`,
      ...commands.map((command) => `      ${asTyped(command)}`),
    ]),
  ];
}
