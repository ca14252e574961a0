import type { CallbackPlan } from './callback-plan.ts';
import { type Parameters, reordered, withParameters } from '../../http/url-parameters.ts';
import { signatureHeader } from './signature.ts';
import type { CallbackRecord, Occasion } from './callback-record.ts';
import type { Session } from '../sessions/session.ts';
import type { Transaction } from '../transactions/transaction.ts';

/** The options in the query of the merchant's callback URL. */
interface CallbackOptions {
  readonly method: 'GET' | 'POST';
  readonly reportError: boolean;
  readonly reportEvents: readonly string[];
  /** Seconds before the first delivery; Dintero documents at most 60. */
  readonly delaySeconds: number;
  readonly includesSession: boolean;
  readonly sessionParameter: string;
}

/** The options of a callback URL; the defaults if there is no URL. */
export function callbackOptions(callbackUrl: string | undefined): CallbackOptions {
  const query = callbackUrl === undefined ? new URLSearchParams() : new URL(callbackUrl).searchParams;
  const delay = Number(query.get('delay_callback') ?? 0);
  return {
    method: query.get('method')?.toUpperCase() === 'POST' ? 'POST' : 'GET',
    reportError: query.get('report_error') === 'true',
    reportEvents: query.getAll('report_event'),
    delaySeconds: Number.isFinite(delay) ? Math.min(Math.max(delay, 0), 60) : 0,
    includesSession: query.getAll('includes').includes('session'),
    sessionParameter: query.get('sid_parameter_name') === 'sid' ? 'sid' : 'session_id',
  };
}

export interface CallbackSubject {
  readonly session: Session;
  readonly transaction: Transaction | undefined;
  readonly occasion: Occasion;
  readonly createdAt: string;
}

/** The URL of the request: the merchant's own with its options, and the parameters that Dintero adds. */
export function callbackUrl(callbackUrl: string, subject: CallbackSubject, plan: CallbackPlan): string {
  const { sessionParameter } = callbackOptions(callbackUrl);
  const url = withParameters(callbackUrl, addedParameters(sessionParameter, subject, plan));
  return plan.reorderQuery === true ? reordered(url) : url;
}

function addedParameters(sessionParameter: string, subject: CallbackSubject, plan: CallbackPlan): Parameters {
  const { session, transaction, occasion } = subject;
  const eventId = plan.eventId === undefined ? occasion.eventId : plan.eventId;
  const candidates: [string, string | null | undefined][] = [
    ['transaction_id', chosen(plan.transactionId, transaction?.id)],
    [sessionParameter, chosen(plan.sessionId, session.id)],
    [
      'merchant_reference',
      chosen(plan.merchantReference, transaction?.merchant_reference ?? session.order.merchant_reference),
    ],
    ['time', transaction?.created_at ?? subject.createdAt],
    ['error', chosen(plan.error, occasion.error)],
    ['event', chosen(plan.event, occasion.event)],
    ['event_id', eventId?.toString()],
    ...extraParameters(plan),
  ];
  return candidates.filter((pair): pair is [string, string] => typeof pair[1] === 'string');
}

function chosen(planned: string | null | undefined, usual: string | undefined): string | null | undefined {
  return planned === undefined ? usual : planned;
}

function extraParameters(plan: CallbackPlan): [string, string][] {
  return Object.entries(plan.query ?? {}).flatMap(([name, values]) =>
    [values].flat().map((value): [string, string] => [name, value]),
  );
}

/** The secrets that sign callbacks: the first one, or the second if the old one is requested. */
interface Signing {
  readonly account: string;
  readonly secrets: readonly string[];
}

/** Headers of one attempt at `nowMs`. */
export function callbackHeaders(
  record: CallbackRecord,
  signing: Signing,
  nowMs: number,
): Record<string, string> {
  const stampedMs = record.plan.stampAt === 'enqueue' ? Date.parse(record.createdAt) : nowMs;
  const t = Math.floor(stampedMs / 1000) + (record.plan.t ?? 0);
  const unsigned = { 'user-agent': 'dintero-sandbox', 'event-delivery': record.deliveryId };
  if (record.plan.sign === 'none') return unsigned;
  const { method, url } = record;
  const signer = signerFor(record.plan.sign ?? 'ok', signing);
  return { ...unsigned, 'Dintero-Signature': signatureHeader({ ...signer, method, url, t }) };
}

function signerFor(
  sign: 'ok' | 'wrong' | 'old_secret' | 'other_account',
  { secrets, account }: Signing,
): { secret: string; account: string } {
  const [secret = '', old = `${secret}-old`] = secrets;
  const signers = {
    ok: { secret, account },
    wrong: { secret: `${secret}-wrong`, account },
    old_secret: { secret: old, account },
    other_account: { secret, account: account === 'T99999999' ? 'T88888888' : 'T99999999' },
  };
  return signers[sign];
}
