/** One story for each path of `sweepGateway`; each returns its workflow id. */
import { Context } from '@temporalio/activity';
import { GatewayRejected, GatewayUnavailable } from '../../src/gateways/gateway-errors.ts';
import { sweepMarks } from '../../src/store/schema/gateway-tables.ts';
import { aPaidSession, foreignPages, type SweepWorld } from './sweep-world.ts';
import { SWEEP_LISTINGS } from './written-listings.ts';

type SweepScenario = (world: SweepWorld) => Promise<string>;

/**
 * On a server that does not suggest to continue as new for a long time: the run itself knows when it has read
 * enough.
 */
export const LONG_SWEEP_SCENARIOS: Readonly<Record<string, SweepScenario>> = {
  async 'sweep-of-hundred-pages'(world) {
    world.pages.set('created', foreignPages(102));
    return world.sweep('new', 'of-hundred-pages');
  },
};

export const SWEEP_SCENARIOS: Readonly<Record<string, SweepScenario>> = {
  async 'sweep-of-new'(world) {
    const [, listed] = await aPaidSession(world);
    world.pages.set('created', [...foreignPages(2), [listed]]);
    return world.sweep('new', 'of-new');
  },
  async 'sweep-of-changes'(world) {
    world.pages.set('captured', foreignPages(2));
    return world.sweep('changes', 'of-changes');
  },
  async 'sweep-continued-as-new'(world) {
    const [, listed] = await aPaidSession(world);
    world.pages.set('created', [...foreignPages(30), [listed]]);
    return world.sweep('new', 'continued');
  },
  async 'sweep-with-nothing-due'(world) {
    const mark = { gateway: 'dintero', mark: new Date(), pages: 100, foreign: 0 };
    const marks = SWEEP_LISTINGS.map(({ name: listing }) => ({ ...mark, listing }));
    await world.store.db.insert(sweepMarks).values(marks).onConflictDoNothing();
    return world.sweep('changes', 'nothing-due');
  },
  async 'sweep-page-retried'(world) {
    world.pages.set('created', foreignPages(3));
    world.trouble = (_, page) => {
      if (page === 1 && Context.current().info.attempt < 3)
        throw new GatewayUnavailable('no answer', { kind: 'silent' });
    };
    return world.sweep('new', 'page-retried');
  },
  async 'sweep-listing-refused'(world) {
    world.pages.set('captured', foreignPages(3));
    world.trouble = (listing, page) => {
      if (listing === 'captured' && page === 1) throw new GatewayRejected('the listing repeats itself');
    };
    await world.sweep('changes', 'listing-refused').catch(() => undefined);
    return 'sweep/listing-refused';
  },
  // Started by hand, with an input that is not understood.
  'sweep-odd-input': (world) => begun(world, 'odd-input', { gateway: 'dintero', of: 'everything' }),
  'sweep-odd-so-far': (world) =>
    begun(world, 'odd-so-far', { gateway: 'dintero', of: 'new', soFar: ODD_SO_FAR }),
};

/** All of the input is understood, except the part that has ended. */
const ODD_SO_FAR = {
  startedAt: '2026-01-01T00:00:00.000Z',
  listings: [{ name: 'created', since: '2026-01-01T00:00:00.000Z' }],
  pass: { cursor: null, pages: 0, listed: 0, found: 0, foreign: 0 },
  ended: [7],
};

async function begun({ client }: SweepWorld, name: string, input: unknown): Promise<string> {
  const workflowId = `sweep/${name}`;
  const options = { workflowId, taskQueue: 'payments', args: [input] };
  const handle = await client.workflow.start('sweepGateway', options);
  await handle.result().catch(() => undefined);
  return workflowId;
}
