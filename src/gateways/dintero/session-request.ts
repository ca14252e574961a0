import { wholeOrder, type Address, type OrderLine } from '../../domain/order.ts';
import type { SessionRequest } from '../gateway.ts';
import type { DinteroSettings } from './settings.ts';
import { callbackUrl, returnUrl } from './urls.ts';

/** The metadata fields that name our payment. Dintero requires `ext` before our own names. */
export const METADATA = {
  paymentId: 'ext_paidonce_payment',
  orderReference: 'ext_paidonce_order',
  n: 'ext_paidonce_n',
} as const;

/** The body of `POST /v1/sessions-profile`. */
export function toSessionBody(request: SessionRequest, settings: DinteroSettings): object {
  const { publicUrl, profileId } = settings;
  return {
    profile_id: request.profileId ?? profileId,
    expires_at: request.expiresAt.toISOString(),
    url: {
      return_url: returnUrl(publicUrl, request.paymentId, request.returnKey),
      callback_url: callbackUrl(publicUrl, request),
    },
    order: toOrder(request),
    ...toCustomer(request.customer),
    metadata: {
      [METADATA.paymentId]: request.paymentId,
      [METADATA.orderReference]: request.orderReference,
      [METADATA.n]: request.n,
    },
  };
}

function toOrder(request: SessionRequest): object {
  const { money, orderReference, merchantReference2 } = request;
  return {
    amount: money.amountMinor,
    currency: money.currency,
    merchant_reference: orderReference,
    ...(merchantReference2 && { merchant_reference_2: merchantReference2 }),
    items: linesOf(request).map(toItem),
    ...toAddresses(request.customer),
  };
}

/**
 * Dintero checks the sums of the lines strictly, so an order without lines gets one line for the whole
 * amount.
 */
function linesOf({ lines, money, orderReference }: SessionRequest): readonly OrderLine[] {
  return lines.length > 0 ? lines : [wholeOrder(orderReference, money.amountMinor)];
}

function toItem(line: OrderLine): object {
  return {
    id: line.id,
    line_id: line.lineId,
    description: line.description,
    quantity: line.quantity,
    amount: line.amountMinor,
    ...(line.vat !== undefined && { vat: line.vat }),
    ...(line.vatAmountMinor !== undefined && { vat_amount: line.vatAmountMinor }),
    ...(line.type !== undefined && { type: line.type }),
  };
}

function toAddresses(customer: SessionRequest['customer']): object {
  const { billingAddress: billing, shippingAddress: shipping } = customer ?? {};
  return {
    ...(billing && { billing_address: toAddress(billing, customer) }),
    ...(shipping && { shipping_address: toAddress(shipping, customer) }),
  };
}

/**
 * Sends only known fields, since Dintero refuses empty texts. The last word of a full name becomes the family
 * name.
 */
function toAddress(address: Address, customer: SessionRequest['customer']): object {
  const name = address.name ?? customer?.name;
  const [, first, last] = /^(.*\S)\s+(\S+)$/.exec(name ?? '') ?? [];
  const fields = {
    first_name: first ?? name,
    last_name: last,
    business_name: address.company,
    address_line: address.line1,
    address_line_2: address.line2,
    postal_code: address.postalCode,
    postal_place: address.city,
    country: address.country,
    email: customer?.email,
    phone_number: customer?.phone,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Sends only known fields: with an empty phone number Dintero refuses the whole session. */
function toCustomer(customer: SessionRequest['customer']): object {
  const known = {
    ...(customer?.email && { email: customer.email }),
    ...(customer?.phone && { phone_number: customer.phone }),
  };
  return Object.keys(known).length === 0 ? {} : { customer: known };
}
