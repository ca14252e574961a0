/** The background jobs: sweeps, and the jobs of the forwarder. */
import { wakeForgotten, wakeUnwoken, wakeUnwatched, abandonedJob } from '../../../src/background/recover.ts';
import { differsFromListing, hasOtherSums, isWorthLook } from '../../../src/domain/compare-listing.ts';
import { mustGiveBackSurplus } from '../../../src/domain/surplus.ts';
import { holdsMoney, isSettled } from '../../../src/domain/payment.ts';
import type { PaymentRow } from '../../../src/store/payments.ts';
import { KeyedPsp } from '../world/keyed-psp.ts';
import type { Logger } from '../../../src/telemetry/log.ts';
import { dbOf, isUnfinished } from '../world/tables.ts';
import { POLL_MS, type World } from '../world/world.ts';

const MINUTE_MS = 60_000;
/** Much rarer than in a real process, since these jobs are most of the computing time of a schedule. */
export const TEND_MS = 4 * MINUTE_MS;
const SWEEP_MS = 5 * MINUTE_MS;
/** The interval of a poll, and the retries of a read that gets no answer. */
const POLL_PATIENCE_MS = POLL_MS + 30 * MINUTE_MS;

const QUIET = { info() {}, warn() {}, error() {} } as unknown as Logger;
const GOES_ON = new AbortController().signal;

/** Starts the jobs, which run as long as the world does. */
export function startBackground(world: World, mayCheckPolls: () => boolean): void {
  const { clock, trouble } = world;
  /** A job returns whether it has started any work. */
  const every = (ms: number, job: () => boolean) => {
    const turn = () => {
      clock.isIdle = !job();
      clock.after(ms, turn);
    };
    clock.after(ms, turn);
  };
  every(TEND_MS, () => {
    if (mayCheckPolls()) world.promises.watching(clock.now, POLL_PATIENCE_MS);
    if (trouble.isAway('store') || trouble.isAway('temporal') || !isAnythingLeft(world)) return false;
    void tend(world).catch(() => undefined);
    return true;
  });
  if (trouble.weather.sweeps) every(SWEEP_MS, () => sweep(world));
}

/** The forwarder's jobs, one after another. */
async function tend(world: World): Promise<void> {
  const { tables, runs, money } = world;
  await world.network.forward();
  const deps = {
    db: dbOf(tables),
    runs,
    money,
    firstAttempts: world.firstAttempts,
    log: QUIET,
    tells: true,
    livemode: () => false,
    retentionMs: { deliveries: 0 },
    pollIntervalMs: POLL_MS,
    stopping: GOES_ON,
  };
  await world.firstAttempts.tellUntold();
  await wakeForgotten(deps);
  await abandonedJob(deps)();
  await wakeUnwatched(deps);
  await wakeUnwoken(deps);
}

/** Whether the jobs may find any work. The check saves most of the computing time. */
function isAnythingLeft({ tables, clock }: World): boolean {
  const { payments, operations, outbox, deliveries } = tables;
  const isLeft = ({ status, expiresAt, surplus }: PaymentRow) =>
    mustGiveBackSurplus(surplus) ||
    (status !== 'PENDING' ? !isSettled(status) || holdsMoney(status) : expiresAt.getTime() < clock.now);
  return (
    some(deliveries, ({ state, claim: { transactionId } }) =>
      state === 'parked'
        ? some(payments, (payment) => payment.transactionId === transactionId)
        : state !== 'handled',
    ) ||
    some(outbox, ({ state }) => state === 'pending') ||
    some(operations, isUnfinished) ||
    some(payments, isLeft)
  );
}

function some<Row>(rows: ReadonlyMap<string, Row>, is: (row: Row) => boolean): boolean {
  for (const row of rows.values()) if (is(row)) return true;
  return false;
}

/** Compares one listing with our rows. Returns whether it has woken a payment. */
function sweep(world: World): boolean {
  const { psp, tables, runs, trouble, clock } = world;
  if (trouble.isAway('store') || trouble.isAway('gateway')) return false;
  let isWoken = false;
  for (const payment of tables.payments.values()) {
    const session = payment.sessionId === null ? undefined : psp.find(payment.sessionId);
    const listed = session === undefined ? null : psp.sayOf(session, 0);
    if (listed?.kind !== 'transaction') continue;
    const { status, capturedMinor, refundedMinor, transactionId } = listed.transaction;
    const known = { ...payment, capturedMinor: payment.captured, refundedMinor: payment.refunded };
    const others = hasOtherSums(known, { capturedMinor, refundedMinor });
    const isEvent = session !== undefined && psp instanceof KeyedPsp && psp.unlisted.has(session);
    const isNews =
      differsFromListing(payment, status, others) ||
      (isEvent && differsFromListing(payment, 'UNCLEAR')) ||
      listed.surplus?.some((further) => isWorthLook(known, further)) === true;
    if (!isNews) continue;
    isWoken = true;
    const { id: paymentId, orderReference, n, gateway } = payment;
    const signal = { why: 'sweep', at: new Date(clock.now).toISOString(), transactionId } as const;
    runs.look({ paymentId, orderReference, n, gateway }, signal).then(
      () => isEvent && psp.unlisted.delete(session),
      () => undefined,
    );
  }
  return isWoken;
}
