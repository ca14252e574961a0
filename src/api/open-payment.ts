/** `POST /v1/payments`: claims the order's payment in the store, then has its run open the session. */
import type { z } from 'zod';
import { crashPoint } from '../crash-points.ts';
import type { Service } from '../service.ts';
import { claimPayment, type NewPayment } from '../store/claim-payment.ts';
import { writeDecision } from '../store/decisions.ts';
import { findPayment, moneyOf, type PaymentRow } from '../store/payments.ts';
import { formatMoney } from '../domain/money.ts';
import { isMoney } from '../domain/payment.ts';
import { RunEnded } from '../temporal/calls.ts';
import type { PaymentAddress } from '../temporal/payment-runs.ts';
import type { CancelResult } from '../workflows/messages.ts';
import { refuseUnconfigured } from './configured.ts';
import { fitted, type Fitted, type Warning } from './prefill.ts';
import { Problem, type FieldProblem } from './problem.ts';
import type { createPaymentRequest } from './schemas.ts';
import { wrongFields } from './validate.ts';

type Asked = z.infer<typeof createPaymentRequest>;
/** With the gateway that is meant. */
type Addressed = Asked & { readonly gateway: string };

export interface OpenedAnswer {
  readonly isNew: boolean;
  readonly payment: PaymentRow;
  /** Texts that are shown or filled in otherwise than they were given. */
  readonly warnings: readonly Warning[];
}

/** When a shopper may ask again for a session that the gateway has not opened yet. */
const STILL_OPENING_RETRY_S = 5;

/** A run may have settled, or ended, just when we asked it: begun again from the order's row, this often. */
const ATTEMPTS = 4;

/** One session is ever handed out for an order, however many ask at once; `key` is the name of the API key. @throws Problem */
export async function openPayment(service: Service, request: Asked, key: string): Promise<OpenedAnswer> {
  const texts = fitted(request);
  const gateway = request.gateway ?? service.gateways.byDefault ?? '';
  const wanted = wantedOf(service, { ...request, gateway }, texts);
  let replaced: string | null = null;
  let created: string | null = null;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    crashPoint('open.claim.before', wanted.orderReference);
    const claim = await claimPayment(service.store.db, wanted);
    crashPoint('open.claim.after', wanted.orderReference);
    if (claim.kind === 'order_already_paid' || claim.kind === 'payment_in_review')
      throw refusal(claim.kind, wanted);
    if (claim.kind === 'differs') {
      // A request that replaces what came after it is replaced by that in turn, until nothing is open.
      const isNewer = replaced !== null && replaced !== claim.payment.id;
      const isHeld = claim.payment.status === 'ON_HOLD';
      if (isNewer || isHeld || !request.replace) throw mismatch(claim.payment, claim.differences, isNewer);
      await closePayment(service, claim.payment, { key, replaces: true });
      replaced = claim.payment.id;
      continue;
    }
    if (claim.kind === 'created') created = claim.payment.id;
    const opened = await openRun(service, claim.payment);
    if (opened !== null) return { isNew: opened.id === created, payment: opened, warnings: texts.warnings };
  }
  throw new Problem('unavailable', 'the payment kept changing while it was opened; ask again');
}

function wantedOf(service: Service, request: Addressed, { order, customer, language }: Fitted): NewPayment {
  const { gateway, returnUrl, capture, profileId, metadata, merchantReference2, replace } = request;
  const wrong = [
    ...wrongGateway(service, gateway),
    ...wrongReturnUrl(service, returnUrl),
    ...wrongExpiry(service, request),
  ];
  if (wrong.length > 0) throw wrongFields('the body', wrong);
  return {
    gateway,
    orderReference: order.reference,
    money: { amountMinor: order.amount, currency: order.currency },
    expiresAt: expiryOf(service, request),
    capture,
    metadata: metadata ?? {},
    request: {
      lines: (order.items ?? []).map(lineOf),
      ...(customer && { customer }),
      ...(profileId !== undefined && { profileId }),
      ...(language !== undefined && { language }),
      ...(merchantReference2 !== undefined && { merchantReference2 }),
    },
    ...(returnUrl !== undefined && { returnUrl: inAscii(returnUrl) }),
    comparesCustomer: replace,
  };
}

function wrongGateway({ gateways }: Service, name: string): FieldProblem[] {
  if (gateways.find(name) !== undefined) return [];
  const names = gateways.all.map(({ id }) => id).join(', ');
  return [{ pointer: '/gateway', detail: `expected one of: ${names}` }];
}

function wrongReturnUrl({ config }: Service, returnUrl: string | undefined): FieldProblem[] {
  if (returnUrl === undefined) return [];
  const schemes = config.RETURN_URL_SCHEMES;
  if (schemes.includes(new URL(returnUrl).protocol.slice(0, -1))) return [];
  return [
    {
      pointer: '/returnUrl',
      detail: `expected an absolute URL of one of these schemes: ${schemes.join(', ')}`,
    },
  ];
}

