/**
 * The actions of payers and their effects at the gateway. Together they cover every answer that the gateway
 * can give about a session.
 */
import type { Reading } from '../../../src/domain/transaction.ts';
import { KeyedPsp } from '../world/keyed-psp.ts';
import type { PspSession } from '../world/psp.ts';
import type { World } from '../world/world.ts';

const HOUR_MS = 3_600_000;

/** Sessions that a payer may still pay, and sometimes one that is over. The keyed PSP takes no money for one. */
export function payable({ psp, tables, chance, clock }: World): PspSession[] {
  const known = new Set([...tables.payments.values()].map(({ sessionId }) => sessionId));
  const isLateAllowed = chance.hits(0.35);
  if (psp instanceof KeyedPsp)
    return psp.sessions.filter(
      (one) => known.has(one.id) && psp.isPayable(one) && (isLateAllowed || clock.now < one.expiresAt),
    );
  return psp.sessions.filter(
    ({ id, ledger, state, expiresAt }) =>
      known.has(id) &&
      (ledger === null || ledger.status === 'INITIATED') &&
      (isLateAllowed || (state !== 'cancelled' && clock.now < expiresAt)),
  );
}

export function pay({ psp, chance, clock, trouble }: World, session: PspSession): void {
  // Without sweeps, the end of UNKNOWN in a session that is over would not be found: see `changeMind`.
  const how = chance.weigh({ ...OUTCOMES, unknown: trouble.weather.sweeps ? 2 : 0 });
  const later = (status: Turn) =>
    clock.after(chance.pick([1_000, 30_000, 50 * 60_000, 5 * HOUR_MS]), () => {
      if (session.ledger?.status === 'ON_HOLD' || session.ledger?.status === 'UNCLEAR')
        turn(psp, session, status);
    });
  switch (how) {
    case 'authorize':
      return authorize(psp, session, chance.hits(0.1));
    case 'capture': {
      psp.pay(session, 'AUTHORIZED');
      return void psp.byHand(session, 'capture', session.amountMinor);
    }
    case 'hold':
      psp.pay(session, 'ON_HOLD');
      return void later(chance.pick(holdEnds(trouble)));
    case 'decline':
      return void psp.pay(session, 'DECLINED');
    case 'fail':
      return void psp.pay(session, 'FAILED');
    case 'unknown':
      psp.pay(session, 'UNCLEAR');
      return void (chance.hits(0.6) && later(chance.pick(['AUTHORIZED', 'FAILED'])));
    case 'begin':
      return void psp.pay(session, 'INITIATED');
    case 'tamper':
      return void psp.pay(session, 'AUTHORIZED', chance.pick(TAMPERED));
    case 'abandon':
      return psp.end(session, 'cancelled');
    case 'refuse':
      return psp.end(session, chance.pick(['failed', 'declined']));
  }
}

const OUTCOMES = {
  authorize: 12,
  capture: 4,
  hold: 4,
  decline: 2,
  fail: 2,
  begin: 2,
  tamper: 2,
  abandon: 1,
  refuse: 1,
} as const;

export const TAMPERED = [
  { amountMinor: 9_999 },
  { amountMinor: 1 },
  { currency: 'SEK' },
  { reference: 'another' },
] as const;

/** Some products have no authorization, and the gateway may capture any payment by itself. */
export function authorize(psp: World['psp'], session: PspSession, isCaptured: boolean): void {
  psp.pay(session, 'AUTHORIZED');
  if (isCaptured || psp.rules.rules.voids === 'never') psp.byHand(session, 'capture', session.amountMinor);
}

type Turn = 'AUTHORIZED' | 'FAILED' | 'DECLINED' | 'UNCLEAR';

/** Without sweeps, a hold does not become UNKNOWN: see `changeMind`. */
function holdEnds({ weather }: World['trouble']): readonly Turn[] {
  const ends = ['AUTHORIZED', 'AUTHORIZED', 'FAILED', 'DECLINED'] as const;
  return weather.sweeps ? [...ends, 'UNCLEAR'] : ends;
}

function turn(psp: World['psp'], session: PspSession, status: Turn): void {
  if (status === 'AUTHORIZED') authorize(psp, session, false);
  else psp.pay(session, status);
}

export function settleHold({ psp, chance, trouble }: World): void {
  const held = psp.sessions.filter(({ ledger }) => ledger?.status === 'ON_HOLD');
  const session = chance.pick(held);
  if (session === undefined) return;
  const end = chance.pick(holdEnds(trouble));
  // At the keyed PSP a payment that was begun is not declined.
  turn(psp, session, psp instanceof KeyedPsp && end === 'DECLINED' ? 'FAILED' : end);
}

/**
 * A failed payment succeeds after all, or an UNKNOWN one gets its result. Not without sweeps where it was on
 * hold or UNKNOWN before: the callback would be equal to the earlier one, and would be a duplicate for a
 * settled payment.
 */
export function changeMind({ psp, chance, trouble }: World): void {
  const wasUndecided = ({ said }: PspSession) => said.some(({ reading }) => isUndecided(reading));
  const session = chance.pick(
    psp.sessions.filter(
      (one) =>
        (psp instanceof KeyedPsp ? ['UNCLEAR'] : ['FAILED', 'DECLINED', 'UNCLEAR']).includes(
          one.ledger?.status ?? '',
        ) &&
        (trouble.weather.sweeps || !wasUndecided(one)),
    ),
  );
  if (session !== undefined) turn(psp, session, 'AUTHORIZED');
}

function isUndecided(reading: Reading): boolean {
  return reading.kind === 'transaction' && ['ON_HOLD', 'UNCLEAR'].includes(reading.transaction.status);
}

/**
 * A capture or refund fails after it was done. Only with sweeps: its callback is equal to the one of its
 * success.
 */
export function reverse({ psp, chance, trouble }: World): void {
  if (!trouble.weather.sweeps) return;
  const session = chance.pick(psp.sessions.filter(({ ledger }) => ledger?.lastReversible() !== undefined));
  if (session === undefined) return;
  const undone = psp.reverse(session);
  // A person sees the failure in the gateway's pages and repeats the operation before our next look.
  if (undone !== undefined && chance.hits(0.3)) psp.byHand(session, undone.kind, undone.amountMinor);
}
