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

function stepOf({ at: written, kind, text, data }: Entry): Crossing[] {
  const at = Date.parse(written);
  const step = (from: Crossing['from'], to: Crossing['to'], tone: Crossing['tone'] = 'plain'): Crossing[] => [
    { at, from, to, label: text, tone },
  ];
  switch (kind) {
    case 'delivery':
      return step('gateway', 'paidonce');
    case 'return':
      return step('payer', 'paidonce');
    case 'read':
    case 'poll':
    case 'sweep':
      return step('paidonce', 'gateway');
    case 'operation':
      return step('paidonce', 'gateway', data['state'] === 'failed' ? 'bad' : 'plain');
    case 'decision':
    case 'operator':
      return step('paidonce', 'paidonce', 'good');
    case 'update':
      return stepOfUpdate(at, text, data);
    default:
      return [];
  }
}

/** "queued" is no step of its own. */
function stepOfUpdate(at: number, label: string, data: Entry['data']): Crossing[] {
  const { state, attempt, status } = data;
  if (state === undefined && attempt === undefined) return [];
  const isHeard = state === 'delivered' || (typeof status === 'number' && status < 300);
  if (state === 'superseded' || state === 'off') return [];
  return [{ at, from: 'paidonce', to: 'shop', label, tone: isHeard ? 'good' : 'bad' }];
}

/** Callbacks that the timeline does not have: refused, repeated, or not handled yet. */
function callbackOf({ receivedAt, outcome, reason, receipts }: Delivery): Crossing[] {
  if (outcome === 'backfilled') return [];
  const tone = outcome === 'refused' ? 'bad' : 'plain';
  const label = `callback ${outcome}${reason === null ? '' : ` (${reason})`}${receipts > 1 ? `, ${receipts} times` : ''}`;
  return [{ at: Date.parse(receivedAt), from: 'gateway', to: 'paidonce', label, tone }];
}

function nextAttempt({ type, nextAttemptAt }: Update): Crossing[] {
  if (nextAttemptAt === null) return [];
  return [
    {
      at: Date.parse(nextAttemptAt),
      from: 'paidonce',
      to: 'shop',
      label: `next attempt of ${type}`,
      tone: 'next',
    },
  ];
}
