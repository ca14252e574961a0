import { z } from 'zod';
import { MAX_AMOUNT_MINOR } from '../../domain/money.ts';
import { GatewayRejected, GatewayUnavailable } from '../gateway.ts';
import type { Answer } from './http.ts';
import { withoutContacts } from './personal.ts';

const MAX_REASON_LENGTH = 300;
/** Times beyond this are a mistake, and no database's. */
const LAST_TIME_MS = Date.UTC(9000, 0);

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

export const timeField = z
  .string()
  .refine((text) => isTime(Date.parse(text)), 'expected an ISO 8601 time')
  .transform((text) => new Date(text));

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

/** Whether milliseconds since the epoch are a time that can be kept. */
export function isTime(ms: number): boolean {
  return ms >= 0 && ms < LAST_TIME_MS;
}

const errorAnswer = z.object({
  error: z.object({
    message: z.string(),
    code: z.string().optional().catch(undefined),
    errors: z
      .array(z.object({ description: z.string() }))
      .optional()
      .catch(undefined),
  }),
});
const eventError = z.object({ message: z.string().optional(), code: z.string().optional() });

export type Understood<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string };

/** The body of an answer in our shape, or which field of it is wrong and how; values are never repeated. */
export function understand<T>(schema: z.ZodType<T>, answer: Answer): Understood<T> {
  if (answer.status >= 400) return { ok: false, reason: `answered ${answer.status}: ${refusalOf(answer)}` };
  if (answer.problem !== undefined) return { ok: false, reason: answer.problem };
  return fitting(schema, answer.body);
}

/** Like `understand`, for a value inside an answer. */
export function fitting<T>(schema: z.ZodType<T>, value: unknown): Understood<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const [issue] = parsed.error.issues;
  return { ok: false, reason: `${issue?.path.join('.') || 'answer'}: ${issue?.message ?? 'not understood'}` };
}

/** What Dintero says about a request that it refuses. */
export function refusalOf({ status, body }: Answer): string {
  const parsed = errorAnswer.safeParse(body);
  if (!parsed.success) return `no reason given (${status})`;
  const { message, code, errors = [] } = parsed.data.error;
  const more = errors.map(({ description }) => description).filter((text) => !message.includes(text));
  const text = [message, ...more.slice(0, 3)].join('; ');
  return shownText(code === undefined ? text : `${text} (${code})`);
}

/** Why something failed, out of an event's `error`, which is a text or an object. */
export function reasonOf(error: unknown): string | undefined {
  if (typeof error === 'string') return shownText(error);
  const parsed = eventError.safeParse(error);
  const words = parsed.success ? (parsed.data.message ?? parsed.data.code) : undefined;
  return words === undefined ? undefined : shownText(words);
}

/** The gateway understood and refuses. */
export function rejected(operation: string, answer: Answer): GatewayRejected {
  return new GatewayRejected(`Dintero ${operation}: ${refusalOf(answer)}`);
}

/** It answered, but in a way that leaves open what it did. */
export function unclear(operation: string, reason: string): GatewayUnavailable {
  return new GatewayUnavailable(`Dintero ${operation}: ${reason}`, { kind: 'silent' });
}
