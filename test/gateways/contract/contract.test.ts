/** What the core expects of every gateway: the interface of src/gateways/gateway.ts, promise by promise. */
import { describe, expect, it } from '@jest/globals';
import { GATEWAYS } from '../../../src/gateways/registry.ts';
import { useBench } from './bench.ts';
import { promisesOfCallbacks } from './promises/calls-us.ts';
import { promisesOfAmounts } from './promises/counts.ts';
import { promisesOfDescription } from './promises/describes-itself.ts';
import { promisesOfListings } from './promises/lists.ts';
import { promisesOfMoney } from './promises/moves-money.ts';
import { promisesOfSessions } from './promises/opens.ts';
import { promisesOfEvents } from './promises/remembers.ts';
import { promisesOfReadings } from './promises/shows.ts';
import { promisesOfLimits, promisesOfSilence } from './promises/says-nothing.ts';
import { promisesOfVerification } from './promises/verifies.ts';
import { STANDS } from './stands.ts';

it('every gateway of the registry has a stand', () => {
  const tested = STANDS.map(({ descriptor }) => descriptor?.id);
  expect(tested).toEqual(expect.arrayContaining(GATEWAYS.map(({ id }) => id)));
});

describe.each(STANDS.map((kind) => [kind.name, kind] as const))('the gateway %s', (_, kind) => {
  const bench = useBench(kind);
  promisesOfDescription(bench);
  promisesOfSessions(bench);
  promisesOfReadings(bench);
  promisesOfAmounts(bench);
  promisesOfMoney(bench);
  promisesOfSilence(bench);
  promisesOfCallbacks(bench);
  promisesOfVerification(bench);
  promisesOfListings(bench);
  promisesOfEvents(bench);
  promisesOfLimits(kind);
});
