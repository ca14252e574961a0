/** Converts Stripe's answers to our shapes, and its refusals to texts. */
import { z } from 'zod';
import { GatewayRejected, GatewayUnavailable } from '../gateway-errors.ts';
import { answersOf } from '../shared/answers.ts';
import { shownText } from '../shared/gateway-fields.ts';
import type { Answer } from '../shared/http-exchange.ts';

const text = z.string().optional().catch(undefined);

const errorSchema = z.object({
  error: z.object({ type: text, code: text, decline_code: text, message: text, param: text }),
});

/** What Stripe says about a refused request. */
export type StripeError = z.infer<typeof errorSchema>['error'];

export function errorOf({ body }: Answer): StripeError {
  return errorSchema.safeParse(body).data?.error ?? {};
}

/** Stripe's reason for refusing a request. */
export function refusalOf(answer: Answer): string {
  const { message, code, decline_code: declineCode } = errorOf(answer);
  const words = [code, declineCode].filter((word) => word !== undefined).join(', ');
  if (message === undefined && words === '') return `no reason given (${answer.status})`;
  return shownText(withoutSecrets([message, words && `(${words})`].filter(Boolean).join(' ')));
}

/** Some of Stripe's messages repeat the key that was used. */
export function withoutSecrets(words: string): string {
  return words.replace(/\b(?:sk|rk|whsec)_[\w*-]+/g, '…');
}

export const { understand, expected, unclear } = answersOf('Stripe', { refusalOf, rejected });

/** The gateway understood the request and refused it. 409: another request is under way. */
export function rejected(operation: string, answer: Answer): GatewayRejected | GatewayUnavailable {
  const message = `Stripe ${operation}: ${refusalOf(answer)}`;
  return answer.status === 409
    ? new GatewayUnavailable(message, { kind: 'silent' })
    : new GatewayRejected(message);
}
