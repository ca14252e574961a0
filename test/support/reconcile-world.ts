/** The real reconciliation, workflow, activities and store, with a gateway whose listing and reads a test writes. */
import { sql } from 'drizzle-orm';
import { createReconcileActivities } from '../../src/activities/reconcile-activities.ts';
import type { PaymentStatus } from '../../src/domain/payment.ts';
import type { Reading } from '../../src/domain/transaction.ts';
import type { FoundSession, Gateway, ListedTransaction } from '../../src/gateways/gateway.ts';
import { newId } from '../../src/store/new-ids.ts';
import { recordOpened, type PaymentRow } from '../../src/store/payments.ts';
import {
  findReconciliation,
  pageOfDifferences,
  type ReconciledRow,
  type ReconciliationRow,
} from '../../src/store/reconciliations.ts';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import { stampGateway } from '../../src/store/store-health.ts';
import { payments } from '../../src/store/schema/order-tables.ts';
import type { ReconcileInput } from '../../src/workflows/reconcile-gateway.ts';
import { ACCOUNT, aFinding, aPayment, aRecord, aSessionId, aTransaction, TELLS } from './builders.ts';
import { fakeRuns, type FakeRuns } from './fake-runs.ts';
import { openPagingWorld, type PagingWorld } from './paging-world.ts';
import { scripted } from './simulation.ts';
import { aListed, gatewayListing, type Pages } from './written-listings.ts';

export interface ReconcileWorld extends Omit<PagingWorld, 'start'> {
  readonly runs: FakeRuns;
  /** What the gateway has, as this test writes it. */
  readonly at: {
    pages: Pages;
    /** Answers to a read, by session; the others are absent. */
    readonly readings: Map<string, Reading>;
    /** Answers to a read of a session, by session; the others are foreign. */
    readonly sessions: Map<string, FoundSession>;
    /** Called before a page is returned; an exception is the gateway's failure. */
    trouble: (page: number) => Promise<void> | void;
    /** Runs when a run is asked to look. */
    looks: (paymentId: string) => Promise<void> | void;
    canList: boolean;
  };
  /** Every page and session that was read: `page 0`, `session …`, `payment …`. */
  readonly asked: string[];
  /** Runs one reconciliation to its end. */
  reconcile(input?: Partial<ReconcileInput>): Promise<Reconciled>;
}

export interface Reconciled {
  readonly workflowId: string;
  readonly result: ReconciliationRow;
  readonly differences: readonly ReconciledRow[];
}

/** On a dev server that suggests to continue as new after this many events. */
export async function startReconcileWorld(suggestsAfter = 4_096): Promise<ReconcileWorld> {
  const { start, ...world } = await openPagingWorld(suggestsAfter);
  const { client } = world;
  const { db } = world.store;
  await stampGateway(db, { gateway: 'dintero', account: ACCOUNT, mode: 'test' });
  const at: ReconcileWorld['at'] = Object.assign(nothing(), {
    readings: new Map<string, Reading>(),
    sessions: new Map<string, FoundSession>(),
  });
  const asked: string[] = [];
  const runs = fakeRuns(db);
  const gateway = gatewayOf(at, asked);
  const activities = createReconcileActivities({
    db,
    gatewayNamed: () => gateway,
    runs: {
      async look(payment, signal) {
        await runs.look(payment, signal);
        await at.looks(payment.paymentId);
      },
    },
  });
  await start(activities);
  return {
    ...world,
    runs,
    at,
    asked,
    async reconcile(input = {}) {
      const id = newId('rec');
      const workflowId = `reconcile/${id}`;
      const args = [{ gateway: 'dintero', id, ...input }];
      await client.workflow
        .execute('reconcileGateway', { workflowId, taskQueue: 'payments', args })
        .catch(() => undefined);
      const result = (await findReconciliation(db, id)) as ReconciliationRow;
      const { rows } = await pageOfDifferences(db, id, { limit: 1_000 });
      return { workflowId, result, differences: rows };
    },
  };
}

