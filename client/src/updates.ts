/** Order updates: their verification by Standard Webhooks, and their types. */
import { Webhook } from 'standardwebhooks';
import type { components } from './openapi.ts';

type Whole = components['schemas']['OrderUpdate'];
type Data = Whole['data'];

/** The types of this version of paidonce. Types are added. */
export type UpdateType = Whole['type'];

/** The fields that updates of some types always have. */
interface DataOf {
  'order.paid': Required<Pick<Data, 'paidAt'>>;
  'order.authorization_expiring': Required<Pick<Data, 'authorizationExpiresAt'>>;
  'order.dispute_opened': Required<Pick<Data, 'dispute'>>;
  'order.dispute_won': Required<Pick<Data, 'dispute'>>;
  'order.dispute_lost': Required<Pick<Data, 'dispute'>>;
}

/** A switch over its `type` narrows `data`. */
export type KnownUpdate = {
  [Type in UpdateType]: Omit<Whole, 'type' | 'data'> & {
    readonly type: Type;
    readonly data: Type extends keyof DataOf ? Data & DataOf[Type] : Data;
  };
}[UpdateType];

/** Of a later version: acknowledge it (2xx). Its `orderStatus` counts like any other. */
export interface UnknownUpdate extends Omit<Whole, 'type'> {
  readonly type: string;
}

export type OrderUpdate = KnownUpdate | UnknownUpdate;

const TYPES: Record<UpdateType, true> = {
  'order.paid': true,
  'order.payment_pending': true,
  'order.payment_failed': true,
  'order.payment_declined': true,
  'order.payment_cancelled': true,
  'order.payment_expired': true,
  'order.voided': true,
  'order.captured': true,
  'order.partially_refunded': true,
  'order.refunded': true,
  'order.late_payment_returned': true,
  'order.review': true,
  'order.review_ended': true,
  'order.capture_failed': true,
  'order.capture_reversed': true,
  'order.refund_failed': true,
  'order.void_failed': true,
  'order.authorization_expiring': true,
  'order.dispute_opened': true,
  'order.dispute_won': true,
  'order.dispute_lost': true,
};

/** Whether this version of the client knows its type. */
export function isKnownUpdate(update: OrderUpdate): update is KnownUpdate {
  return Object.hasOwn(TYPES, update.type);
}

/** Node's headers, those of the Fetch API, or a plain object with names in small letters. */
export type UpdateHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

/** Answer 401, and use nothing of the body. */
export class UpdateVerificationError extends Error {
  override readonly name = 'UpdateVerificationError';
}

/**
 * Verifies an update and parses it. `rawBody` has exactly the bytes of the request. One of `secrets` (`whsec_…`)
 * must have signed it, at most five minutes ago.
 * @throws UpdateVerificationError
 */
export function verifyUpdate(
  headers: UpdateHeaders,
  rawBody: string | Uint8Array,
  secrets: string | readonly string[],
): OrderUpdate {
  const body = typeof rawBody === 'string' ? rawBody : decode(rawBody);
  const given = signedHeaders(headers);
  const known = typeof secrets === 'string' ? [secrets] : secrets;
  if (known.length === 0) throw new TypeError('no secret: give one of ORDER_WEBHOOK_SECRETS of paidonce');
  const failures = known.map((secret) => failureOf(new Webhook(secret), body, given));
  // Of several secrets, the reason of the first is as good as any.
  if (!failures.includes(null)) throw new UpdateVerificationError(failures[0] ?? '');
  return parse(body);
}

const HEADERS = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const;

function signedHeaders(headers: UpdateHeaders): Record<string, string> {
  const valueOf = (name: string) => (isFetched(headers) ? headers.get(name) : headers[name]);
  return Object.fromEntries(HEADERS.map((name) => [name, String(valueOf(name) ?? '')]));
}

/** Not `instanceof`: a framework may bring its own. */
function isFetched(headers: UpdateHeaders): headers is Headers {
  return typeof headers['get'] === 'function';
}

/** Null where this secret has signed it. */
function failureOf(webhook: Webhook, body: string, headers: Record<string, string>): string | null {
  try {
    webhook.verify(body, headers, { jsonParse: false });
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Bytes that are not UTF-8 can't have been signed by paidonce. */
function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new UpdateVerificationError('the body is not UTF-8');
  }
}

function parse(body: string): OrderUpdate {
  const parsed: unknown = JSON.parse(body);
  if (!isUpdate(parsed)) throw new TypeError('rightly signed, but not an order update of paidonce');
  return parsed;
}

/** What a shop can't do without. Everything else may change with the versions. */
function isUpdate(value: unknown): value is OrderUpdate {
  const { type, data } = (value ?? {}) as Partial<OrderUpdate>;
  const texts = [type, data?.orderReference, data?.orderStatus, data?.paymentId];
  return texts.every((text) => typeof text === 'string') && Number.isSafeInteger(data?.sequence);
}
