/** An order's story as lines of text. */
import { formatMoney } from '../../domain/money.ts';
import { utc } from '../print.ts';
import type { Finding } from './findings.ts';
import type { Run, RunsAnswer } from './runs.ts';
import type { Delivery, Story, StoryAnswer } from './story.ts';

export interface Why {
  readonly reference: string;
  readonly store: StoryAnswer;
  readonly temporal: RunsAnswer;
  readonly findings: readonly Finding[];
}

/** The same for another program: flat, with nulls for what could not be asked. */
export function jsonOf({ reference, store, temporal, findings }: Why): object {
  const story = store.kind === 'found' ? store.story : null;
  return {
    reference,
    order: story?.order ?? null,
    payments: story?.payments ?? null,
    runs: temporal.kind === 'found' ? temporal.runs : null,
    findings,
    unasked: unasked(store, temporal),
  };
}

/** The order, each payment's causal chain, what its runs did, and what needs somebody. */
export function linesOf({ reference, store, temporal, findings }: Why): string[] {
  const runs = temporal.kind === 'found' ? temporal.runs : [];
  const story = store.kind === 'found' ? store.story : null;
  return [
    head(reference, store),
    ...(story?.payments ?? []).flatMap((payment) => ['', ...paymentLines(payment)]),
    ...runs.flatMap((run) => ['', ...runLines(run)]),
    '',
    ...unasked(store, temporal).map((reason) => `Could not ask: ${reason}`),
    ...findingLines(findings, store),
  ];
}

function head(reference: string, store: StoryAnswer): string {
  if (store.kind === 'unasked') return `Order ${reference}: the store could not be asked`;
  if (store.kind === 'no_such_order') return `Order ${reference}: ${store.asked} does not know it`;
  const { status, amount, currency, paidAt, transactionId } = store.story.order;
  const money = formatMoney({ amountMinor: amount, currency });
  const paid = paidAt === null ? '' : `, paid ${utc(paidAt)} UTC by transaction ${transactionId}`;
  return `Order ${reference} is ${status}: ${money}${paid} (says ${store.asked})`;
}

function paymentLines(payment: Story['payments'][number]): string[] {
  const { id, gateway, status, sessionId, workflow } = payment;
  const reason = payment.reviewMark ?? payment.reason;
  return [
    `Payment ${id} by ${gateway} is ${status}${reason === null ? '' : ` (${reason})`}`,
    `  session ${sessionId ?? 'not opened'}, workflow ${workflow.workflowId}`,
    ...chain(payment).map(({ at, kind, text }) => `  ${utc(at)}  ${kind.padEnd(9)}  ${text}`),
  ];
}

/** The timeline, with the callbacks that left no trace in it: refused, repeated, or not dealt with yet. */
function chain({ timeline, deliveries }: Story['payments'][number]) {
  const told = new Set(timeline.map(({ data }) => data['eventId']));
  const others = deliveries
    .filter(({ eventId }) => !told.has(eventId))
    .map((delivery) => ({ at: delivery.receivedAt, kind: 'delivery', text: deliveryText(delivery) }));
  return [...timeline, ...others].toSorted((left, right) => Date.parse(left.at) - Date.parse(right.at));
}

function deliveryText({ outcome, reason, state, id, receipts }: Delivery): string {
  const times = receipts > 1 ? `, received ${receipts} times` : '';
  switch (outcome) {
    case 'accepted':
      return `verified callback ${id}${times}, ${state === 'handled' ? 'dealt with' : 'not dealt with yet'}`;
    case 'duplicate':
      return `callback ${id} says what was known already${times}`;
    case 'ignored':
      return `callback ${id} ignored (${reason ?? 'no reason given'})${times}`;
    case 'refused':
      return `callback ${id} refused (${reason ?? 'no reason given'}): it proves nothing`;
  }
}

function runLines(run: Run): string[] {
  const { workflowId, status, events, url, waitsFor, pending, steps } = run;
  return [
    `Workflow ${workflowId} ${status.toLowerCase()}, ${events} events${url === null ? '' : `: ${url}`}`,
    ...steps.map(({ at, text }) => `  ${utc(at)}  ${text}`),
    ...pending.map(
      ({ activity, attempt, lastFailure, isPaused }) =>
        `  ${isPaused ? 'paused' : 'going on'}: ${activity}, attempt ${attempt}${lastFailure === null ? '' : `, before: ${lastFailure}`}`,
    ),
    ...(waitsFor === null ? [] : [`  waits for ${waitsFor}`]),
  ];
}

function unasked(store: StoryAnswer, temporal: RunsAnswer): string[] {
  const missing = [store, temporal].filter((answer) => answer.kind === 'unasked');
  return missing.map(({ reason }) => reason);
}

function findingLines(findings: readonly Finding[], store: StoryAnswer): string[] {
  if (findings.length === 0) return store.kind === 'found' ? ['Nothing needs anybody.'] : [];
  return [
    'Needs somebody:',
    ...findings.flatMap(({ about, text, todo }) => [`  ${about}: ${text}`, `    ${todo}`]),
  ];
}
