import type { Reading } from '../../domain/transaction.ts';
import { GatewayUnavailable } from '../gateway-errors.ts';
import type { Answer } from '../shared/http-exchange.ts';
import { dateOf } from '../shared/http-exchange.ts';
import type { StripeClient } from './client.ts';
import type { Parameters } from './form-parameters.ts';
import { expected, understand } from './parse-answer.ts';
import { toTransaction } from './parse-transaction.ts';
import { bookedChargeSchema, isRelease, possibleRelease } from './released-rest.ts';
import {
  disputePage,
  paidSessionSchema,
  refundPage,
  type Charge,
  type PaidSession,
  type Payment,
  type Refund,
  type StripeDispute,
} from './stripe-objects.ts';
import { isId } from './urls.ts';

export interface Reader {
  readonly client: StripeClient;
  readonly account: string;
  readonly mode: 'test' | 'live';
  readonly signal: AbortSignal | undefined;
}

/** Everything about a payment in one call. */
export const EXPANDED = 'payment_intent.latest_charge.refunds';

/** Reads the result of a session. A session has one PaymentIntent, so its id is not needed. */
export async function readPayment(
  reader: Reader,
  { sessionId }: { readonly sessionId: string },
): Promise<Reading> {
  if (!isId('cs', sessionId)) return { kind: 'absent' };
  const path = `/v1/checkout/sessions/${sessionId}`;
  const answer = await get(reader, 'read session', path, { expand: [EXPANDED] });
  if (answer.status === 404) return { kind: 'absent' };
  const session = understand(paidSessionSchema, answer);
  if (!session.ok) return unreadable(session.reason);
  if (session.value.id !== sessionId) return unreadable('id: not the requested one');
  if (session.value.livemode !== (reader.mode === 'live'))
    return unreadable('livemode: not the mode of the key');
  const state = stateWithoutMoney(session.value);
  if (state !== null) return state;
  return readMoney(reader, session.value as Payment, answer);
}

/**
 * A session that is open, or that ended without anything that is or was money; null where its payment decides.
 */
export function stateWithoutMoney({ status, payment_intent: intent }: PaidSession): Reading | null {
  if (!intent) return status === 'complete' ? unreadable('payment_intent: missing') : sessionIn(status);
  const isBegun = ['processing', 'requires_capture', 'succeeded'].includes(intent.status);
  const isOver = intent.status === 'canceled' && intent.latest_charge?.status === 'succeeded';
  if (isBegun || isOver || status === 'complete') return null;
  return status === 'open' || status === 'expired' ? sessionIn(status) : unreadable('status: not known');
}

function sessionIn(status: PaidSession['status']): Reading {
  return { kind: 'session', state: status === 'expired' ? 'expired' : 'open' };
}

async function readMoney(reader: Reader, session: Payment, answer: Answer): Promise<Reading> {
  const { payment_intent: intent } = session;
  const { latest_charge: charge } = intent;
  const refunds = charge ? await refundsOf(reader, charge) : [];
  const release = await releaseAmong(reader, session, refunds);
  const disputes = charge?.disputed ? await readDisputes(reader, intent.id) : [];
  const answeredAt = dateOf(answer.headers?.get('date'));
  const parts = { account: reader.account, session, refunds, release, disputes, answeredAt };
  return { kind: 'transaction', transaction: toTransaction(parts) };
}

/** A charge shows its ten newest refunds. */
async function refundsOf(reader: Reader, { id, refunds }: Charge): Promise<readonly Refund[]> {
  if (refunds && !refunds.has_more) return refunds.data;
  const all: Refund[] = [];
  let after: string | undefined;
  for (;;) {
    const query = { charge: id, limit: 100, starting_after: after };
    const answer = await get(reader, 'list refunds', '/v1/refunds', query);
    const { data, has_more: hasMore } = expected(refundPage, 'list refunds', answer);
    all.push(...data);
    after = data.at(-1)?.id;
    if (!hasMore || after === undefined) return all;
  }
}

async function readDisputes(reader: Reader, intentId: string): Promise<readonly StripeDispute[]> {
  const query = { payment_intent: intentId, limit: 100 };
  const answer = await get(reader, 'list disputes', '/v1/disputes', query);
  return expected(disputePage, 'list disputes', answer).data;
}

/** The refund that is the release of the rest, if one is. Only a candidate costs a call. */
async function releaseAmong(
  reader: Reader,
  { payment_intent: intent }: Payment,
  refunds: readonly Refund[],
): Promise<Refund | undefined> {
  const candidate = possibleRelease(intent, refunds);
  if (candidate === undefined || !intent.latest_charge) return undefined;
  const path = `/v1/charges/${intent.latest_charge.id}`;
  const answer = await get(reader, 'read charge', path, { expand: ['balance_transaction'] }).catch(unallowed);
  const booked = answer && understand(bookedChargeSchema, answer);
  return booked?.ok && isRelease(intent, booked.value) ? candidate : undefined;
}

/** A restricted key may not see what was booked. Then every refund counts. */
function unallowed(error: unknown): null {
  if (error instanceof GatewayUnavailable && error.kind === 'credentials') return null;
  throw error;
}

function get(
  { client, signal }: Reader,
  operation: string,
  path: string,
  query: Parameters,
): Promise<Answer> {
  return client({ operation, method: 'GET', path, query, signal });
}

function unreadable(reason: string): Reading {
  return { kind: 'unreadable', reason: `session: ${reason}` };
}
