/** Bugs of a core that knows only gateways like Dintero, found with the keyed PSP. */
import type { readMatching, SeenMoney } from '../../../src/activities/read-transaction.ts';
import type { receivedOf } from '../../../src/api/callbacks/log-entry.ts';
import type { Claim, Proved } from '../../../src/domain/callback.ts';
import type { applyFinding } from '../../../src/domain/apply-finding.ts';
import type { decide } from '../../../src/domain/decide.ts';
import type { feasible } from '../../../src/domain/operation.ts';
import type { PaymentSnapshot } from '../../../src/domain/payment.ts';
import type { isStale } from '../../../src/domain/stale-reading.ts';
import type { Transaction } from '../../../src/domain/transaction.ts';
import type { Traits } from '../../../src/gateways/traits.ts';
import type { PaymentKey } from '../../../src/domain/payment.ts';
import type { Db } from '../../../src/store/open.ts';
import type { Attempt } from '../../../src/store/operation-attempts.ts';
import { tablesOf } from '../world/tables.ts';
import { dropReversals } from './messages.ts';
import type { Planted, Plants } from './plant.ts';

export const KEYED: Plants = {
  'takes a callback for foreign that names its transaction alone': {
    psp: 'keyed',
    found: /is about .* and is handled for null/,
    plant: () => ({ findKey: findBySession, receivedOf: parkNothing }),
  },
  'parks nothing that comes before its transaction is known': {
    psp: 'keyed',
    found: /is about .* and is handled for null/,
    plant: () => ({ receivedOf: parkNothing }),
  },
  'takes a callback of a capture for that of its authorization': {
    psp: 'keyed',
    found: /knows of|gateway says|books say|long after a callback/,
    plant: () => ({ tellsNews: withoutEvent }),
  },
  'captures a part of what can be captured only once': {
    psp: 'keyed',
    found: /gives \d+ away/,
    plant: () => ({
      feasible: (real: typeof feasible, ...[wanted, shown, rules, reserved]: Parameters<typeof feasible>) =>
        real(wanted, shown, { ...rules, captures: 'many' }, reserved),
    }),
  },
  'sends a lost operation again with another key': {
    psp: 'keyed',
    found: /gets another key while the gateway knows the first|takes effect twice|has failed here/,
    plant: () => ({ readAttempt: renewLost }),
  },
  'takes another key by what it has read before': {
    psp: 'keyed',
    found: /gets another key without a read|takes effect twice/,
    plant: readFromMemory,
  },
  'keeps a key for longer than the gateway': {
    psp: 'keyed',
    found: /is sent again with a forgotten key/,
    plant: () => ({ keyedTraits: rememberAllKeys }),
  },
  'takes a session that the merchant has closed for expired': {
    psp: 'keyed',
    found: /expires, and we have closed it on request/,
    plant: () => ({
      decide: (real: typeof decide, ...[payment, reading, watch]: Parameters<typeof decide>) =>
        real(payment, reading, { ...watch, closing: null }),
    }),
  },
  'expires a session that can still be paid': {
    psp: 'keyed',
    found: /expires while its session can be paid/,
    plant: () => ({
      keyedTraits: (real: () => Traits): Traits => ({ ...real(), endsBy: 'itself' }),
    }),
  },
  'takes a refund that came back for an old answer': {
    psp: 'keyed',
    found: /gateway says|books say|knows of/,
    plant: () => ({ isStale: oldWhenLess }),
  },
  'tells nothing of a refund that came back': {
    psp: 'keyed',
    found:
      /is taken back, and the merchant is not told|and not that it (came back|was taken back)|last update/,
    plant: () => ({ applyFinding: dropReversals }),
  },
  'leaves an order refunded whose refund came back': {
    psp: 'keyed',
    found: /order o is REFUNDED, and its payment is/,
    plant: () => ({
      applyFinding: (real: typeof applyFinding, ...[order, ...rest]: Parameters<typeof applyFinding>) => {
        const change = real(order, ...rest);
        const isReopened = order.status === 'REFUNDED' && change.orderStatus === 'PAID';
        if (!isReopened) return change;
        const updates = change.updates.map((update) => ({ ...update, orderStatus: order.status }));
        return { ...change, orderStatus: order.status, updates };
      },
    }),
  },
  'tells nothing of a dispute': {
    psp: 'keyed',
    found: /order\.dispute_\w+ dp-1 of .* is told 0 times/,
    plant: () => ({ disputeUpdates: () => [] }),
  },
};

function findBySession(
  real: (db: Db, gateway: string, claim: Claim) => Promise<PaymentKey | null>,
  db: Db,
  gateway: string,
  claim: Claim,
): Promise<PaymentKey | null> {
  return claim.sessionId === undefined ? Promise.resolve(null) : real(db, gateway, claim);
}

function parkNothing(real: typeof receivedOf, ...args: Parameters<typeof receivedOf>) {
  const { isParked, ...received } = real(...args);
  return isParked === true ? { ...received, ignoredBecause: 'foreign: names no payment of ours' } : received;
}

/** As from an adapter for which an authorization and its capture have the same callback. */
function withoutEvent(
  real: (claim: Claim, proved: Proved) => boolean,
  claim: Claim,
  proved: Proved,
): boolean {
  const { event: _, eventRef = '', ...rest } = claim;
  return real(eventRef.startsWith('captured') ? rest : claim, proved);
}

/** Gives each operation whose answer was lost the next key. */
async function renewLost(
  read: (db: Db, id: string) => Promise<Attempt>,
  db: Db,
  id: string,
): Promise<Attempt> {
  const { state, keyNumber } = (await read(db, id)).operation;
  const unsent = { state: 'pending', sentAt: null, keySince: null, code: null } as const;
  if (state === 'unknown') tablesOf(db).changeOperation(id, { ...unsent, keyNumber: keyNumber + 1 });
  return read(db, id);
}

function rememberAllKeys(real: () => Traits): Traits {
  const { keys, ...traits } = real();
  const forEver = { capture: Infinity, refund: Infinity, void: Infinity };
  return { ...traits, keys: { ...keys, operateMs: forEver } };
}

/** Once a key is spent, the reading from before the operation counts. */
function readFromMemory(): Planted {
  const remembered = new Map<string, SeenMoney>();
  const spent = new Set<string>();
  return {
    async readAttempt(read: (db: Db, id: string) => Promise<Attempt>, db: Db, id: string) {
      const attempt = await read(db, id);
      if (attempt.operation.code === 'key_spent') spent.add(attempt.payment.id);
      return attempt;
    },
    async readMatching(real: typeof readMatching, ...args: Parameters<typeof readMatching>) {
      const { id } = args[1];
      const known = remembered.get(id);
      if (known !== undefined && spent.delete(id)) return known;
      const seen = await real(...args);
      if (seen.own !== null) remembered.set(id, seen);
      return seen;
    },
  };
}

/** Without the time of the answer: whatever shows less is older. */
function oldWhenLess(real: typeof isStale, payment: PaymentSnapshot, transaction: Transaction): boolean {
  const shown = {
    ...transaction,
    operations: transaction.operations.filter(({ isReversed }) => !isReversed),
  };
  return real(
    { ...payment, shown: {}, transactionUpdatedAt: transaction.updatedAt ?? '' },
    { ...shown, updatedAt: transaction.updatedAt ?? '' },
  );
}
