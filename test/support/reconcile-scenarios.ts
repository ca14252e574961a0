/** One story for each path of `reconcileGateway`; each returns its workflow id. */
import { Context } from '@temporalio/activity';
import { GatewayRejected, GatewayUnavailable } from '../../src/gateways/gateway-errors.ts';
import { newId } from '../../src/store/new-ids.ts';
import type { ReconciledSoFar } from '../../src/workflows/reconcile-gateway.ts';
import { aSessionId } from './builders.ts';
import {
  anOpenPayment,
  listed,
  lostSession,
  reads,
  turns,
  type ReconcileWorld,
  type WithSession,
} from './reconcile-world.ts';

type ReconcileScenario = (world: ReconcileWorld) => Promise<string>;

const foreignPages = (count: number) =>
  Array.from({ length: count }, () => [listed({ sessionId: aSessionId() })]);

/** Payments that differ until their runs look, each by its own row. */
async function lostPayments(world: ReconcileWorld, count: number): Promise<Map<string, WithSession>> {
  const lost = new Map<string, WithSession>();
  for (let n = 0; n < count; n += 1) {
    const payment = await anOpenPayment(world);
    reads(world, payment);
    lost.set(payment.id, payment);
  }
  world.at.pages = [[...lost.values()].map((payment) => listed(payment))];
  return lost;
}

async function run(world: ReconcileWorld, input: Parameters<ReconcileWorld['reconcile']>[0] = {}) {
  return (await world.reconcile(input)).workflowId;
}

export const RECONCILE_SCENARIOS: Readonly<Record<string, ReconcileScenario>> = {
  async 'reconciled-without-difference'(world) {
    world.at.pages = foreignPages(2);
    return run(world);
  },
  async 'reconciled-in-a-period'(world) {
    return run(world, { since: '2026-01-01T00:00:00.000Z', until: '2026-01-02T00:00:00.000Z' });
  },
  async 'reconciled-after-a-look'(world) {
    const lost = await lostPayments(world, 1);
    world.at.looks = (paymentId) => turns(world, lost.get(paymentId) as WithSession, 'AUTHORIZED');
    return run(world);
  },
  async 'reconciled-after-looks-that-take-long'(world) {
    const lost = await lostPayments(world, 1);
    world.at.looks = (paymentId) => {
      setTimeout(() => void turns(world, lost.get(paymentId) as WithSession, 'AUTHORIZED'), 2_000);
    };
    return run(world);
  },
  // Soon after another reconciliation that has found the same: the run is not asked again.
  async 'reconciled-soon-again'(world) {
    const [payment] = (await lostPayments(world, 1)).values();
    world.at.looks = () => turns(world, payment as WithSession, 'PENDING');
    await run(world);
    return run(world);
  },
  // More than one step of each kind.
  async 'reconciled-in-many-steps'(world) {
    const lost = await lostPayments(world, 101);
    world.at.looks = (paymentId) => turns(world, lost.get(paymentId) as WithSession, 'AUTHORIZED');
    return run(world);
  },
  async 'reconciled-with-much-missing'(world) {
    const missing = Array.from({ length: 101 }, () => aSessionId());
    for (const sessionId of missing) lostSession(world, sessionId, sessionId.slice(-12), 1);
    world.at.pages = [missing.map((sessionId) => listed({ sessionId }))];
    return run(world);
  },
  async 'reconciled-without-listing'(world) {
    for (const payment of (await lostPayments(world, 21)).values()) await turns(world, payment, 'AUTHORIZED');
    world.at.canList = false;
    return run(world);
  },
  async 'reconciled-page-retried'(world) {
    world.at.pages = foreignPages(3);
    world.at.trouble = (page) => {
      if (page === 1 && Context.current().info.attempt < 3)
        throw new GatewayUnavailable('no answer', { kind: 'silent' });
    };
    return run(world);
  },
  async 'reconciled-not-to-the-end'(world) {
    world.at.trouble = () => {
      throw new GatewayRejected('the listing repeats itself');
    };
    return run(world);
  },
  async 'reconciled-continued-as-new'(world) {
    world.at.pages = foreignPages(30);
    return run(world);
  },
  // By a Schedule, which gives no id.
  'reconciled-by-schedule': (world) => begun(world, 'by-schedule', { gateway: 'dintero' }),
  // Handed over while runs were waited for.
  'reconciled-from-a-wait': (world) => begun(world, 'from-a-wait', { gateway: 'dintero', soFar: aWait() }),
  'reconcile-odd-input': (world) => begun(world, 'odd-input', { gateway: 7 }),
  'reconcile-odd-so-far': (world) =>
    begun(world, 'odd-so-far', { gateway: 'dintero', soFar: { id: 'rec_1', next: { kind: 'lunch' } } }),
};

/** On a server that does not suggest to continue as new for a long time. */
export const LONG_RECONCILE_SCENARIOS: Readonly<Record<string, ReconcileScenario>> = {
  async 'reconciled-in-hundred-steps'(world) {
    world.at.pages = foreignPages(102);
    return run(world);
  },
};

function aWait(): ReconciledSoFar {
  return {
    id: newId('rec'),
    gateway: 'dintero',
    since: '2026-01-01T00:00:00.000Z',
    until: null,
    listings: [],
    left: 1,
    asked: 1,
    askedAt: '2026-01-01T00:00:00.000Z',
    next: { kind: 'waiting', after: null, waited: 0, waiting: 0 },
  };
}

async function begun({ client }: ReconcileWorld, name: string, input: unknown): Promise<string> {
  const workflowId = `reconcile/${name}`;
  const options = { workflowId, taskQueue: 'payments', args: [input] };
  const handle = await client.workflow.start('reconcileGateway', options);
  await handle.result().catch(() => undefined);
  return workflowId;
}
