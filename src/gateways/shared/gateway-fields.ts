/**
 * Fields of gateways' messages, as zod schemas. A value that can't be stored safely is refused, or cleaned if
 * it is only shown.
 */
import { z } from 'zod';
import { MAX_AMOUNT_MINOR } from '../../domain/money.ts';
import { withoutContacts } from './personal-data.ts';

const MAX_REASON_LENGTH = 300;

/** int32 minor units: a float or a text is not an amount. */
export const amountField = z.int().min(0).max(MAX_AMOUNT_MINOR);
export const currencyField = z.string().regex(/^[A-Z]{3}$/, 'expected an ISO 4217 code');

/**
 * Ids, references, statuses: values that identify things. They are taken unchanged or refused. Cleaning could
 * turn one into another, and the database would always refuse a NUL or half of a surrogate pair.
 */
export const referenceField = z
  .string()
  .max(200)
  .refine(isWellFormed, 'expected text without control characters and unpaired surrogates');
export const idField = referenceField.min(1);

/** The same for a value that may be missing or may not be a text. */
export const optionalIdField = z.preprocess(
  (value) => (typeof value === 'string' ? value : undefined),
  z.string().max(500).refine(isWellFormed, 'expected text without control characters').optional(),
);

/** A text that is only shown. */
export const shownField = (max: number) =>
  z
    .string()
    .transform((text) => shownText(text, max))
    .optional()
    .catch(undefined);

/** Whether a text contains nothing that a database or a header refuses. */
export function isWellFormed(text: string): boolean {
  return !/[\p{Cc}\p{Cs}]/u.test(text);
}

/**
 * A text as it may be kept and shown: without control characters, unpaired surrogates, e-mail addresses and
 * telephone numbers.
 */
export function shownText(text: string, max = MAX_REASON_LENGTH): string {
  // Cut before the search, whose time grows with the length, and again afterwards: never in the middle of a
  // character.
  const clean = text.slice(0, 4 * max).replace(/[\p{Cc}\p{Cs}]+/gu, ' ');
  return withoutContacts(clean)
    .slice(0, max)
    .replace(/\p{Cs}/gu, '');
}

/** Whether a text is an absolute http or https URL. */
export function isHttpUrl(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

export type Understood<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string };

/**
 * A value in our shape, or the reason why it does not fit. The reason names the field and never its value.
 */
export function fitting<T>(schema: z.ZodType<T>, value: unknown): Understood<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const [issue] = parsed.error.issues;
  return { ok: false, reason: `${issue?.path.join('.') || 'answer'}: ${issue?.message ?? 'not understood'}` };
}
