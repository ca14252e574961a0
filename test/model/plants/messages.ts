/** Bugs in the handling of callbacks, and in the updates to the merchant. */
import type { OrderChange } from '../../../src/domain/order-change.ts';
import type { Callback, Claim, Proved } from '../../../src/domain/callback.ts';
import type { decide } from '../../../src/domain/decide.ts';
import type { PaymentSnapshot } from '../../../src/domain/payment.ts';
import type { Attempted } from '../../../src/updates/attempt-update.ts';
import type { LogAnswer, ReceivedDelivery } from '../../../src/store/log-delivery.ts';
import type { Db } from '../../../src/store/open.ts';
import type { ClaimedUpdate } from '../../../src/store/update-attempts.ts';
import type { RunState } from '../../../src/workflows/run-state.ts';
import { tablesOf } from '../world/tables.ts';
import type { Planted, Plants } from './plant.ts';

type Decide = typeof decide;

export const MESSAGES: Plants = {
  'takes a callback for handled when it comes': {
    found: /are held for|knows of|gateway says|long after a callback/,
    plant: () => ({ logDelivery: handleAtOnce }),
  },
  'takes every callback about an operation for the echo of its own': {
    found: /knows of|gateway says|long after a callback|is (PARTIALLY_)?CAPTURED|is AUTHORIZED/,
    plant: () => ({ tellsNews: swallowEchoes }),
  },
  'takes an equal callback for a duplicate while the payment is open': {
    found: /long after a callback|are held for|knows of|gateway says/,
    plant: () => ({ logDelivery: forgetEqual }),
  },
  "believes the callback's claim": {
    found: /never had any money|pays with what belongs to undefined/,
    plant: believer,
  },
  'tells the merchant the same twice at once': {
    found: /is sent twice at once/,
    plant: () => ({ attemptUpdate: attemptTwice, claimAttempt: claimAlways }),
  },
  'tells nothing of what was taken back': {
    found:
      /is taken back, and the merchant is not told|was told as done, and not that it was taken back|the last update says/,
    plant: () => ({ applyFinding: dropReversals }),
  },
  'tells nothing of what came back and had gone again when it was seen': {
    found: /is (REFUNDED|VOIDED) again|is taken back, and the merchant is not told/,
    plant: () => ({ applyFinding: dropWhatStands }),
  },
  'tells the merchant nothing of a payment': {
    found: /is untold|was notified 0 times/,
    plant: () => ({
      attemptUpdate: (real: Attempt, ...args: Parameters<Attempt>): Promise<Attempted> =>
        args[1].endsWith('/order.paid') ? Promise.resolve({ kind: 'ended', state: 'off' }) : real(...args),
    }),
  },
};

export function dropReversals(real: (...args: unknown[]) => OrderChange, ...args: unknown[]): OrderChange {
  const settled = real(...args);
  const updates = settled.updates.filter(
    ({ type }) => type !== 'order.capture_reversed' && type !== 'order.refund_failed',
  );
  return { ...settled, updates };
}

function dropWhatStands(real: (...args: unknown[]) => OrderChange, ...args: unknown[]): OrderChange {
  const settled = real(...args);
  const { status } = args[1] as PaymentSnapshot;
  const isSame = status === settled.status && (status === 'REFUNDED' || status === 'VOIDED');
  return isSame ? { ...settled, updates: [] } : settled;
}

type Attempt = (tools: unknown, effectId: string, telling: unknown) => Promise<Attempted>;

/** Two processes send the update. */
function attemptTwice(real: Attempt, ...args: Parameters<Attempt>): Promise<Attempted> {
  real(...args).catch(() => undefined);
  return real(...args);
}

/** Claims also while an attempt is under way. */
function claimAlways(
  claim: (db: Db, effectId: string, forMs: number) => Promise<ClaimedUpdate | null>,
  db: Db,
  effectId: string,
): Promise<ClaimedUpdate | null> {
  return claim(db, effectId, 0);
}

/** Treats every callback that names an event as the echo of our own operation. */
function swallowEchoes(
  real: (claim: Claim, proved: Proved) => boolean,
  claim: Claim,
  proved: Proved,
): boolean {
  return claim.eventRef === undefined ? real(claim, proved) : false;
}

async function handleAtOnce(
  log: (db: Db, received: ReceivedDelivery) => Promise<LogAnswer>,
  db: Db,
  received: ReceivedDelivery,
): Promise<LogAnswer> {
  const answer = await log(db, received);
  const row = tablesOf(db).deliveries.get(received.eventId);
  if (row !== undefined) tablesOf(db).deliveries.set(received.eventId, { ...row, state: 'handled' });
  return answer;
}

function forgetEqual(
  log: (db: Db, received: ReceivedDelivery) => Promise<LogAnswer>,
  db: Db,
  received: ReceivedDelivery,
): Promise<LogAnswer> {
  const rows = [...tablesOf(db).deliveries.values()];
  const isKnown = rows.some(({ contentHash }) => contentHash === received.contentHash);
  return isKnown
    ? Promise.resolve({ id: '', result: 'duplicate', toSignal: false, mayBeEcho: false })
    : log(db, received);
}

/** Treats a payment as paid once a callback has named a transaction. */
function believer(): Planted {
  const believed = new Set<string>();
  return {
    receiveCallback: (
      real: (run: RunState, callback: Callback) => void,
      run: RunState,
      callback: Callback,
    ) => {
      const { transactionId, error } = callback.claim;
      const sessionId = run.phase.kind === 'watching' ? run.phase.payment.sessionId : '';
      if (transactionId !== undefined && error === undefined) believed.add(sessionId);
      real(run, callback);
    },
    decide: (real: Decide, ...args: Parameters<Decide>) => {
      const [payment] = args;
      const decision = real(...args);
      if (payment.status !== 'PENDING' || !believed.delete(payment.sessionId)) return decision;
      return { kind: 'find', finding: { status: 'AUTHORIZED', pays: true, cause: 'believed' } };
    },
  };
}
