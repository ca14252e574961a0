/** The timeline, callbacks and updates of one payment as steps between payer, gateway, paidonce and shop. */
import type { Crossing } from '../parts/swim-lanes.tsx';
import type { Delivery, Entry, PaymentStory, Update } from './order-story.ts';

export function crossingsOf({ payment, deliveries }: PaymentStory, updates: readonly Update[]): Crossing[] {
  const told = new Set(payment.timeline.map(({ data }) => data['eventId']));
  return [
    ...payment.timeline.flatMap(stepOf),
    ...(deliveries.data ?? [])
      .filter(({ eventId }) => eventId === null || !told.has(eventId))
      .flatMap(callbackOf),
    ...updates.filter((update) => update.payment === payment.id).flatMap(nextAttempt),
  ];
}

function stepOf({ at: written, kind, text: label, data }: Entry): Crossing[] {
  const at = Date.parse(written);
  const step = (
    from: Crossing['from'],
    to: Crossing['to'],
    short: string,
    tone: Crossing['tone'] = 'plain',
  ) => [{ at, from, to, short, label, tone }];
  switch (kind) {
    case 'delivery':
      return step('gateway', 'paidonce', 'callback');
    case 'return':
      return step('payer', 'paidonce', 'payer is back');
    case 'read':
    case 'poll':
    case 'sweep':
      return step('paidonce', 'gateway', `${kind}: ${wordOf(data['status']) ?? 'asked'}`);
    case 'operation':
      return step('paidonce', 'gateway', operationIn(data), data['state'] === 'failed' ? 'bad' : 'plain');
    case 'decision':
      return step('paidonce', 'paidonce', wordOf(data['to']) ?? 'decision', 'good');
    case 'operator':
      return step('paidonce', 'paidonce', 'a person', 'good');
    case 'update':
      return stepOfUpdate(at, label, data);
    default:
      return [];
  }
}

function wordOf(given: unknown): string | null {
  return typeof given === 'string' ? given : null;
}

function operationIn(data: Entry['data']): string {
  const kind = wordOf(data['kind']);
  if (kind === null) return typeof data['sessionId'] === 'string' ? 'session opened' : 'operation';
  return `${kind} ${wordOf(data['state']) ?? 'sent'}`;
}

/** "queued" is no step of its own. */
function stepOfUpdate(at: number, label: string, data: Entry['data']): Crossing[] {
  const { state, attempt, status } = data;
  if (state === undefined && attempt === undefined) return [];
  const isHeard = state === 'delivered' || (typeof status === 'number' && status < 300);
  if (state === 'superseded' || state === 'off') return [];
  const short = /order\.[a-z_]+/.exec(label)?.[0] ?? 'update';
  return [{ at, from: 'paidonce', to: 'shop', short, label, tone: isHeard ? 'good' : 'bad' }];
}

/** Callbacks that the timeline does not have: refused, repeated, or not handled yet. */
function callbackOf({ receivedAt, outcome, reason, receipts }: Delivery): Crossing[] {
  if (outcome === 'backfilled') return [];
  const tone = outcome === 'refused' ? 'bad' : 'plain';
  const label = `callback ${outcome}${reason === null ? '' : ` (${reason})`}${receipts > 1 ? `, ${receipts} times` : ''}`;
  return [
    {
      at: Date.parse(receivedAt),
      from: 'gateway',
      to: 'paidonce',
      short: `callback ${outcome}`,
      label,
      tone,
    },
  ];
}

function nextAttempt({ type, nextAttemptAt }: Update): Crossing[] {
  if (nextAttemptAt === null) return [];
  return [
    {
      at: Date.parse(nextAttemptAt),
      from: 'paidonce',
      to: 'shop',
      short: `next ${type}`,
      label: `next attempt of ${type}`,
      tone: 'next',
    },
  ];
}
