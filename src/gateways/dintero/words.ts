import { z } from 'zod';
import { MAX_AMOUNT_MINOR } from '../../domain/money.ts';
import { GatewayRejected, GatewayUnavailable } from '../gateway.ts';
import type { Answer } from './http.ts';

const MAX_REASON_LENGTH = 300;

/** int32 minor units: a float or a text is not an amount. */
export const amountField = z.int().min(0).max(MAX_AMOUNT_MINOR);
export const currencyField = z.string().regex(/^[A-Z]{3}$/, 'expected an ISO 4217 code');
export const idField = z.string().min(1).max(200);
export const timeField = z
  .string()
  .refine((text) => !Number.isNaN(Date.parse(text)), 'expected an ISO 8601 time')
  .transform((text) => new Date(text));

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
  return plain(code === undefined ? text : `${text} (${code})`);
}

/** Why something failed, out of an event's `error`, which is a text or an object. */
export function reasonOf(error: unknown): string | undefined {
  if (typeof error === 'string') return plain(error);
  const parsed = eventError.safeParse(error);
  const words = parsed.success ? (parsed.data.message ?? parsed.data.code) : undefined;
  return words === undefined ? undefined : plain(words);
}

/** The gateway understood and refuses. */
export function rejected(operation: string, answer: Answer): GatewayRejected {
  return new GatewayRejected(`Dintero ${operation}: ${refusalOf(answer)}`);
}

/** It answered, but in a way that leaves open what it did. */
export function unclear(operation: string, reason: string): GatewayUnavailable {
  return new GatewayUnavailable(`Dintero ${operation}: ${reason}`, { kind: 'silent' });
}

function plain(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').slice(0, MAX_REASON_LENGTH);
}
