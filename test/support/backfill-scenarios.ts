/** One story for each path of `backfillGateway`; each returns its workflow id. */
import { Context } from '@temporalio/activity';
import { GatewayRejected, GatewayUnavailable } from '../../src/gateways/gateway-errors.ts';
import { newId } from '../../src/store/new-ids.ts';
import { anEvent, SINCE, UNTIL, type BackfillWorld } from './backfill-world.ts';

type BackfillScenario = (world: BackfillWorld) => Promise<string>;

const foreignPages = (count: number) => Array.from({ length: count }, () => [anEvent(null)]);

async function run(world: BackfillWorld) {
  return (await world.backfill()).workflowId;
}

export const BACKFILL_SCENARIOS: Readonly<Record<string, BackfillScenario>> = {
  async backfilled(world) {
    world.at.pages = foreignPages(2);
    return run(world);
  },
  async 'backfilled-page-retried'(world) {
    world.at.pages = foreignPages(3);
    world.at.trouble = (page) => {
      if (page === 1 && Context.current().info.attempt < 3)
        throw new GatewayUnavailable('no answer', { kind: 'silent' });
    };
    return run(world);
  },
  async 'backfilled-not-to-the-end'(world) {
    world.at.trouble = () => {
      throw new GatewayRejected('the listing repeats itself');
    };
    return run(world);
  },
  async 'backfilled-continued-as-new'(world) {
    world.at.pages = foreignPages(30);
    return run(world);
  },
  // By a person, who gives no end.
  'backfilled-by-hand': (world) => begun(world, 'by-hand', asked()),
  'backfill-odd-input': (world) => begun(world, 'odd-input', { gateway: 7 }),
  'backfill-odd-so-far': (world) =>
    begun(world, 'odd-so-far', { ...asked(), until: UNTIL, soFar: { id: 'bkf_1', cursor: 7 } }),
};

/** On a server that does not suggest to continue as new for a long time. */
export const LONG_BACKFILL_SCENARIOS: Readonly<Record<string, BackfillScenario>> = {
  async 'backfilled-in-hundred-pages'(world) {
    world.at.pages = foreignPages(102);
    return run(world);
  },
};

const asked = () => ({ gateway: 'dintero', id: newId('bkf'), since: SINCE });

async function begun({ client }: BackfillWorld, name: string, input: unknown): Promise<string> {
  const workflowId = `backfill/${name}`;
  const options = { workflowId, taskQueue: 'payments', args: [input] };
  const handle = await client.workflow.start('backfillGateway', options);
  await handle.result().catch(() => undefined);
  return workflowId;
}
