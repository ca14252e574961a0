/** Fields of what gateways send, as zod schemas. What can't be kept safely is refused, or cleaned where it is only shown. */
import { z } from 'zod';
import { MAX_AMOUNT_MINOR } from '../../domain/money.ts';
import { withoutContacts } from './personal-data.ts';

const MAX_REASON_LENGTH = 300;

/** int32 minor units: a float or a text is not an amount. */
export const amountField = z.int().min(0).max(MAX_AMOUNT_MINOR);
export const currencyField = z.string().regex(/^[A-Z]{3}$/, 'expected an ISO 4217 code');

/**
 * Ids, references, statuses: what things are told apart by. Taken as they are or not at all: cleaned, one could become another; stored,
 * a NUL or half of a surrogate pair would be refused by the database for ever.
 */
export const referenceField = z
  .string()
  .max(200)
  .refine(isWellFormed, 'expected a text without control characters and halves of characters');
export const idField = referenceField.min(1);

/** The same where it may be missing, or be anything but a text. */
export const optionalIdField = z.preprocess(
  (value) => (typeof value === 'string' ? value : undefined),
  z.string().max(500).refine(isWellFormed, 'expected a text without control characters').optional(),
);

/** A text that is only shown. */
export const shownField = (max: number) =>
  z
    .string()
    .transform((text) => shownText(text, max))
    .optional()
    .catch(undefined);

/** Whether a text has nothing in it that a database, or a header, refuses. */
export function isWellFormed(text: string): boolean {
  return !/[\p{Cc}\p{Cs}]/u.test(text);
}

/** A text as it may be kept and shown: without control characters, halves of characters, addresses and telephone numbers. */
export function shownText(text: string, max = MAX_REASON_LENGTH): string {
  // Cut before it is searched, which takes longer the longer it is, and once more afterwards: never in the middle of a character.
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

/** A value in our shape, or which field of it is wrong and how; values are never repeated. */
export function fitting<T>(schema: z.ZodType<T>, value: unknown): Understood<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const [issue] = parsed.error.issues;
  return { ok: false, reason: `${issue?.path.join('.') || 'answer'}: ${issue?.message ?? 'not understood'}` };
}
