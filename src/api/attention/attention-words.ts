/** What needs somebody, in one sentence each, and how urgent it is. */
import { formatMoney } from '../../domain/money.ts';
import type { AttentionKind, OpenItem } from '../../store/attention.ts';
import { inMoney } from '../payments/amounts-in-text.ts';

/** `high`: money or a customer waits for a person. `low`: it may still end by itself. */
export type Severity = 'high' | 'low';

const SEVERITY = {
  review: 'high',
  give_back_due: 'high',
  update_gave_up: 'high',
  update_gone: 'high',
  update_failing: 'low',
  operation_open: 'low',
  operation_unconfirmed: 'high',
  callback_unhandled: 'high',
  session_unopened: 'low',
  authorization_lapsing: 'low',
  approval_awaited: 'high',
  dispute_open: 'high',
} as const satisfies Record<AttentionKind, Severity>;

/** A shop that is restarted is back by then. */
const SHOP_AWAY_MS = 3_600_000;

export function severityOf({ kind, since }: OpenItem, now: Date): Severity {
  const isLong = kind === 'update_failing' && now.getTime() - since.getTime() >= SHOP_AWAY_MS;
  return isLong ? 'high' : SEVERITY[kind];
}

/**
 * What may be lost. Of a review it is what the gateway holds, which may differ from what was asked for: a payer has
 * paid it.
 */
export function moneyAtRisk({ amount, currency, held }: OpenItem): Pick<OpenItem, 'amount' | 'currency'> {
  return typeof held?.amount === 'number'
    ? { amount: held.amount, currency: held.currency ?? currency }
    : { amount, currency };
}

/** `gateway` by its name. */
export function sentenceOf(item: OpenItem, gateway: string): string {
  const money = item.amount === null ? null : moneyOf(item.amount, item.currency ?? '');
  switch (item.kind) {
    case 'review':
      return reviewSentence(item, gateway);
    case 'give_back_due':
      return `${money ?? 'money'} must go back to the payer and has not yet (${item.cause ?? 'no reason given'})`;
    case 'update_gave_up':
      return `the shop was never told ${item.status}: ${answerOf(item)}; given up after 3 days`;
    case 'update_gone':
      return `the shop refused ${item.status} (410), so it is not sent again`;
    case 'update_failing':
      return `the shop has not acknowledged ${item.status} after ${item.attempts} attempts: ${answerOf(item)}`;
    case 'operation_open':
      return item.status === 'unknown'
        ? `${item.operation} of ${money ?? 'all that is left'} was sent and its answer was lost: ${gateway} is read until it shows the result`
        : `${item.operation} of ${money ?? 'all that is left'} is not finished at ${gateway}`;
    case 'operation_unconfirmed':
      return `${item.operation} of ${money ?? 'all that is left'} was sent, and ${gateway} never showed whether it was done`;
    case 'callback_unhandled':
      return `a callback of ${gateway} is proved and has not been handled`;
    case 'session_unopened':
      return `a session was asked for and is not open at ${gateway} yet`;
    case 'authorization_lapsing':
      return `${money ?? 'money'} is authorized and not captured, and the authorization lapses`;
    case 'approval_awaited':
      return `${item.status} asked for the ${item.cause} of ${money ?? 'money'}: a second person has to approve it`;
    case 'dispute_open':
      return disputeSentence(item, { gateway, money: money ?? 'money' });
  }
}

/** Items with the same fault have the same words: "the shop answers 500". */
export function causeOf(item: OpenItem, gateway: string): string {
  switch (item.kind) {
    case 'review':
      return `review: ${codeOf(item.cause)}`;
    case 'give_back_due':
      return `money must go back at ${gateway}`;
    case 'update_gave_up':
    case 'update_gone':
    case 'update_failing':
      return `order updates: ${answerOf(item)}`;
    case 'operation_open':
    case 'operation_unconfirmed':
      return `${item.operation} ${item.status === 'unknown' ? 'with a lost answer' : 'not finished'} at ${gateway}`;
    case 'callback_unhandled':
      return `callbacks of ${gateway} are not handled`;
    case 'session_unopened':
      return `sessions are not opened at ${gateway}`;
    case 'authorization_lapsing':
      return 'authorizations lapse';
    case 'approval_awaited':
      return 'requests wait for a second person';
    case 'dispute_open':
      return `disputes at ${gateway}`;
  }
}

/** `status` of the item is the time until which it can be answered, or empty. */
function disputeSentence(
  { cause, status: dueBy }: OpenItem,
  { gateway, money }: { gateway: string; money: string },
): string {
  const why = cause === null ? '' : ` (${cause})`;
  const until = dueBy === '' ? '' : ` by ${dueBy.slice(0, 10)}`;
  return `the payer's bank wants ${money} back${why}: answer the dispute at ${gateway}${until}`;
}

function reviewSentence({ cause, amount, currency, held, status }: OpenItem, gateway: string): string {
  const why = cause === null ? 'no reason given' : inMoney(cause, held?.currency ?? currency ?? '');
  const asked = amount === null ? '' : `asked ${moneyOf(amount, currency ?? '')}`;
  const holds =
    typeof held?.amount === 'number'
      ? `, ${gateway} holds ${moneyOf(held.amount, held.currency ?? currency ?? '')}`
      : '';
  const beside = status === 'REVIEW' ? '' : `; the payment stays ${status}`;
  return `${why}: ${asked}${holds}${beside}`;
}

/** The code with which a reason or a mark begins. */
function codeOf(cause: string | null): string {
  return /^[a-z_]+/.exec(cause ?? '')?.[0] ?? 'no reason given';
}

function answerOf({ cause }: OpenItem): string {
  if (cause === null) return 'no answer yet';
  return /^\d{3}$/.test(cause) ? `the shop answers ${cause}` : cause;
}

function moneyOf(amountMinor: number, currency: string): string {
  return formatMoney({ amountMinor, currency });
}
