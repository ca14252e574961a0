/** The later steps of a reconciliation: what the listing left out, looks at what differs, and the second comparison. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isMoney } from '../domain/payment.ts';
import { isSameSide } from '../domain/reconcile.ts';
import type { Gateway } from '../gateways/gateway.ts';
import type { Db } from '../store/open.ts';
import type { PaymentRow } from '../store/payments.ts';
import {
  countExpectedLooks,
  differing,
  findPayments,
  movingMoney,
  unlistedPayments,
  writeCompared,
  writeComparedAgain,
  type ComparedAgain,
  type Moving,
} from '../store/reconciled.ts';
import type { ReconciledRow } from '../store/reconciliations.ts';
import { findListed } from '../store/sweeps.ts';
import { comparedRow, readShown, shownOf } from './comparing.ts';
import type { AgainAt, Period, StepAt } from './reconcile-activities.ts';
import { wakeRuns, type Reach } from './wake-runs.ts';

/** Each of these costs a read at the gateway. */
const READ_AT_ONCE = 20;
const LONGEST_REST_MS = 1_000;
const AT_ONCE = 100;

/** Reads payments with money that no listing has shown. */
export async function compareUnlisted(
  db: Db,
  gateway: Gateway,
  at: Period & StepAt,
  signal: AbortSignal,
): Promise<string | null> {
  const { id, after } = at;
  const period = { since: new Date(at.since), until: at.until === null ? null : new Date(at.until) };
  const step = { after, limit: READ_AT_ONCE };
  const found = await unlistedPayments(db, { id, gateway: gateway.id, ...period }, step);
  const moving = await movingMoney(
    db,
    found.map((payment) => payment.id),
  );
  const compared = [];
  for (const payment of found) {
    const { transactionId } = payment;
    const shown = await resting(() => readShown(gateway, payment, transactionId, signal));
    compared.push(comparedRow(payment, transactionId, shown, { account: gateway.account, moving }));
  }
  await writeCompared(db, id, compared);
  return found.length < READ_AT_ONCE ? null : (found.at(-1)?.id ?? null);
}

/** Other calls go first: nobody waits for a reconciliation. */
async function resting<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  const begun = performance.now();
  const answer = await call();
  await sleep(Math.min(LONGEST_REST_MS, performance.now() - begun));
  return answer;
}

/** Wakes the runs of payments that differ, where nothing explains it. `left` also has those woken recently. */
export async function askForLooks(
  reach: Reach,
  { id, after }: StepAt,
): Promise<{ after: string | null; left: number; asked: number }> {
  const rows = await differing(reach.db, id, { after, limit: AT_ONCE });
  const payments = await findPayments(
    reach.db,
    rows.map(({ paymentId }) => paymentId),
  );
  const wanted = rows.flatMap(({ paymentId, transactionId, there, explanation }) => {
    const payment = payments.get(paymentId ?? '');
    if (payment === undefined || explanation !== null) return [];
    return [{ payment, transactionId, about: `${transactionId} ${JSON.stringify(there)}` }];
  });
  const asked = await wakeRuns(reach, wanted, { why: 'reconciliation', takenBy: id });
  return { after: nextAfter(rows, AT_ONCE), left: wanted.length, asked };
}

/**
 * Compares what differed with what is recorded now; `isLast`: with what the gateway shows now, since its listing
 * may have been behind. Returns how many payments still differ whose runs have not looked since.
 */
export async function compareAgain(
  db: Db,
  gateway: Gateway,
  { id, after, askedAt, isLast }: AgainAt,
  signal: AbortSignal,
): Promise<{ after: string | null; waiting: number }> {
  const limit = isLast ? READ_AT_ONCE : AT_ONCE;
  const rows = await differing(db, id, { after, limit });
  const payments = await paymentsOf(db, gateway, rows);
  const ids = [...payments.values()].map((payment) => payment.id);
  const moving = await movingMoney(db, ids);
  const left: string[] = [];
  for (const row of rows) {
    const payment = payments.get(row.key);
    if (payment === undefined) continue;
    const now = await again(row, payment, { gateway, moving, signal, isRead: isLast });
    const isChanged = now.class !== row.class || now.explanation !== row.explanation;
    if (isChanged || isLast) await writeComparedAgain(db, row, now);
    if (now.class !== 'match' && now.explanation === null) left.push(payment.id);
  }
  const waiting = isLast ? 0 : await countExpectedLooks(db, id, left, new Date(askedAt));
  return { after: nextAfter(rows, limit), waiting };
}

/** By the row's key. A payment that was missing may have been adopted meanwhile, so its session finds it. */
async function paymentsOf(
  db: Db,
  gateway: Gateway,
  rows: readonly ReconciledRow[],
): Promise<ReadonlyMap<string, PaymentRow>> {
  const sessions = rows.map(({ sessionId, transactionId }) => ({
    sessionId,
    transactionId: transactionId ?? '',
  }));
  const found = await findListed(db, gateway.id, sessions);
  const bySession = new Map(found.map((payment) => [payment.sessionId, payment]));
  const byId = await findPayments(
    db,
    rows.map(({ paymentId }) => paymentId),
  );
  return new Map(
    rows.flatMap(({ key, sessionId, paymentId }) => {
      // A session may name a payment for which another session is recorded.
      const payment = sessionId === null ? byId.get(paymentId ?? '') : bySession.get(sessionId);
      return payment === undefined ? [] : [[key, payment] as const];
    }),
  );
}

interface Looking {
  readonly gateway: Gateway;
  readonly moving: Moving;
  readonly signal: AbortSignal;
  readonly isRead: boolean;
}

async function again(
  row: ReconciledRow,
  payment: PaymentRow,
  { gateway, moving, signal, isRead }: Looking,
): Promise<ComparedAgain> {
  const { transactionId, there } = row;
  const listed = there === null ? null : shownOf(transactionId, there);
  const read = isRead ? await resting(() => readShown(gateway, payment, transactionId, signal)) : null;
  const shown = read ?? listed;
  const { account } = gateway;
  const now = comparedRow(payment, transactionId, shown, { account, moving });
  // Neither side has the money any more.
  const isGone = shown === null && !isMoney(payment.status) && payment.status !== 'REVIEW';
  const found = isGone ? 'match' : now.class;
  return {
    class: found,
    here: now.here,
    there: now.there,
    paymentId: payment.id,
    explanation: found === 'match' ? null : now.explanation,
    isRepaired: found === 'match' && !isSameSide(row.here, now.here),
  };
}

function nextAfter(rows: readonly ReconciledRow[], limit: number): string | null {
  return rows.length < limit ? null : (rows.at(-1)?.key ?? null);
}
