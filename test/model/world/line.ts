/** The connection between our activities and the PSP, with the weather of the schedule. */
import type { OperationRequest } from '../../../src/gateways/gateway.ts';
import type { Chance } from './chance.ts';
import type { Line } from './gateway.ts';
import { KeyedLedger } from './keyed-ledger.ts';
import type { BookedOperation, Ledger } from './ledger.ts';
import { KeyedPsp } from './keyed-psp.ts';
import type { PspSession } from './psp.ts';
import type { World } from './world.ts';

const HOUR_MS = 3_600_000;
/** After this time, a read that does not show the operation proves that it was not done. */
const LONGEST_HIDDEN_MS = 15_000;
const DELAYS_MS = [200, 3_000, 90_000, 20 * 60_000, 3 * HOUR_MS, 40 * HOUR_MS];
/** Nothing that is shown as pending may be given up. */
const LATE_END = { end: 'done', ms: 80 * HOUR_MS } as const;
const AWAY_IN_MS = 25;
const LONGER_THAN_KEYS_MS = 26 * HOUR_MS;
/** No request is on its way for as long as a key is known. */
const LONGEST_WAY_MS = 20 * 60_000;

export function lineOf(world: World): Line {
  const { trouble, chance, promises, clock } = world;
  const wire = chance.fork(2);
  return {
    now: () => clock.now,
    call: (what, work, lost) => trouble.callGateway(what, work, lost),
    ofRead: () => {
      const { stale, lagMs, absent, unreadable } = trouble.weather;
      if (wire.hits(absent)) return { fate: 'absent', lagMs: 0 };
      if (wire.hits(unreadable)) return { fate: 'unreadable', lagMs: 0 };
      if (wire.hits(stale)) return { fate: 'stale', lagMs: wire.between(1, lagMs) };
      return { fate: 'fine', lagMs: 0 };
    },
    ofOperation: () => {
      const fate = wire.weigh(trouble.weather.fates);
      if (fate.startsWith('lost') && trouble.weather.outlivesKeys) outliveKeys(world);
      // A gateway that was busy, carried out the operation and hides it for that long can't be
      // distinguished from one that did nothing.
      return fate === 'busy_after' && trouble.weather.lagMs > LONGEST_HIDDEN_MS ? 'busy' : fate;
    },
    ofOpening: () => {
      if (!wire.hits(trouble.weather.keptFailures)) return 'done';
      return wire.pick(['kept_before', 'kept_after'] as const);
    },
    endLater: (session, request) => endLater(world, session, request, wire),
    arriveLater: (arrive) => arriveLater(world, arrive, wire),
    sending: (request, session, fate) => {
      world.say(() => `we send ${request.kind} ${request.reference} of ${request.amountMinor}: ${fate}`);
      promises.sending(request, session, fate);
    },
    cancelling: (session) => promises.cancelling(session),
    searchLagMs: trouble.weather.lagMs,
    isCareless: trouble.weather.isCareless,
  };
}

/** As soon as the answer is lost, so that no later try reaches the gateway before it has forgotten the key. */
function outliveKeys({ clock, trouble }: World): void {
  clock.after(AWAY_IN_MS, () => trouble.takeAway('gateway', LONGER_THAN_KEYS_MS));
}

/** Within two days, or never. Null for never. */
function drawEnd(wire: Chance): { readonly end: 'done' | 'failed'; readonly ms: number } | null {
  const end = wire.weigh({ done: 5, failed: 2, never: 1 });
  const ms = wire.pick(DELAYS_MS);
  return end === 'never' ? null : { end, ms };
}

function later(world: World, ms: number, work: () => void): void {
  world.underway += 1;
  world.clock.after(ms, () => {
    world.underway -= 1;
    work();
  });
}

/** A lost request arrives later, or never. */
function arriveLater(world: World, arrive: () => void, wire: Chance): void {
  const drawn = drawEnd(wire);
  if (drawn === null) return;
  const ms = world.psp instanceof KeyedPsp ? Math.min(drawn.ms, LONGEST_WAY_MS) : drawn.ms;
  later(world, ms, () => {
    if (drawn.end === 'done') arrive();
  });
}

/** An accepted operation is done or fails, within two days or after more than three. */
function endLater(world: World, session: PspSession, { kind }: OperationRequest, wire: Chance): void {
  const { ledger } = session;
  const booked = ledger?.operations.at(-1);
  const drawn = drawEnd(wire) ?? LATE_END;
  later(world, drawn.ms, () => {
    if (booked === undefined || ledger === null) return;
    // A void releases the sum that is left when it is done.
    if (kind === 'void') booked.amountMinor = ledger.capturable;
    booked.state = drawn.end === 'done' && isStillPossible(world, ledger, booked) ? 'done' : 'failed';
    world.psp.change(session, kind.toUpperCase());
  });
}

/**
 * The gateway does not check the sums of our own accepted operations again: to reserve no more than is there is
 * our part.
 */
function isStillPossible({ psp }: World, ledger: Ledger, { kind, amountMinor }: BookedOperation): boolean {
  // The keyed PSP has promised the money of a pending refund.
  if (ledger instanceof KeyedLedger) return true;
  const isAllOurs = ledger.operations.every(({ isOurs }) => isOurs);
  if (kind === 'void' || !isAllOurs) return ledger.allows(kind, amountMinor, psp.rules.rules);
  return kind === 'refund' || (ledger.voided === 0 && !ledger.isReleased);
}
