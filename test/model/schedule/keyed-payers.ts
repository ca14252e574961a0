/** The actions of payers and of their banks at the keyed PSP. */
import type { TransactionStatus } from '../../../src/domain/transaction.ts';
import { KeyedPsp, ledgerOf } from '../world/keyed-psp.ts';
import type { PspSession } from '../world/psp.ts';
import type { World } from '../world/world.ts';
import { authorize, TAMPERED } from './payers.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** `leave`: the payer does nothing, and the session ends some time. */
const OUTCOMES = {
  authorize: 14,
  capture: 3,
  hold: 4,
  decline: 3,
  begin: 2,
  tamper: 1,
  leave: 1,
} as const;

export function payKeyed({ chance, clock, trouble }: World, psp: KeyedPsp, session: PspSession): void {
  if (session.state !== 'open') return payAgain(psp, session, chance);
  const how = chance.weigh({ ...OUTCOMES, unknown: trouble.weather.sweeps ? 2 : 0 });
  const later = (ends: readonly TransactionStatus[]) => {
    const end = chance.pick(ends);
    clock.after(chance.pick([1_000, 30_000, 50 * MINUTE_MS, 5 * HOUR_MS]), () => {
      const { status } = session.ledger ?? {};
      if (status !== 'ON_HOLD' && status !== 'UNCLEAR') return;
      if (end === 'AUTHORIZED') authorize(psp, session, false);
      else psp.pay(session, end);
    });
  };
  switch (how) {
    case 'authorize':
      return authorize(psp, session, chance.hits(0.1));
    case 'capture':
      return authorize(psp, session, true);
    case 'hold':
      psp.pay(session, 'ON_HOLD');
      return later(['AUTHORIZED', 'AUTHORIZED', 'FAILED']);
    case 'unknown':
      psp.pay(session, 'UNCLEAR');
      return later(['AUTHORIZED', 'FAILED']);
    case 'decline':
      return psp.decline(session);
    case 'begin':
      return void psp.pay(session, 'INITIATED');
    case 'tamper':
      return void psp.pay(session, 'AUTHORIZED', chance.pick(TAMPERED));
    case 'leave':
  }
}

/** Another attempt in a session that has money: late money, or one that fails, or that is not this order's. */
function payAgain(psp: KeyedPsp, session: PspSession, chance: World['chance']): void {
  const how = chance.weigh({ authorize: 6, capture: 3, fail: 1, tamper: 1 });
  const tampered = how === 'tamper' ? chance.pick(TAMPERED) : {};
  const second = psp.payAgain(session, how === 'fail' ? 'FAILED' : 'AUTHORIZED', tampered);
  if (how === 'capture') psp.byHand(second, 'capture', second.ledger?.capturable ?? 0);
}

/** A payer's bank asks for captured money back, or decides about an earlier request. */
export function dispute({ psp, chance }: World): void {
  if (!(psp instanceof KeyedPsp)) return;
  const session = chance.pick(psp.sessions.filter(({ ledger }) => (ledger?.captured ?? 0) > 0));
  if (session !== undefined) psp.dispute(session, chance.pick(['won', 'lost']));
}

/** A refund that was done comes back: at once, or weeks later. */
export function failRefund(world: World): void {
  const { psp, chance, clock } = world;
  if (!(psp instanceof KeyedPsp)) return;
  const done = psp.sessions
    .flatMap((session) => psp.moneyIn(session))
    .flatMap((session) =>
      (ledgerOf(session)?.refunds ?? [])
        .filter(({ operation: { state } }) => state === 'done')
        .map(({ id }) => ({ session, id })),
    );
  const refund = chance.pick(done);
  if (refund === undefined) return;
  const ms = chance.hits(0.05)
    ? 20 * DAY_MS
    : chance.pick([1, 3_000, 10 * MINUTE_MS, 2 * HOUR_MS, 30 * HOUR_MS]);
  world.lateUntil = Math.max(world.lateUntil, clock.now + ms);
  clock.after(ms, () => psp.failRefund(refund.session, refund.id));
}