/** No byte that was written is changed, but for those that no header can hold; a host is written in ASCII by a rule of its own. */
function inAscii(url: string): string {
  const [, before = '', host = '', after = ''] = /^([a-z][a-z0-9+.-]*:\/*)([^/?#]*)(.*)$/is.exec(url) ?? [];
  const isHost = /[^\x21-\x7E]/.test(host);
  return `${before}${isHost ? new URL(url).host : host}${after.replace(/[^\x21-\x7E]+/gu, encodeURIComponent)}`;
}

/** A session that nobody has the time to pay is a mistake. */
const SHORTEST_SESSION_MS = 60_000;

function wrongExpiry({ gateways }: Service, { gateway, expiresAt }: Addressed): FieldProblem[] {
  if (expiresAt === undefined) return [];
  const ms = Date.parse(expiresAt) - Date.now();
  const longest = gateways.find(gateway)?.longestSessionMs ?? Infinity;
  if (ms >= SHORTEST_SESSION_MS && ms <= longest) return [];
  const days = Math.floor(longest / 86_400_000);
  const most = days >= 2 ? `${days} days` : `${Math.floor(longest / 60_000)} minutes`;
  return [{ pointer: '/expiresAt', detail: `expected a time between 1 minute and ${most} from now` }];
}

function expiryOf({ gateways, config }: Service, { gateway, expiresAt }: Addressed): Date {
  if (expiresAt !== undefined) return new Date(expiresAt);
  const longest = gateways.find(gateway)?.longestSessionMs ?? Infinity;
  return new Date(Date.now() + Math.min(config.SESSION_LIFETIME, longest));
}

type Item = NonNullable<Asked['order']['items']>[number];

function lineOf({ amount, vatAmount, vat, type, ...line }: Item): NewPayment['request']['lines'][number] {
  return {
    ...line,
    amountMinor: amount,
    ...(vat !== undefined && { vat }),
    ...(vatAmount !== undefined && { vatAmountMinor: vatAmount }),
    ...(type !== undefined && { type }),
  };
}

function refusal(code: 'order_already_paid' | 'payment_in_review', { orderReference }: NewPayment): Problem {
  if (code === 'order_already_paid')
    return new Problem(code, `order ${orderReference} has been paid; a new order needs a new reference`);
  return new Problem(
    code,
    `a payment of order ${orderReference} is in REVIEW: a person has to decide it first, by POST /v1/payments/{id}/resolve`,
  );
}

/** The row as it is once the session is open, or null when the payment is not open any more. */
async function openRun(service: Service, payment: PaymentRow): Promise<PaymentRow | null> {
  refuseUnconfigured(service, payment);
  const result = await service.runs.open(addressOf(payment)).catch((error: unknown) => {
    if (error instanceof RunEnded) return null;
    throw error;
  });
  if (result === null || result.kind === 'not_open') return null;
  if (result.kind === 'still_opening')
    throw new Problem(
      'unavailable',
      `${payment.gateway} has not answered yet; ask again, nothing is done twice`,
      {
        retryAfterSeconds: STILL_OPENING_RETRY_S,
      },
    );
  if (result.kind === 'rejected')
    throw new Problem('gateway_rejected', `${payment.gateway} refused the session: ${result.reason}`);
  const { sessionId, checkoutUrl, status, runId } = result;
  const opened = { sessionId, checkoutUrl, status };
  if (payment.sessionId !== null) return { ...payment, ...opened };
  // Of a session that has only just been opened the run has said all there is; of one that is on hold by now it has not.
  if (status === 'PENDING' && runId !== undefined) return { ...payment, ...opened, runId };
  const fresh = await findPayment(service.store.db, payment.id);
  return { ...(fresh ?? payment), ...opened };
}

function mismatch(
  { id, status, gateway, ...payment }: PaymentRow,
  errors: readonly FieldProblem[],
  isNewer: boolean,
): Problem {
  const which = `payment ${id} over ${formatMoney(moneyOf(payment))} by ${gateway}`;
  if (status === 'ON_HOLD')
    return new Problem(
      'order_mismatch',
      `${which} is on hold; ask for the same, or wait until it is decided`,
      { errors },
    );
  const since = isNewer ? 'was opened by somebody else meanwhile' : 'is open';
  return new Problem(
    'order_mismatch',
    `${which} ${since}; ask for the same, or say "replace": true to cancel it first`,
    { errors },
  );
}

/** Closes a session that nobody has paid; of one that another one replaces the merchant hears nothing. @throws Problem `already_paid`, `not_cancellable` */
export async function closePayment(
  service: Service,
  payment: PaymentRow,
  more: { readonly key: string; readonly replaces?: true },
): Promise<void> {
  refuseUnconfigured(service, payment);
  const text = more.replaces ? 'the merchant asked for another session' : 'the merchant asked to cancel';
  const data = { decision: 'cancel', ...more } as const;
  const noteKey = await writeDecision(service.store.db, payment.id, { text, data });
  const result = await service.runs.cancel(addressOf(payment), { noteKey });
  if (result.kind === 'cancelled') return;
  throw notCancelled(payment, result);
}

function notCancelled(
  { id }: PaymentRow,
  { kind, status }: Exclude<CancelResult, { kind: 'cancelled' }>,
): Problem {
  if (isMoney(status))
    return new Problem(
      'already_paid',
      `payment ${id} is ${status}: there is money on it; void or refund it instead`,
    );
  if (kind === 'refused')
    return new Problem(
      'not_cancellable',
      `payment ${id} is ${status}, and the gateway does not close it: it may be being paid, or its outcome not be known yet; look at it again in a minute`,
    );
  return new Problem('not_cancellable', `payment ${id} is ${status} and not open any more`);
}

/** What names a payment's run. */
export function addressOf({ id, orderReference, n, gateway }: PaymentRow): PaymentAddress {
  return { paymentId: id, orderReference, n, gateway };
}
