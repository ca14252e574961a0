/** Converts Stripe's answers to our shapes, and its refusals to texts. */
import { z } from 'zod';
import { GatewayRejected, GatewayUnavailable } from '../gateway-errors.ts';
import { fitting, shownText, type Understood } from '../shared/gateway-fields.ts';
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

/**
 * The body of an answer in our shape, or the reason why it does not fit. The reason names the field and never
 * its value.
 */
export function understand<T>(schema: z.ZodType<T>, answer: Answer): Understood<T> {
  if (answer.status >= 400) return { ok: false, reason: `answered ${answer.status}: ${refusalOf(answer)}` };
  if (answer.problem !== undefined) return { ok: false, reason: answer.problem };
  return fitting(schema, answer.body);
}

/**
 * The body of an answer in our shape.
 * @throws GatewayRejected for a refusal, GatewayUnavailable for an answer that can't be understood
 */
export function expected<T>(schema: z.ZodType<T>, operation: string, answer: Answer): T {
  if (answer.status >= 400) throw rejected(operation, answer);
  const understood = understand(schema, answer);
  if (!understood.ok) throw unclear(operation, understood.reason);
  return understood.value;
}

/** The gateway understood the request and refused it. 409: another request is under way. */
export function rejected(operation: string, answer: Answer): GatewayRejected | GatewayUnavailable {
  const message = `Stripe ${operation}: ${refusalOf(answer)}`;
  return answer.status === 409
    ? new GatewayUnavailable(message, { kind: 'silent' })
    : new GatewayRejected(message);
}

/** The gateway answered, but it is not clear what it did. */
export function unclear(operation: string, reason: string): GatewayUnavailable {
  return new GatewayUnavailable(`Stripe ${operation}: ${reason}`, { kind: 'silent' });
}
