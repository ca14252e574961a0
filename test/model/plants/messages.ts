/** Bugs in what is made of callbacks, and in what the merchant hears. */
import type { Claim, Proved } from '../../../src/domain/claim.ts';
import type { Decision, Standing } from '../../../src/domain/decide.ts';
import type { PaymentStanding, Settlement } from '../../../src/domain/settle.ts';
import type { Opened, Reading } from '../../../src/domain/transaction.ts';
import type { LogWord, ReceivedDelivery } from '../../../src/store/log-delivery.ts';
import type { Db } from '../../../src/store/open.ts';
import type { ClaimedAttempt } from '../../../src/store/update-attempts.ts';
import type { CallbackSignal } from '../../../src/workflows/messages.ts';
import type { RunState } from '../../../src/workflows/run-state.ts';
import { tablesOf, type Tables } from '../world/tables.ts';
import type { Planted, Plants } from './plant.ts';

type Decide = (now: Standing, opened: Opened, reading: Reading) => Decision;

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
    plant: () => ({ takeForTelling: takeAll, claimAttempt: claimAlways }),
  },
  'tells nothing of what was taken back': {
    found:
      /is taken back, and the merchant is not told|was told as done, and not that it was taken back|last heard/,
    plant: () => ({ settle: dropReversals }),
  },
  'tells nothing of what came back and had gone again when it was seen': {
    found: /is (REFUNDED|VOIDED) again|is taken back, and the merchant is not told/,
    plant: () => ({ settle: dropWhatStands }),
  },
  'tells the merchant nothing of a payment': {
    found: /is untold|heard 0 times/,
    plant: () => ({
      tell: (
        real: (run: object, told: { untold: string[] }, show: unknown) => void,
        run: object,
        { untold, ...told }: { untold: string[] },
        show: unknown,
      ) => real(run, { ...told, untold: untold.filter((effect) => !effect.endsWith('/order.paid')) }, show),
    }),
  },
};

function dropReversals(real: (...args: unknown[]) => Settlement, ...args: unknown[]): Settlement {
  const settled = real(...args);
  const updates = settled.updates.filter(
    ({ type }) => type !== 'order.capture_reversed' && type !== 'order.refund_failed',
  );
  return { ...settled, updates };
}

function dropWhatStands(real: (...args: unknown[]) => Settlement, ...args: unknown[]): Settlement {
  const settled = real(...args);
  const { status } = args[1] as PaymentStanding;
  const isSame = status === settled.status && (status === 'REFUNDED' || status === 'VOIDED');
  return isSame ? { ...settled, updates: [] } : settled;
}

/** Every run tells whatever is untold. */
function takeAll(
  _: (tables: Tables, paymentId: string, teller: string) => string[],
  tables: Tables,
  paymentId: string,
): string[] {
  return [...tables.outbox.values()]
    .filter((update) => update.paymentId === paymentId && update.state === 'pending')
    .map(({ effectId }) => effectId);
}

/** Nobody looks whether an attempt is under way. */
function claimAlways(
  claim: (db: Db, effectId: string, forMs: number) => Promise<ClaimedAttempt | null>,
  db: Db,
  effectId: string,
): Promise<ClaimedAttempt | null> {
  return claim(db, effectId, 0);
}

/** Whatever names an event is what we have done ourselves. */
function swallowEchoes(
  real: (claim: Claim, proved: Proved) => boolean,
  claim: Claim,
  proved: Proved,
): boolean {
  return claim.eventRef === undefined ? real(claim, proved) : false;
}

async function handleAtOnce(
  log: (db: Db, received: ReceivedDelivery) => Promise<LogWord>,
  db: Db,
  received: ReceivedDelivery,
): Promise<LogWord> {
  const word = await log(db, received);
  const row = tablesOf(db).deliveries.get(received.eventId);
  if (row !== undefined) tablesOf(db).deliveries.set(received.eventId, { ...row, state: 'handled' });
  return word;
}

function forgetEqual(
  log: (db: Db, received: ReceivedDelivery) => Promise<LogWord>,
  db: Db,
  received: ReceivedDelivery,
): Promise<LogWord> {
  const rows = [...tablesOf(db).deliveries.values()];
  const isKnown = rows.some(({ contentHash }) => contentHash === received.contentHash);
  return isKnown
    ? Promise.resolve({ id: '', result: 'duplicate', toSignal: false, mayBeEcho: false })
    : log(db, received);
}

/** One that has heard of a transaction takes it for paid. */
function believer(): Planted {
  const believed = new Set<string>();
  return {
    receiveCallback: (
      real: (run: RunState, callback: CallbackSignal) => void,
      run: RunState,
      callback: CallbackSignal,
    ) => {
      const { transactionId, error } = callback.claim;
      if (transactionId !== undefined && error === undefined) believed.add(run.payment?.sessionId ?? '');
      real(run, callback);
    },
    decide: (real: Decide, now: Standing, opened: Opened, reading: Reading): Decision => {
      const decision = real(now, opened, reading);
      if (now.status !== 'PENDING' || !believed.delete(opened.sessionId)) return decision;
      return { kind: 'become', status: 'AUTHORIZED', pays: true };
    },
  };
}
