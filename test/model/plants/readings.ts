/** Bugs in what is made of an answer of the gateway's, and in when it is asked. */
import type { Decision, Standing } from '../../../src/domain/decide.ts';
import { isMoney } from '../../../src/domain/payment.ts';
import type { Mismatch, Opened, Reading, Transaction } from '../../../src/domain/transaction.ts';
import { isLookDue, type RunState, type Triggers } from '../../../src/workflows/run-state.ts';
import type { Plants } from './plant.ts';

type Compare = (opened: Opened, transaction: Transaction) => Mismatch | null;
type Decide = (now: Standing, opened: Opened, reading: Reading) => Decision;

const unmindful =
  (of: readonly Mismatch[]) =>
  (compare: Compare, opened: Opened, transaction: Transaction): Mismatch | null => {
    const differs = compare(opened, transaction);
    return differs !== null && of.includes(differs) ? null : differs;
  };

/** As if nobody had decided anything. */
const NOTHING_ACCEPTED = { accepted: undefined } as unknown as Partial<Opened>;
const FAILED: Decision = { kind: 'become', status: 'FAILED', pays: false };
const EXPIRED: Decision = { kind: 'become', status: 'EXPIRED', pays: false };

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
      decideExpiry: (_: never, now: Standing, decision: Decision) =>
        now.status === 'PENDING' ? EXPIRED : decision,
    }),
  },
  'takes UNKNOWN for failed': {
    found: /becomes FAILED, and the gateway says UNCLEAR/,
    plant: () => ({
      decide: (real: Decide, now: Standing, opened: Opened, reading: Reading) => {
        const decision = real(now, opened, reading);
        const isUnknown = reading.kind === 'transaction' && reading.transaction.status === 'UNCLEAR';
        return decision.kind === 'unclear' && isUnknown ? FAILED : decision;
      },
    }),
  },
  'moves money back by an old answer': {
    found: /goes back from|go back/,
    plant: () => ({ decide: decideWithoutMemory, isStale: () => false }),
  },
  'cancels without a look first': {
    found: /is released/,
    plant: () => ({
      look: (real: (run: RunState) => Promise<boolean>, run: RunState) =>
        isLookDue(run, Date.now()) ? real(run) : Promise.resolve(true),
    }),
  },
  'forgets since when it can not understand': {
    found: /is (PENDING|ON_HOLD)$/,
    plant: () => ({
      planAfterUnclearAnswer: (
        real: (run: RunState, triggers: Triggers, now: number, isUnclear: boolean) => void,
        ...[run, ...rest]: Parameters<typeof real>
      ) => {
        real(run, ...rest);
        run.unclearSince = null;
      },
    }),
  },
  'polls no hold': {
    found: /is on hold, and nobody has asked|is ON_HOLD/,
    plant: () => ({
      planAfterClearAnswer: (real: (run: RunState, now: number) => void, run: RunState, now: number) => {
        real(run, now);
        if (run.status === 'ON_HOLD') run.nextLook = null;
      },
    }),
  },
};

function decideWithoutMemory(real: Decide, now: Standing, opened: Opened, reading: Reading): Decision {
  const status = isMoney(now.status) ? 'ON_HOLD' : now.status;
  return real({ ...now, status, capturedMinor: -1, refundedMinor: -1, reversals: 0 }, opened, reading);
}
