/** A payer's bank asks for money back: a fact beside the payment's status (contract §3). Pure. */
import type { UpdateType } from './order.ts';

export interface Dispute {
  /** The gateway's id of it. */
  readonly disputeId: string;
  readonly state: 'open' | 'won' | 'lost';
  readonly amountMinor: number;
  /** Why, in the gateway's word. */
  readonly reason?: string;
  /** RFC 3339. Until when the merchant can answer it. */
  readonly dueBy?: string;
}

/** The disputes after a reading. One that the reading does not show stays, since a reading may lag. */
export function disputesAfter(
  known: readonly Dispute[],
  { disputes = [] }: { readonly disputes?: readonly Dispute[] },
): readonly Dispute[] {
  if (!disputes.some((shown) => isNews(known, shown))) return known;
  const shown = new Set(disputes.map(({ disputeId }) => disputeId));
  return [...known.filter(({ disputeId }) => !shown.has(disputeId)), ...disputes];
}

/** The dispute that a merchant has to see first: an open one, otherwise the newest. */
export function foremost(disputes: readonly Dispute[]): Dispute | undefined {
  return disputes.findLast(({ state }) => state === 'open') ?? disputes.at(-1);
}

const TYPES = {
  open: 'order.dispute_opened',
  won: 'order.dispute_won',
  lost: 'order.dispute_lost',
} as const satisfies Record<Dispute['state'], UpdateType>;

/** The updates about the disputes that a reading shows in another state than before. */
export function disputeUpdates(
  known: readonly Dispute[],
  { disputes = [] }: { readonly disputes?: readonly Dispute[] },
): { readonly type: UpdateType; readonly cause: string }[] {
  return disputes
    .filter(({ disputeId, state }) => find(known, disputeId)?.state !== state)
    .map(({ disputeId: cause, state }) => ({ type: TYPES[state], cause }));
}

function isNews(known: readonly Dispute[], shown: Dispute): boolean {
  const before = find(known, shown.disputeId);
  if (before === undefined) return true;
  const { state, amountMinor, reason, dueBy } = shown;
  const isSame = before.state === state && before.amountMinor === amountMinor;
  return !isSame || before.reason !== reason || before.dueBy !== dueBy;
}

function find(disputes: readonly Dispute[], id: string): Dispute | undefined {
  return disputes.find(({ disputeId }) => disputeId === id);
}
