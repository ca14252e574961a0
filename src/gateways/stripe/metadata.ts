/** Our names on Stripe's objects. Objects without them may belong to anything else on the account. */
import type { PaymentKey } from '../../domain/payment.ts';
import { idField } from '../shared/gateway-fields.ts';
import { parseKey } from '../shared/payment-key.ts';

/** People read these names in Stripe's dashboard. */
const NAMES = { paymentId: 'payment', orderReference: 'order', n: 'n' } as const;
/** Another paidonce on the same account has another host in its PUBLIC_URL. */
const HOST = 'host';
/** The reference of one of our refunds. */
const REFERENCE = 'reference';

export type Metadata = Readonly<Record<string, unknown>> | null | undefined;

/** The metadata that names our payment on a session and all that it leads to. */
export function metadataOf(key: PaymentKey, host: string): Record<string, string> {
  return {
    [NAMES.paymentId]: key.paymentId,
    [NAMES.orderReference]: key.orderReference,
    [NAMES.n]: String(key.n),
    [HOST]: host,
  };
}

/** The metadata of one of our refunds. */
export function refundMetadata(reference: string, host: string): Record<string, string> {
  return { [REFERENCE]: reference, [HOST]: host };
}

/** Our key; null if the metadata names no payment of this paidonce. */
export function keyOf(metadata: Metadata, host: string): PaymentKey | null {
  if (hostOf(metadata) !== host) return null;
  return parseKey(
    textOf(metadata, NAMES.paymentId) ?? '',
    textOf(metadata, NAMES.orderReference) ?? '',
    textOf(metadata, NAMES.n) ?? '',
  );
}

/** Which paidonce made the object; undefined for all other objects. */
export function hostOf(metadata: Metadata): string | undefined {
  return textOf(metadata, HOST);
}

export function orderOf(metadata: Metadata): string | undefined {
  return textOf(metadata, NAMES.orderReference);
}

/** The reference of a refund that a paidonce made; other software may use the same name. */
export function referenceOf(metadata: Metadata): string | undefined {
  return hostOf(metadata) === undefined ? undefined : textOf(metadata, REFERENCE);
}

/** People may write anything into metadata. */
function textOf(metadata: Metadata, name: string): string | undefined {
  return idField.safeParse(metadata?.[name]).data;
}
