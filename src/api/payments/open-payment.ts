/**
 * Opens a payment session: claims the order's payment in the store, then opens its session, or has the run
 * open it where that failed.
 */
import { crashable } from '../../crash-points.ts';
import { isTrialOrder, TRIAL_PREFIX } from '../../domain/trial-order.ts';
import { formatMoney } from '../../domain/money.ts';
import { inTime } from '../../lib/time-limit.ts';
import type { Service } from '../../service.ts';
import { claimPayment, type NewPayment } from '../../store/claim-payment.ts';
import type { Db } from '../../store/open.ts';
import { moneyOf } from '../../store/payment-snapshot.ts';
import { findPayment, recordRun, type PaymentRow } from '../../store/payments.ts';
import { RunEnded } from '../../temporal/run-calls.ts';
import { Refusal, type FieldProblem } from '../refusal.ts';
import { closePayment } from './cancel-payment.ts';
import { addressOf, refuseUnconfigured } from './find-payment.ts';
import { newPaymentOf, type PaymentRequest } from './new-payment.ts';
import { fitted, type Warning } from './prefill.ts';
import { gatewayRefused, type SessionOpener } from './session-opener.ts';

export type PaymentTools = Service & { readonly opener: SessionOpener };

export interface OpenedAnswer {
  readonly isNew: boolean;
  readonly payment: PaymentRow;
  /** Texts that are shown or filled in differently from the request. */
  readonly warnings: readonly Warning[];
}

/** A caller has an answer within 15 s, the store's time included. Contract §3. */
const ANSWER_WITHIN_MS = 14_000;

/** When to ask again for a session that the gateway has not opened yet. */
const STILL_OPENING_RETRY_S = 5;

/**
 * A run may settle or end just when we call it. We then start again from the order's row, at most this often.
 */
const ATTEMPTS = 4;

/**
 * Parallel requests for one order all get the same session. `key` is the name of the API key.
 * @throws Refusal
 */
export async function openPayment(
  { opener, ...service }: PaymentTools,
  request: PaymentRequest,
  key: string,
): Promise<OpenedAnswer> {
  const texts = fitted(request);
  const asked = newPaymentOf(service, request, texts);
  let replaced: string | null = null;
  let created: string | null = null;
  const since = performance.now();
  const left = () => Math.max(1, since + ANSWER_WITHIN_MS - performance.now());
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const { leaseMs } = opener;
    const wanted = { ...asked, ...(leaseMs !== undefined && { leaseMs }) };
    const claim = await claimOnce(service.store.db, wanted);
    if (claim.kind === 'order_already_paid' || claim.kind === 'payment_in_review')
      throw refusal(claim.kind, wanted);
    if (claim.kind === 'differs') {
      // A request must not replace a newer payment: two such requests would replace each other in turn until
      // nothing is open.
      const isNewer = replaced !== null && replaced !== claim.payment.id;
      const isHeld = claim.payment.status === 'ON_HOLD';
      if (isNewer || isHeld || !request.replace) throw mismatch(claim.payment, claim.differences, isNewer);
      await closePayment(service, claim.payment, { key, replaces: true });
      replaced = claim.payment.id;
      continue;
    }
    if (claim.kind === 'created') created = claim.payment.id;
    const tooLate = () => stillOpening(claim.payment);
    const opened =
      (await inTime(opener.open(claim), left(), tooLate)) ??
      (await inTime(openRun(service, claim.payment), left(), tooLate));
    if (opened !== null) {
      const warnings = [...trialWarning(service, opened), ...texts.warnings];
      return { isNew: opened.id === created, payment: opened, warnings };
    }
  }
  throw new Refusal('unavailable', 'the payment kept changing while it was opened; send the request again');
}

/** A shop that uses our prefix by chance should not wait for updates. */
function trialWarning({ gateways }: Service, { orderReference, gateway }: PaymentRow): Warning[] {
  if (!isTrialOrder(orderReference, gateways.livemode(gateway))) return [];
  const detail = `in test mode no shop is told of orders whose reference begins with ${TRIAL_PREFIX}: they are those of paidonce golive`;
  return [{ pointer: '/order/reference', code: 'not_told', detail }];
}

const claimOnce = crashable(
  { before: 'open.claim.before', after: 'open.claim.after' },
  (db: Db, wanted: NewPayment) => claimPayment(db, wanted),
);

function refusal(code: 'order_already_paid' | 'payment_in_review', { orderReference }: NewPayment): Refusal {
  if (code === 'order_already_paid')
    return new Refusal(code, `order ${orderReference} has been paid; use a new reference for a new order`);
  return new Refusal(
    code,
    `a payment of order ${orderReference} is in REVIEW; a person has to resolve it first, by POST /v1/payments/{id}/resolve`,
  );
}

/** The row once the session is open, or null if the payment is no longer open. */
async function openRun(service: Service, payment: PaymentRow): Promise<PaymentRow | null> {
  refuseUnconfigured(service, payment);
  const result = await service.runs.open(addressOf(payment)).catch((error: unknown) => {
    if (error instanceof RunEnded) return null;
    throw error;
  });
  if (result === null || result.kind === 'not_open') return null;
  if (result.kind === 'still_opening') throw stillOpening(payment);
  if (result.kind === 'rejected') throw gatewayRefused(payment, result.reason);
  const { sessionId, checkoutUrl, status } = result;
  const opened = { sessionId, checkoutUrl, status, runId: await runOf(service, payment, result.runId) };
  if (payment.sessionId !== null) return { ...payment, ...opened };
  // For a session that was just opened, the run's answer is complete. For one that is on hold by now it is
  // not.
  if (status === 'PENDING' && opened.runId !== null) return { ...payment, ...opened };
  const fresh = await findPayment(service.store.db, payment.id);
  return { ...(fresh ?? payment), ...opened };
}

function stillOpening({ gateway }: PaymentRow): Refusal {
  const text = `there is no session at ${gateway} yet; send the request again: nothing is done twice`;
  return new Refusal('unavailable', text, { retryAfterSeconds: STILL_OPENING_RETRY_S });
}

/** The request that opened the session may have died before it noted the run that it started, or started none. */
async function runOf(
  { store }: Service,
  payment: PaymentRow,
  runId: string | undefined,
): Promise<string | null> {
  if (payment.runId !== null || runId === undefined) return payment.runId;
  await recordRun(store.db, payment.id, runId);
  return runId;
}

function mismatch(
  { id, status, gateway, ...payment }: PaymentRow,
  errors: readonly FieldProblem[],
  isNewer: boolean,
): Refusal {
  const which = `payment ${id} over ${formatMoney(moneyOf(payment))} by ${gateway}`;
  if (status === 'ON_HOLD')
    return new Refusal(
      'order_mismatch',
      `${which} is on hold; request the same, or wait until the gateway has decided`,
      { errors },
    );
  const since = isNewer ? 'was opened meanwhile by another request' : 'is open';
  return new Refusal(
    'order_mismatch',
    `${which} ${since}; request the same, or send "replace": true to cancel it first`,
    { errors },
  );
}
