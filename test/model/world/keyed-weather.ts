/** The weather of a schedule with the keyed PSP: its reads do not lag, and its failures are others. */
import type { ProductRules } from '../../../src/domain/operation.ts';
import type { Chance } from './chance.ts';
import { drawWeather, KIND_FATES, type Weather } from './weather.ts';

const RULES = {
  voids: 'whole',
  finalCapture: true,
  refunds: 'any_time',
  lines: 'optional',
  authorizationDays: 7,
} as const satisfies Partial<ProductRules>;

/** Nothing is lost for longer than a request lasts, and a failure may be kept for the key. */
const HARD_FATES: Weather['fates'] = {
  done: 6,
  lost_before: 2,
  lost_after: 2,
  lost_and_late: 2,
  busy: 2,
  busy_after: 1,
  refused_us: 1,
  declined: 1,
  failed: 2,
  accepted: 4,
  kept_before: 2,
  kept_after: 2,
};

export function drawKeyedWeather(chance: Chance): Weather {
  const drawn = drawWeather(chance);
  const captures = chance.pick(['once', 'many'] as const);
  const isHard = chance.hits(0.5);
  return {
    ...drawn,
    stale: 0,
    lagMs: 0,
    absent: 0,
    product: captures === 'once' ? 'klarna' : 'card',
    rules: { ...RULES, captures },
    clock: chance.pick([1, 1_000]),
    fates: isHard ? HARD_FATES : KIND_FATES,
    isCareless: false,
    thin: chance.hits(0.3) ? 0.5 : 0,
    keptFailures: isHard ? 0.1 : 0,
    outlivesKeys: isHard && chance.hits(0.25),
    paysTwice: chance.hits(0.3),
  };
}
