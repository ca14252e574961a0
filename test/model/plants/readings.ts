/** Bugs in the handling of a reading, and in the times of looks. */
import type { LookResult } from '../../../src/activities/contract.ts';
import type { decide } from '../../../src/domain/decide.ts';
import type { Decision, Finding } from '../../../src/domain/finding.ts';
import type { mismatch, Mismatch, Transaction } from '../../../src/domain/transaction.ts';
import {
  isLookDue,
  type planAfterClearAnswer,
  type planAfterUnclearAnswer,
  type RunState,
} from '../../../src/workflows/run-state.ts';
import type { Plants } from './plant.ts';

type Compare = typeof mismatch;
type Opened = Parameters<Compare>[0];
type Decide = typeof decide;

const unmindful =
  (of: readonly Mismatch[]) =>
  (compare: Compare, opened: Opened, transaction: Transaction): Mismatch | null => {
    const differs = compare(opened, transaction);
    return differs !== null && of.includes(differs) ? null : differs;
  };

/** The payment as if no person had accepted anything. */
const NOTHING_ACCEPTED = { accepted: undefined } as unknown as Partial<Opened>;

const found = (finding: Omit<Finding, 'pays' | 'cause'>): Decision => ({
  kind: 'find',
  finding: { pays: false, cause: 'planted', ...finding },
});
const FAILED = found({ status: 'FAILED' });
const EXPIRED = found({ status: 'EXPIRED', closedBy: 'expiry' });

export const READINGS: Plants = {
  'no amount check': {
    found: /pay an order of/,
    plant: () => ({ mismatch: unmindful(['amount', 'currency']) }),
  },
  'no reference check': {
    found: /a transaction for another pays/,
    plant: () => ({ mismatch: unmindful(['reference']) }),
  },
  'asks again about what was accepted': {
    found: /which a person has accepted/,
    plant: () => ({
      difference: () => 'amount',
      mismatch: (compare: Compare, opened: Opened, transaction: Transaction) =>
        compare({ ...opened, ...NOTHING_ACCEPTED }, transaction),
    }),
  },
  'no session check': {
    found: /pays with what belongs to|without money|never had any money|knows of|gateway says/,
    plant: () => ({
      mismatch: (compare: Compare, opened: Opened, transaction: Transaction) =>
        compare({ ...opened, sessionId: transaction.sessionId }, transaction),
    }),
  },
  'expires whatever the last read says': {
    found: /expires although|are held for/,
    plant: () => ({
      decide: (real: Decide, ...[payment, reading, watch]: Parameters<Decide>) =>
        payment.status === 'PENDING' && watch.now >= payment.expiryDueAt
          ? EXPIRED
          : real(payment, reading, watch),
    }),
  },
  'takes UNKNOWN for failed': {
    found: /becomes FAILED, and the gateway says UNCLEAR/,
    plant: () => ({
      decide: (real: Decide, ...[payment, reading, watch]: Parameters<Decide>) => {
        const decision = real(payment, reading, watch);
        const isUnknown = reading.kind === 'transaction' && reading.transaction.status === 'UNCLEAR';
        return decision.kind === 'unclear' && isUnknown ? FAILED : decision;
      },
    }),
  },
  'moves money back by an old answer': {
    found: /goes back from|go back/,
    plant: () => ({ isStale: () => false }),
  },
  'cancels without a look first': {
    found: /is released/,
    plant: () => ({
      look: (
        real: (run: RunState, asked?: object) => Promise<LookResult | null>,
        run: RunState,
        asked?: object,
      ) => (isLookDue(run, Date.now()) || asked !== undefined ? real(run, asked) : Promise.resolve(SEEN)),
    }),
  },
  'forgets since when it can not understand': {
    found: /is (PENDING|ON_HOLD)$/,
    plant: () => ({
      planAfterUnclearAnswer: (
        real: typeof planAfterUnclearAnswer,
        ...[run, ...rest]: Parameters<typeof planAfterUnclearAnswer>
      ) => {
        real(run, ...rest);
        run.unclearSince = null;
      },
    }),
  },
  'polls no hold': {
    found: /is on hold, and was not read|is ON_HOLD/,
    plant: () => ({
      planAfterClearAnswer: (
        real: typeof planAfterClearAnswer,
        ...[run, payment, now]: Parameters<typeof planAfterClearAnswer>
      ) => {
        real(run, payment, now);
        if (payment.status === 'ON_HOLD') run.nextLook = null;
      },
    }),
  },
};

/** A look's result, although the gateway was not read. */
const SEEN = { answer: 'wait', isAbsent: false } as LookResult;
