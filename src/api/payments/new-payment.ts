/** Makes a payment from a request. Refuses what the configuration or the gateway rules out. */
import type { z } from 'zod';
import { lifetimeWithin, type Lifetime } from '../../gateways/traits.ts';
import type { Service } from '../../service.ts';
import type { NewPayment } from '../../store/claim-payment.ts';
import { wrongFields, type FieldProblem } from '../refusal.ts';
import { givenOptions, wrongAmount, wrongOptionalFields } from './gateway-part.ts';
import type { createPaymentRequest } from './payment-requests.ts';
import type { Fitted } from './prefill.ts';

export type PaymentRequest = z.infer<typeof createPaymentRequest>;
/** With its gateway filled in. */
export type Addressed = PaymentRequest & { readonly gateway: string };

/** @throws Refusal `invalid_request` */
export function newPaymentOf(
  service: Service,
  request: PaymentRequest,
  { order, customer, language }: Fitted,
): NewPayment {
  const gateway = request.gateway ?? service.gateways.byDefault ?? '';
  const { returnUrl, capture, profileId, metadata, merchantReference2, replace } = request;
  const options = givenOptions(service, request, gateway);
  const wrong = [
    ...wrongGateway(service, gateway),
    ...wrongReturnUrl(service, returnUrl),
    ...wrongExpiry(service, { ...request, gateway }),
    ...wrongOptionalFields(service, { ...request, gateway }),
    ...wrongAmount(service, { ...request, gateway }),
    ...options.wrong,
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
      ...(options.value && { options: options.value }),
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

/** A time that is nearer leaves no time to pay and is a mistake. */
const SHORTEST_SESSION_MS = 60_000;

function wrongExpiry(service: Service, { gateway, expiresAt }: Addressed): FieldProblem[] {
  if (expiresAt === undefined) return [];
  const ms = Date.parse(expiresAt) - Date.now();
  const { longestMs, ...lifetime } = lifetimeOf(service, gateway);
  const shortestMs = Math.max(lifetime.shortestMs, SHORTEST_SESSION_MS);
  if (ms >= shortestMs && ms <= longestMs) return [];
  const detail = `expected a time between ${inWords(shortestMs)} and ${inWords(longestMs)} from now`;
  return [{ pointer: '/expiresAt', detail }];
}

function inWords(ms: number): string {
  const [minutes, days] = [Math.floor(ms / 60_000), Math.floor(ms / 86_400_000)];
  if (days >= 2) return `${days} days`;
  return minutes === 1 ? '1 minute' : `${minutes} minutes`;
}

function expiryOf(service: Service, { gateway, expiresAt }: Addressed): Date {
  if (expiresAt !== undefined) return new Date(expiresAt);
  const { SESSION_LIFETIME } = service.config;
  return new Date(Date.now() + lifetimeWithin(lifetimeOf(service, gateway), SESSION_LIFETIME));
}

/** A wrong gateway is refused beside, so its lifetime does not matter. */
function lifetimeOf({ gateways }: Service, gateway: string): Lifetime {
  return gateways.find(gateway)?.traits.lifetime ?? ANY_LIFETIME;
}

const ANY_LIFETIME: Lifetime = { shortestMs: 0, longestMs: Infinity };

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