function nothing(): Omit<ReconcileWorld['at'], 'readings' | 'sessions'> {
  return { pages: [[]], trouble: () => undefined, looks: () => undefined, canList: true };
}

/** The gateway has nothing, nothing fails, and every payment is older than the usual period. */
export async function beginAgain({ at, asked, runs, store }: ReconcileWorld): Promise<void> {
  await store.db.update(payments).set({ createdAt: sql`created_at - interval '30 days'` });
  Object.assign(at, nothing());
  at.readings.clear();
  at.sessions.clear();
  asked.length = runs.looks.length = 0;
}

function gatewayOf(at: ReconcileWorld['at'], asked: string[]): Gateway {
  const listing = gatewayListing({
    pagesOf: () => at.pages,
    asked(_, page) {
      asked.push(`page ${page}`);
      return at.trouble(page);
    },
  });
  return scripted(listing, {
    get listings() {
      return at.canList ? listing.listings : [];
    },
    async readSession(sessionId) {
      asked.push(`session ${sessionId}`);
      return at.sessions.get(sessionId) ?? 'foreign';
    },
    async readPayment({ sessionId }) {
      asked.push(`payment ${sessionId}`);
      return at.readings.get(sessionId) ?? { kind: 'absent' };
    },
  });
}

export type WithSession = PaymentRow & { readonly sessionId: string };

/** A payment whose session is open. */
export async function anOpenPayment({ store: { db } }: ReconcileWorld): Promise<WithSession> {
  const payment = await aPayment(db);
  const sessionId = aSessionId();
  const opened = { sessionId, checkoutUrl: 'https://c.example', runId: 'r', text: 'x' };
  await recordOpened(db, payment.id, opened);
  return { ...payment, sessionId };
}

/** Records what a look would find, and that it was read. */
export async function turns(
  { store: { db } }: ReconcileWorld,
  payment: WithSession,
  status: PaymentStatus,
  more: Partial<ReturnType<typeof aTransaction>> = {},
): Promise<void> {
  const transaction = aTransaction(payment, {
    transactionId: transactionOf(payment),
    status: status as 'AUTHORIZED',
    ...more,
  });
  const finding = aFinding(status, { pays: status === 'AUTHORIZED' || status === 'CAPTURED' });
  const notes = [{ kind: 'read', at: new Date().toISOString(), text: `it is ${status}` } as const];
  await recordFinding(db, aRecord(payment, { finding, transaction, notes }), TELLS);
}

export function transactionOf({ sessionId }: { readonly sessionId: string }): string {
  return aListed(sessionId).transactionId;
}

/** A row of the listing, created now. */
export function listed(
  { sessionId }: { readonly sessionId: string },
  status: ListedTransaction['status'] = 'AUTHORIZED',
  more: Partial<ListedTransaction> = {},
): ListedTransaction {
  return aListed(sessionId, { status, createdAt: new Date(), ...more });
}

/** Makes reads show what the listing shows. */
export function reads(
  { at }: ReconcileWorld,
  payment: WithSession,
  status: ListedTransaction['status'] = 'AUTHORIZED',
  more: Partial<ReturnType<typeof aTransaction>> = {},
): void {
  const transaction = aTransaction(payment, { transactionId: transactionOf(payment), status, ...more });
  at.readings.set(payment.sessionId, { kind: 'transaction', transaction });
}

/** A session whose metadata names a payment that the store does not have. */
export function lostSession(
  { at }: ReconcileWorld,
  sessionId: string,
  orderReference: string,
  n: number,
): void {
  at.sessions.set(sessionId, {
    sessionId,
    checkoutUrl: 'https://c.example',
    key: { paymentId: `pay_lost-${sessionId.slice(-8)}`, orderReference, n },
    reference: orderReference,
    money: { amountMinor: 72_200, currency: 'NOK' },
    createdAt: new Date(),
    live: true,
  });
}
