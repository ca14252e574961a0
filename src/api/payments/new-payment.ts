/** Makes a payment from a request. Refuses what the configuration or the gateway rules out. */
import type { z } from 'zod';
import type { Service } from '../../service.ts';
import type { NewPayment } from '../../store/claim-payment.ts';
import { wrongFields, type FieldProblem } from '../refusal.ts';
import type { createPaymentRequest } from './payment-requests.ts';
import type { Fitted } from './prefill.ts';

export type PaymentRequest = z.infer<typeof createPaymentRequest>;
/** With its gateway filled in. */
type Addressed = PaymentRequest & { readonly gateway: string };

/** @throws Refusal `invalid_request` */
export function newPaymentOf(
  service: Service,
  request: PaymentRequest,
  { order, customer, language }: Fitted,
): NewPayment {
  const gateway = request.gateway ?? service.gateways.byDefault ?? '';
  const { returnUrl, capture, profileId, metadata, merchantReference2, replace } = request;
  const wrong = [
    ...wrongGateway(service, gateway),
    ...wrongReturnUrl(service, returnUrl),
    ...wrongExpiry(service, { ...request, gateway }),
  ];
  if (wrong.length > 0) throw wrongFields('the body', wrong);
  return {
    gateway,
    orderReference: order.reference,
    money: { amountMinor: order.amount, currency: order.currency },
    expiresAt: expiryOf(service, { ...request, gateway }),
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

/**
 * Encodes only the characters that no header can hold; no other byte is changed. A host is converted to ASCII
 * by its own rule (Punycode).
 */
function inAscii(url: string): string {
  const [, before = '', host = '', after = ''] = /^([a-z][a-z0-9+.-]*:\/*)([^/?#]*)(.*)$/is.exec(url) ?? [];
  const isHost = /[^\x21-\x7E]/.test(host);
  return `${before}${isHost ? new URL(url).host : host}${after.replace(/[^\x21-\x7E]+/gu, encodeURIComponent)}`;
}

/** A shorter session leaves no time to pay and is a mistake. */
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

type Item = NonNullable<PaymentRequest['order']['items']>[number];

function lineOf({ amount, vatAmount, vat, type, ...line }: Item): NewPayment['request']['lines'][number] {
  return {
    ...line,
    amountMinor: amount,
    ...(vat !== undefined && { vat }),
    ...(vatAmount !== undefined && { vatAmountMinor: vatAmount }),
    ...(type !== undefined && { type }),
  };
}
