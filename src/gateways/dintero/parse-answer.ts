/** Converts Dintero's answers to our shapes, and its refusals and errors to texts. */
import { z } from 'zod';
import { GatewayRejected } from '../gateway-errors.ts';
import { answersOf } from '../shared/answers.ts';
import { shownText } from '../shared/gateway-fields.ts';
import type { Answer } from '../shared/http-exchange.ts';

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

export const { understand, expected, unclear } = answersOf('Dintero', { refusalOf, rejected });

/** Dintero's reason for refusing a request. */
export function refusalOf({ status, body }: Answer): string {
  const parsed = errorAnswer.safeParse(body);
  if (!parsed.success) return `no reason given (${status})`;
  const { message, code, errors = [] } = parsed.data.error;
  const more = errors.map(({ description }) => description).filter((text) => !message.includes(text));
  const text = [message, ...more.slice(0, 3)].join('; ');
  return shownText(code === undefined ? text : `${text} (${code})`);
}

/** The reason of a failure from an event's `error`, which is a text or an object. */
export function errorReason(error: unknown): string | undefined {
  if (typeof error === 'string') return shownText(error);
  const parsed = eventError.safeParse(error);
  const words = parsed.success ? (parsed.data.message ?? parsed.data.code) : undefined;
  return words === undefined ? undefined : shownText(words);
}

/** The gateway understood the request and refused it. */
export function rejected(operation: string, answer: Answer): GatewayRejected {
  return new GatewayRejected(`Dintero ${operation}: ${refusalOf(answer)}`);
}
