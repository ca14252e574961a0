/** The sweep on a real server: page by page, listing by listing. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { GatewayRejected, GatewayUnavailable } from '../../src/gateways/gateway-errors.ts';
import { readMarks } from '../../src/store/sweeps.ts';
import {
  aPaidSession,
  beginAfresh,
  foreignPages,
  startSweepWorld,
  type SweepWorld,
} from '../support/sweep-world.ts';
import { aListed } from '../support/written-listings.ts';

const NO_PAGE = { cursor: null, pages: 0, listed: 0, found: 0, foreign: 0 };

describe('a sweep', () => {
  let world: SweepWorld;
  beforeAll(async () => {
    world = await startSweepWorld();
  }, 120_000);
  afterAll(() => world.close(), 60_000);
  beforeEach(() => beginAfresh(world));

  const marks = async () =>
    Object.fromEntries((await readMarks(world.store.db, 'dintero')).map((mark) => [mark.listing, mark]));
  const woken = () => world.runs.looks.splice(0).map(({ payment }) => payment.paymentId);
  const runsOf = async (workflowId: string) => {
    const runs: string[] = [];
    for await (const { runId } of world.client.workflow.list({ query: `WorkflowId="${workflowId}"` }))
      runs.push(runId);
    return runs.length;
  };

  it('reads each page of new payments once, and wakes the payments of the last one', async () => {
    const [payment, listed] = await aPaidSession(world);
    world.pages.set('created', [...foreignPages(3), [listed, aListed('T12345678.another')]]);
    await world.sweep('new', 'once');
    expect(world.asked).toEqual(['created 0', 'created 1', 'created 2', 'created 3']);
    expect(woken()).toEqual([payment.id]);
    expect(await marks()).toMatchObject({ created: { pages: 4, foreign: 4, finds: 1 } });
  });

  it('continues at its position in another run when its history grows long', async () => {
    const [payment, listed] = await aPaidSession(world);
    world.pages.set('created', [[listed], ...foreignPages(40), [listed]]);
    const workflowId = await world.sweep('new', 'long');
    expect(world.asked).toHaveLength(42);
    expect(new Set(world.asked).size).toBe(42);
    expect(woken()).toEqual([payment.id]);
    expect(await runsOf(workflowId)).toBeGreaterThan(2);
    expect(await marks()).toMatchObject({ created: { pages: 42, foreign: 40, finds: 1 } });
  });

  const begin = (workflowId: string, args: unknown[]) =>
    world.client.workflow.start('sweepGateway', { workflowId, taskQueue: 'payments', args });

  it.each([
    ['nothing', []],
    ['null', [null]],
    ['a number', [42]],
    ['{}', [{}]],
    ['a list', [[{ gateway: 'dintero', of: 'new' }]]],
    ['a gateway that is not a text', [{ gateway: 5, of: 'new' }]],
    ['an unknown kind', [{ gateway: 'dintero', of: 'everything' }]],
  ])('started by hand with %s ends with a failure that says what it expects', async (name, args) => {
    const handle = await begin(`odd sweep ${name}`, args);
    await expect(handle.result()).rejects.toMatchObject({
      cause: { message: expect.stringContaining('sweepGateway expects {"gateway"') },
    });
  });

  it.each([
    ['null', null],
    ['a number', 7],
    ['no lists', { startedAt: '2026-01-01T00:00:00Z', listings: 'all', pass: {}, ended: {} }],
    ['no counts', { startedAt: '2026-01-01T00:00:00Z', listings: [], pass: { cursor: 5 }, ended: [] }],
    [
      'no times',
      { startedAt: 'then', listings: [{ name: 'created', since: 'x' }], pass: NO_PAGE, ended: [] },
    ],
    ['invalid ends', { startedAt: '2026-01-01T00:00:00Z', listings: [], pass: NO_PAGE, ended: [null] }],
  ])('begins at its marks where its position is %s', async (name, soFar) => {
    world.pages.set('created', foreignPages(2));
    const handle = await begin(`odd so far ${name}`, [{ gateway: 'dintero', of: 'new', soFar }]);
    expect(await handle.result()).toMatchObject([{ listing: 'created', pages: 2 }]);
  });

  it('repeats a page that failed, and no other', async () => {
    let failures = 2;
    world.pages.set('created', foreignPages(4));
    world.trouble = (_, page) => {
      if (page === 2 && failures-- > 0) throw new GatewayUnavailable('no answer', { kind: 'silent' });
    };
    await world.sweep('new', 'failing');
    expect(world.asked.map((page) => page.slice(-1))).toEqual(['0', '1', '2', '2', '2', '3']);
  });

  it('reads the other listings where one is refused, fails for it, and begins that one again at its old mark', async () => {
    world.pages.set('captured', foreignPages(3));
    world.trouble = (listing, page) => {
      if (listing === 'captured' && page === 1) throw new GatewayRejected('the listing repeats itself');
    };
    await expect(world.sweep('changes', 'refused')).rejects.toMatchObject({
      cause: { message: 'not read to the end: captured: the listing repeats itself' },
    });
    expect(world.asked).toEqual(['captured 0', 'captured 1', 'old 0']);
    expect(Object.keys(await marks())).toEqual(['old']);
  });

  it('of changes leaves new payments to the other sweep, and counts missed callbacks once an hour', async () => {
    await world.sweep('changes', 'changes');
    await world.sweep('changes', 'changes');
    expect(world.asked).toEqual(['captured 0', 'old 0', 'captured 0', 'old 0']);
    const histories = await historiesOf('sweep/changes');
    expect(histories.filter((types) => types.includes('countMissedCallbacks'))).toHaveLength(1);
    expect(histories).toHaveLength(2);
  });

  it('calls the gateway on its background queue, after all other calls there', async () => {
    const workflowId = await world.sweep('new', 'queues');
    const { events } = await world.client.workflow.getHandle(workflowId).fetchHistory();
    const scheduled = (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: one }) => one ?? []);
    expect(
      scheduled.map(({ activityType, taskQueue, priority }) => [
        activityType?.name,
        taskQueue?.name,
        priority?.priorityKey ?? 0,
      ]),
    ).toEqual([
      ['planSweep', 'payments', 0],
      ['sweepPage', 'payments-dintero-background', 5],
    ]);
  });

  async function historiesOf(workflowId: string): Promise<string[][]> {
    const histories: string[][] = [];
    for await (const { runId } of world.client.workflow.list({ query: `WorkflowId="${workflowId}"` })) {
      const { events } = await world.client.workflow.getHandle(workflowId, runId).fetchHistory();
      histories.push(
        (events ?? []).flatMap(
          ({ activityTaskScheduledEventAttributes: one }) => one?.activityType?.name ?? [],
        ),
      );
    }
    return histories;
  }
});
