/**
 * Adapts texts that are only shown to the payer or prefilled for them: they never cause a refusal. Contract
 * §3.
 */
import { domainToASCII } from 'node:url';
import type { z } from 'zod';
import type { Address, Customer } from '../../domain/order.ts';
import type { PaymentRequest } from './new-payment.ts';
import type { warning } from './payment-schemas.ts';

export type Warning = z.infer<typeof warning>;
type Given = NonNullable<PaymentRequest['customer']>;

export interface Fitted {
  /** With its descriptions as they are shown. */
  readonly order: PaymentRequest['order'];
  readonly customer?: Customer;
  readonly language?: string;
  /** One for each text that differs from the request. */
  readonly warnings: readonly Warning[];
}

/** The longest texts, in characters. */
const LONGEST_DESCRIPTION = 500;
const LONGEST_FIELD = 200;

/** The request's texts as they are sent to a gateway. */
export function fitted({ order, customer, language }: PaymentRequest): Fitted {
  const warnings: Warning[] = [];
  const items = order.items?.map((item, index) => ({
    ...item,
    description: described(item, `/order/items/${index}/description`, warnings),
  }));
  const fit = fitter(warnings);
  const fittedLanguage = fit(language, '/language', languageOf, 'a language such as no, sv or en-GB');
  const fittedCustomer = customer && customerOf(customer, fit);
  return {
    order: { ...order, ...(items && { items }) },
    ...(fittedCustomer && { customer: fittedCustomer }),
    ...(fittedLanguage !== undefined && { language: fittedLanguage }),
    warnings,
  };
}

/** A line without a readable description shows its id. */
function described(
  { id, description }: { readonly id: string; readonly description: string },
  pointer: string,
  warnings: Warning[],
): string {
  const shown = readable(description, LONGEST_DESCRIPTION) || id;
  if (shown !== description)
    warnings.push({
      pointer,
      code: 'cleaned',
      detail: 'shown as one line, shortened and without unreadable characters if needed',
    });
  return shown;
}

type Fit = (
  given: string | undefined,
  pointer: string,
  as: (text: string) => string | null,
  expected: string,
) => string | undefined;

/** The values are personal data: a warning says what was expected, and never repeats the value. */
function fitter(warnings: Warning[]): Fit {
  return (given, pointer, as, expected) => {
    if (given === undefined) return undefined;
    const value = as(given);
    if (value === null) warnings.push({ pointer, code: 'left_out', detail: `expected ${expected}` });
    else if (value !== given)
      warnings.push({ pointer, code: 'normalised', detail: `changed to ${expected}` });
    return value ?? undefined;
  };
}

function customerOf(
  { email, phone, name, billingAddress, shippingAddress }: Given,
  fit: Fit,
): Customer | undefined {
  const fields = {
    email: fit(email, '/customer/email', emailOf, 'an e-mail address in ASCII'),
    phone: fit(phone, '/customer/phone', phoneOf, 'a phone number with its country code: +4799999999'),
    name: fit(name, '/customer/name', lineOf, ONE_LINE),
    billingAddress: addressOf(billingAddress, '/customer/billingAddress', fit),
    shippingAddress: addressOf(shippingAddress, '/customer/shippingAddress', fit),
  };
  return known(fields);
}

const ONE_LINE = `one line of text of at most ${LONGEST_FIELD} characters`;

function addressOf(given: Given['billingAddress'], pointer: string, fit: Fit): Address | undefined {
  if (given === undefined) return undefined;
  const { country, ...lines } = given;
  const fields = Object.entries(lines).map(([field, text]) => [
    field,
    fit(text, `${pointer}/${field}`, lineOf, ONE_LINE),
  ]);
  return known({
    ...(Object.fromEntries(fields) as Omit<Address, 'country'>),
    country: fit(country, `${pointer}/country`, countryOf, 'a country in two letters (ISO 3166-1): NO'),
  });
}

/** The fields without undefined ones; undefined if none is left. */
function known<Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]?: NonNullable<Fields[Name]> } | undefined {
  const there = Object.entries(fields).filter(([, value]) => value !== undefined);
  if (there.length === 0) return undefined;
  return Object.fromEntries(there) as { [Name in keyof Fields]?: NonNullable<Fields[Name]> };
}

function lineOf(text: string): string | null {
  return readable(text, LONGEST_FIELD) || null;
}

/**
 * One line without control characters, unpaired surrogates and characters that change the writing direction.
 */
function readable(text: string, longest: number): string {
  const line = text
    .replace(/\p{Cs}|[\u202A-\u202E\u2066-\u2069]/gu, '')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return Array.from(line).slice(0, longest).join('').trim();
}

const ADDRESS = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/;

/** Converts the domain to ASCII; the local part has no such form. */
function emailOf(text: string): string | null {
  const [, local = '', domain = ''] = /^(.*)@([^@]*)$/s.exec(text.trim()) ?? [];
  const written = `${local}@${domainToASCII(domain)}`;
  const isAddress = ADDRESS.test(written) && !/^\.|\.\.|\.@/.test(written);
  return isAddress && written.length <= LONGEST_FIELD ? written : null;
}

/** E.164. */
function phoneOf(text: string): string | null {
  const written = text.replace(/[\s().\-\u2010-\u2015/_\u00A0]/g, '').replace(/^00/, '+');
  return /^\+[1-9]\d{6,14}$/.test(written) ? written : null;
}

/** Accepts the forms of browsers and of POSIX: `nb_NO.UTF-8` is `nb-NO`. */
function languageOf(text: string): string | null {
  const [, language, region] = /^([a-z]{2})(?:[-_]([a-z]{2}))?(?:[.@].*)?$/i.exec(text.trim()) ?? [];
  if (language === undefined) return null;
  return region === undefined ? language.toLowerCase() : `${language.toLowerCase()}-${region.toUpperCase()}`;
}

function countryOf(text: string): string | null {
  const written = text.trim().toUpperCase();
  return /^[A-Z]{2}$/.test(written) ? written : null;
}
