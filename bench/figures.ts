/** The figures that the product must reach, each with its limit and whether this run met it. */
import { ENCRYPTED, TRACED } from './part.ts';
import type { Disturbed } from './measure/disturbed.ts';
import type { Openings } from './measure/hanging-reads.ts';
import type { HistoryFigures } from './measure/history.ts';
import type { MoneyFigures } from './measure/money.ts';
import type { Recovery } from './measure/recovery.ts';
import type { Memory } from './measure/resources.ts';
import type { WebhookFigures } from './measure/webhooks.ts';
import type { PartResult } from './measure/rounds.ts';

export interface Measured {
  readonly parts: ReadonlyMap<string, PartResult>;
  readonly histories: HistoryFigures;
  readonly webhooks: WebhookFigures;
  readonly money: MoneyFigures;
  readonly hangingShop: Disturbed;
  readonly hangingReads: Openings;
  /** Null in a quick run, and without PostgreSQL, which a separate worker needs. */
  readonly recovery: { readonly ofOne: Recovery; readonly ofTwo: Recovery } | null;
  /** Null in a quick run. */
  readonly sweep: Disturbed | null;
  readonly memory: Memory | null;
  readonly idle: number | null;
}

export interface Figure {
  readonly figure: string;
  readonly bound: string;
  readonly measured: string;
  /** Null where it was not measured. */
  readonly ok: boolean | null;
}

/** The resident memory of a process with a garbage collector is never exactly the same twice. */
const GROWTH_ALLOWED = 0.05;

export function figuresOf({
  parts,
  histories,
  webhooks,
  money,
  hangingShop,
  hangingReads,
  recovery,
  sweep,
  memory,
  idle,
}: Measured): Figure[] {
  const floor = parts.get('floor') as PartResult;
  const embedded = parts.get('paidonce') as PartResult;
  const encrypted = ratiosOf(parts.get(ENCRYPTED) as PartResult, embedded);
  const traced = ratiosOf(parts.get(TRACED) as PartResult, embedded);
  const postgresql = parts.get('paidonce-postgresql');
  const ofEmbedded = ratiosOf(embedded, floor);
  const ofStripe = ratiosOf(parts.get('paidonce-stripe') as PartResult, floor);
  const ofPostgresql = postgresql && ratiosOf(postgresql, floor);
  return [
    atMost('callback → paid p50, one at a time, by floor', ofEmbedded.callbackToPaidP50, 2, times),
    atMost('the same at Stripe', ofStripe.callbackToPaidP50, 2, times),
    atMost('callback → told p50, by signal → completed of floor', ofEmbedded.callbackToToldP50, 1, times),
    atMost('CPU of a paid session, embedded store, by floor', ofEmbedded.cpuSecondsPerSession, 1.25, times),
    atMost('the same on PostgreSQL', ofPostgresql?.cpuSecondsPerSession, 1.25, times),
    atMost('the same with encrypted payloads, by without', encrypted.cpuSecondsPerSession, 1.05, times),
    atMost('the same with every trace kept, by without', traced.cpuSecondsPerSession, 1.15, times),
    atLeast('sessions/s, 20 at a time, embedded store, by floor', ofEmbedded.sessionsPerSecond, 0.75),
    atLeast('the same on PostgreSQL', ofPostgresql?.sessionsPerSecond, 0.75),
    atMost('history of a paid session, one callback', histories.oneCallback, 16, events),
    atMost('the same at Stripe, with its five webhooks', webhooks.events, 40, events),
    atMost('… and runs', webhooks.runs, 1, runs),
    atMost('… and reads of the gateway', webhooks.reads, 2, reads),
    atMost('billable actions of a paid session', money.paid.actions, 8, actions),
    atMost('a capture adds, its callback included', money.capture.events, 27, events),
    atMost('a refund adds, its callback included', money.refund.events, 27, events),
    atMost('… with a return hit at the same time', histories.returnAfter, 46, events),
    atMost('… with a return hit just before', histories.returnBefore, 46, events),
    atMost('a duplicate while open adds', histories.duplicateAdds, 4, events),
    atMost('a duplicate of what is handled adds', histories.handledDuplicateAdds, 0, events),
    atMost('callback → paid p50 during a sweep, by quiet', sweep?.ratio, 1.5, times),
    atMost('… while a shop hangs', hangingShop.ratio, 1.5, times),
    atMost('openings while reads hang, p95, by quiet', hangingReads.ratio, 2, times),
    atMost('… and refused', hangingReads.refused, 0, orders),
    atMost('8 orders/s, the worker killed: paid → told p99', recovery?.ofOne.toldMs.p99, 1_500, milliseconds),
    atMost('… and the slowest', recovery?.ofOne.slowestMs, 5_000, milliseconds),
    atMost('… and openings that were answered "not now"', recovery?.ofOne.refused, 0, orders),
    atMost('… one of two workers killed, the slowest', recovery?.ofTwo.slowestMs, 2_000, milliseconds),
    atMost('callback answered p99, one at a time', embedded.alone.ackMs?.p99, 30, milliseconds),
    atMost(`resident memory after ${memory?.sessions ?? 2_000} sessions`, memory?.residentMb, 900, megabytes),
    atMost('… and its growth over as many again', memory?.growth, GROWTH_ALLOWED, percent),
    atMost('idle with 1,000 open sessions, of a core', idle, 0.03, percent),
  ];
}

/** A part's results by those of the floor. */
export function ratiosOf(part: PartResult, floor: PartResult) {
  return {
    sessionsPerSecond: part.sessionsPerSecond / floor.sessionsPerSecond,
    callbackToPaidP50: part.alone.callbackToPaidMs.p50 / floor.alone.callbackToPaidMs.p50,
    callbackToPaidP99: part.alone.callbackToPaidMs.p99 / floor.alone.callbackToPaidMs.p99,
    callbackToToldP50: (part.alone.callbackToToldMs?.p50 ?? Number.NaN) / floor.alone.callbackToPaidMs.p50,
    openP50: part.alone.openMs.p50 / floor.alone.openMs.p50,
    historyEvents: part.historyEvents / floor.historyEvents,
    cpuSecondsPerSession: part.cpuSecondsPerSessionInAll / floor.cpuSecondsPerSessionInAll,
  };
}

type Show = (value: number) => string;
const times: Show = (value) => `${value.toFixed(2)} ×`;
const events: Show = (value) => `${value} events`;
const runs: Show = (value) => `${value} runs`;
const reads: Show = (value) => `${value} reads`;
const actions: Show = (value) => `${value} actions`;
const orders: Show = (value) => `${value} orders`;
const milliseconds: Show = (value) => `${value.toFixed(1)} ms`;
const megabytes: Show = (value) => `${value.toFixed(0)} MB`;
const percent: Show = (value) => `${(value * 100).toFixed(1)} %`;

function atMost(figure: string, value: number | null | undefined, bound: number, show: Show): Figure {
  return judged(figure, `≤ ${show(bound)}`, value, show, (measured) => measured <= bound);
}

function atLeast(figure: string, value: number | null | undefined, bound: number): Figure {
  return judged(figure, `≥ ${times(bound)}`, value, times, (measured) => measured >= bound);
}

function judged(
  figure: string,
  bound: string,
  value: number | null | undefined,
  show: Show,
  isOk: (measured: number) => boolean,
): Figure {
  if (value === null || value === undefined) return { figure, bound, measured: 'not measured', ok: null };
  return { figure, bound, measured: show(value), ok: isOk(value) };
}
