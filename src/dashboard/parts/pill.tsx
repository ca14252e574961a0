import type { VNode } from 'preact';
import { shown } from './text.ts';

type Tone = 'good' | 'waiting' | 'bad' | '';

/** Statuses of payments, orders, operations, updates, callbacks and checks: every word that has a colour. */
const TONES: Readonly<Record<string, Tone>> = {
  AUTHORIZED: 'good',
  CAPTURED: 'good',
  PARTIALLY_CAPTURED: 'good',
  PAID: 'good',
  done: 'good',
  delivered: 'good',
  accepted: 'good',
  match: 'good',
  ok: 'good',
  complete: 'good',
  PENDING: 'waiting',
  ON_HOLD: 'waiting',
  AWAITING_PAYMENT: 'waiting',
  PAYMENT_PENDING: 'waiting',
  REVIEW: 'bad',
  pending: 'waiting',
  unknown: 'waiting',
  running: 'waiting',
  warn: 'waiting',
  awaiting_approval: 'waiting',
  failed: 'bad',
  gave_up: 'bad',
  gone: 'bad',
  refused: 'bad',
  fail: 'bad',
  broken: 'bad',
  alert: 'bad',
  late: 'bad',
  'none yet': 'waiting',
  'not current': 'bad',
  'does not poll': 'bad',
  current: 'bad',
  draining: 'waiting',
};

/** A status as a coloured label. The word says what the colour says. */
export function Pill({ word, big }: { word: string; big?: boolean }): VNode {
  return <span class={`badge ${TONES[word] ?? ''}${big ? ' big' : ''}`}>{shown(word, 60)}</span>;
}
