/** A separate world for each schedule, with the toy server and every kind of trouble. */
import { moneyOperations } from '../../../src/workflows/money-operations.ts';
import { paymentSession } from '../../../src/workflows/payment-session.ts';
import { forgetIds } from '../stand-ins/store-new-ids.ts';
import { Clock } from '../world/clock.ts';
import { createToyRuns } from '../world/runs.ts';
import type { Stage } from '../world/stage.ts';
import { Trouble } from '../world/trouble.ts';
import type { World } from '../world/world.ts';
import { ToyServer, type ServerTrouble } from './server.ts';

export const TOY_STAGE: Stage = {
  referenceOf: () => 'o',
  clock() {
    forgetIds();
    return new Clock();
  },
  trouble: (weather, chance, clock, say) => new Trouble(weather, chance, clock, say),
  connect(world) {
    const { trouble, clock } = world;
    const workflows = { paymentSession, moneyOperations };
    const server = new ToyServer(clock, troubleOf(world), workflows, () => world.activities());
    const post = {
      isAway: () => trouble.isAway('temporal'),
      losesAnswer: () => trouble.hits(trouble.weather.lostSignals),
    };
    return { server, ...createToyRuns(server, post) };
  },
};

function troubleOf(world: World): ServerTrouble {
  const { trouble } = world;
  return {
    losesResult: ({ name }) => {
      const isLost = trouble.hits(trouble.weather.deaths);
      if (isLost) world.say(() => `the process dies with the result of ${name}`);
      return isLost;
    },
    hop: () => trouble.hop(),
    longRun: () => trouble.weather.longRun,
    isTogether: () => trouble.hits(0.5),
  };
}
