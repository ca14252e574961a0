/** What the timeline says of a look, in words and data. */
import type { Callback } from '../domain/callback.ts';
import type { Decision } from '../domain/decide.ts';
import type { Note } from '../domain/note.ts';
import type { Reading } from '../domain/transaction.ts';
import type { Poke, Triggers } from '../domain/trigger.ts';

/** What the gateway said, and what we made of it. */
export interface Found {
  readonly reading: Reading;
  readonly decision: Decision;
}

/**
 * Why we looked and what the gateway said. Nothing of a look that only an unproved hit asked for and that found nothing; a hold's and a
 * review's are kept, since nothing else shows that it is watched.
 */
export function notesOfLook(gateway: string, triggers: Triggers, found: Found, now: number): Note[] {
  const { callbacks, pokes, timer, expiry } = triggers;
  if (found.decision.kind !== 'find' && !isWorthKeeping(triggers)) return [];
  const timed = timer === null ? [] : [{ kind: 'poll', text: `time for a ${timer} look` } as const];
  const last = expiry === null ? [] : [{ kind: 'poll', text: 'time is over: a last look' } as const];
  return [
    ...callbacks.map(callbackNote),
    ...pokes.map(pokeNote),
    ...timed,
    ...last,
    readNote(gateway, found, now),
  ];
}

const KEPT: ReadonlySet<Poke['why']> = new Set(['sweep', 'unwatched', 'in_review']);

function isWorthKeeping({ callbacks, pokes, timer }: Triggers): boolean {
  const isWatch = timer === 'poll' || timer === 'review';
  return callbacks.length > 0 || isWatch || pokes.some(({ why }) => KEPT.has(why));
}

function callbackNote({ claim, receivedAt, eventId }: Callback): Note {
  const claims = Object.entries(claim).map(([name, value]) => `${name}=${value}`);
  return {
    kind: 'delivery',
    at: receivedAt,
    text: `verified callback: ${claims.join(' ')}`,
    data: { eventId, ...claim },
  };
}

function pokeNote({ why, at }: Poke): Note {
  if (why === 'return') return { kind: 'return', at, text: 'the browser came back' };
  if (why === 'unproved_callback')
    return { kind: 'delivery', at, text: 'a callback that proves nothing asked for a look' };
  if (why === 'sweep')
    return { kind: 'sweep', at, text: 'the sweep found a difference that nobody had told us of' };
  return { kind: 'operation', at, text: ASKED_BY_US[why] };
}

const ASKED_BY_US = {
  operator: 'an operator asked for a look',
  refused_refund: 'a refund was asked for of more than we know to be captured',
  unwatched: 'nobody seemed to watch it any more',
  in_review: 'what was to move its money has put it in REVIEW',
} as const;

function readNote(gateway: string, { reading, decision }: Found, now: number): Note {
  const isUnclear = decision.kind === 'unclear' && reading.kind === 'transaction';
  const said = wordsOfReading(gateway, reading);
  const text = isUnclear ? `${said}: not clear yet, ${decision.reason}` : said;
  const data = dataOf(reading);
  return { kind: 'read', at: new Date(now).toISOString(), text, ...(data && { data }) };
}

/** What the gateway said, in words. */
export function wordsOfReading(gateway: string, reading: Reading): string {
  switch (reading.kind) {
    case 'absent':
      return `${gateway} does not know it (yet)`;
    case 'session':
      return `${gateway} says: no transaction, the session is ${reading.state}`;
    case 'unreadable':
      return `${gateway} answered, but not in a way we understand: ${reading.reason}`;
    case 'transaction': {
      const { gatewayStatus, money, reference } = reading.transaction;
      return `${gateway} says ${gatewayStatus}, ${money.amountMinor} minor units of ${money.currency} for ${reference}`;
    }
  }
}

function dataOf(reading: Reading): Note['data'] {
  if (reading.kind !== 'transaction') return undefined;
  const { transactionId, gatewayStatus, money, capturedMinor, refundedMinor } = reading.transaction;
  return {
    transactionId,
    status: gatewayStatus,
    amount: money.amountMinor,
    currency: money.currency,
    capturedMinor,
    refundedMinor,
  };
}
