/** A payment that a seed makes up: what the payer does, how it is told, and what goes wrong later. */
import type { CallbackChoice } from '../callbacks/callback-plan.ts';
import { chance, pick } from '../faults/chance.ts';
import type { OwnFaults } from '../faults/fault-schema.ts';
import type { Payment } from './pay.ts';
import { TROUBLE_NAMES, TROUBLES } from '../faults/trouble.ts';

type Words = readonly (string | number)[];

const OUTCOMES = [
  ...(['authorize', 'authorize', 'authorize', 'authorize', 'authorize', 'authorize'] as const),
  ...(['capture', 'on_hold', 'on_hold', 'decline', 'fail', 'unknown', 'cancel', 'pay_failed'] as const),
] as const;

const CALLBACKS: readonly [CallbackChoice, ...CallbackChoice[]] = [
  undefined,
  undefined,
  undefined,
  false,
  { copies: 2 },
  { copies: 3, together: true },
  { delayMs: 1_500 },
  [{ sign: 'wrong' }, { delayMs: 300 }],
  { stampAt: 'enqueue', t: -4_000 },
  { method: 'POST', body: { status: 'CAPTURED' } },
];

/** The same for the same seed and order reference, in every run. */
export function paymentBySeed(seed: string | number, reference: string): Payment {
  const words = [seed, reference];
  const outcome = pick(OUTCOMES, ...words, 'outcome');
  const callback = pick(CALLBACKS, ...words, 'callback');
  const resolution = pick(['AUTHORIZED', 'AUTHORIZED', 'FAILED'], ...words, 'resolution');
  const afterMs = Math.round(chance(...words, 'resolves after') * 2_000);
  return {
    outcome,
    ...(callback === undefined ? {} : { callback }),
    ...(chance(...words, 'return') < 0.2 ? { return: false as const } : {}),
    ...(outcome === 'on_hold' ? { resolve: { status: resolution, afterMs } } : {}),
    faults: faultsBySeed(words),
  };
}

/** For each operation, trouble on two of three payments. */
function faultsBySeed(words: Words): OwnFaults {
  const faults: OwnFaults = {};
  for (const kind of ['capture', 'refund', 'void'] as const) {
    if (chance(...words, kind) < 1 / 3) continue;
    const [first = 'lost_after', ...rest] = TROUBLE_NAMES;
    faults[kind] = TROUBLES[pick([first, ...rest], ...words, kind, 'trouble')].fault;
  }
  return faults;
}
