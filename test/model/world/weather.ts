/** The trouble of one schedule, drawn before it begins. Most schedules have a few kinds, many have none. */
import type { ProductRules } from '../../../src/domain/operation.ts';
import type { LateMoneyPolicy } from '../../../src/domain/apply-finding.ts';
import type { Chance } from './chance.ts';
import type { OperationFate } from './gateway.ts';
import { LONGEST_LAG_MS } from './psp.ts';

export interface Weather {
  readonly policy: LateMoneyPolicy;
  readonly capture: 'manual' | 'auto';
  readonly product: string;
  readonly rules: ProductRules;
  /** Milliseconds, as in `PspRules`. */
  readonly clock: number | null;
  /**
   * Without sweeps, at least one callback about each change arrives. With sweeps, all callbacks may be lost.
   */
  readonly sweeps: boolean;
  /** Share of reads that a lagging replica answers; `lagMs` is its longest lag. */
  readonly stale: number;
  readonly lagMs: number;
  /** Share of reads that find nothing, or no JSON. */
  readonly absent: number;
  readonly unreadable: number;
  /** Share of calls of the gateway without an answer, lost before or after they arrived. */
  readonly silence: number;
  /** Share of activity steps at which the process dies, or stands still for longer than any caller waits. */
  readonly deaths: number;
  /** Share of calls of the store that fail, without their effect or with it. */
  readonly storeErrors: number;
  /** Share of messages to Temporal whose answer is lost. */
  readonly lostSignals: number;
  readonly fates: Readonly<Record<OperationFate, number>>;
  readonly isCareless: boolean;
  /** Share of callbacks that name an object and say nothing about it. */
  readonly thin: number;
  /** Share of openings that end with a failure which the gateway keeps for the key. */
  readonly keptFailures: number;
  /** Whether a gateway that loses an operation may then be away for longer than it knows a key. */
  readonly outlivesKeys: boolean;
  /** Whether the payer may pay a session twice. */
  readonly paysTwice: boolean;
  /** The number of activations after which a run continues as new. */
  readonly longRun: number;
}

const PRODUCTS: readonly { readonly product: string; readonly rules: ProductRules }[] = [
  {
    product: 'card',
    rules: {
      voids: 'whole',
      captures: 'many',
      refunds: 'any_time',
      finalCapture: false,
      lines: 'optional',
      authorizationDays: 7,
    },
  },
  {
    product: 'vipps',
    rules: {
      voids: 'rest_too',
      captures: 'many',
      refunds: 'any_time',
      finalCapture: true,
      lines: 'optional',
      authorizationDays: 5,
    },
  },
  {
    product: 'swish',
    rules: {
      voids: 'never',
      captures: 'many',
      refunds: 'any_time',
      finalCapture: false,
      lines: 'optional',
      authorizationDays: null,
    },
  },
];

export const KIND_FATES: Weather['fates'] = {
  done: 1,
  lost_before: 0,
  lost_after: 0,
  lost_and_late: 0,
  busy: 0,
  busy_after: 0,
  refused_us: 0,
  declined: 0,
  failed: 0,
  accepted: 0,
  kept_before: 0,
  kept_after: 0,
};
const HARD_FATES: Weather['fates'] = {
  done: 6,
  lost_before: 1,
  lost_after: 2,
  lost_and_late: 1,
  busy: 2,
  busy_after: 4,
  refused_us: 1,
  declined: 1,
  failed: 2,
  accepted: 4,
  kept_before: 0,
  kept_after: 0,
};

export function drawWeather(chance: Chance): Weather {
  const sweeps = chance.hits(0.7);
  const some = (often: number, share: number) => (chance.hits(often) ? share * (0.2 + chance.next()) : 0);
  const stale = sweeps ? some(0.35, 0.4) : 0;
  return {
    policy: chance.weigh({ give_back: 4, review: 1, accept: 1 }),
    capture: chance.hits(0.25) ? 'auto' : 'manual',
    ...chance.pick(PRODUCTS),
    clock: chance.pick([1, 1, 1_000, null]),
    sweeps,
    stale,
    lagMs: stale > 0 ? chance.pick([500, 3_000, 10_000, LONGEST_LAG_MS]) : 0,
    absent: some(0.2, 0.2),
    unreadable: some(0.1, 0.15),
    silence: some(0.3, 0.15),
    deaths: some(0.3, 0.08),
    storeErrors: some(0.2, 0.06),
    lostSignals: some(0.2, 0.2),
    fates: chance.hits(0.5) ? HARD_FATES : KIND_FATES,
    isCareless: chance.hits(0.4),
    thin: 0,
    keptFailures: 0,
    outlivesKeys: false,
    paysTwice: false,
    longRun: chance.hits(0.1) ? chance.between(6, 40) : Infinity,
  };
}

/** The weather without trouble, in which a schedule comes to its end. */
export function calmed(weather: Weather): Weather {
  const nothing = { stale: 0, lagMs: 0, absent: 0, unreadable: 0, silence: 0, deaths: 0, storeErrors: 0 };
  return { ...weather, ...nothing, lostSignals: 0, keptFailures: 0, outlivesKeys: false, fates: KIND_FATES };
}
