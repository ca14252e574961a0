/** What a gateway's answer means: a value in our shape, a refusal, or nothing that can be understood. */
import type { z } from 'zod';
import { GatewayUnavailable } from '../gateway-errors.ts';
import { fitting, type Understood } from './gateway-fields.ts';
import type { Answer } from './http-exchange.ts';

export interface Answers {
  /**
   * The body of an answer in our shape, or the reason why it does not fit. The reason names the field and never
   * its value.
   */
  readonly understand: <T>(schema: z.ZodType<T>, answer: Answer) => Understood<T>;
  /**
   * The body of an answer in our shape.
   * @throws the error of `rejected` for a refusal, GatewayUnavailable for an answer that can't be understood
   */
  readonly expected: <T>(schema: z.ZodType<T>, operation: string, answer: Answer) => T;
  /** The gateway answered, but it is not clear what it did. */
  readonly unclear: (operation: string, reason: string) => GatewayUnavailable;
}

/** `vendor`: the gateway's name, for errors. */
export function answersOf(
  vendor: string,
  how: {
    /** The gateway's reason for refusing a request, cleaned. */
    readonly refusalOf: (answer: Answer) => string;
    readonly rejected: (operation: string, answer: Answer) => Error;
  },
): Answers {
  const understand: Answers['understand'] = (schema, answer) => {
    if (answer.status >= 400)
      return { ok: false, reason: `answered ${answer.status}: ${how.refusalOf(answer)}` };
    if (answer.problem !== undefined) return { ok: false, reason: answer.problem };
    return fitting(schema, answer.body);
  };
  const unclear: Answers['unclear'] = (operation, reason) =>
    new GatewayUnavailable(`${vendor} ${operation}: ${reason}`, { kind: 'silent' });
  return {
    understand,
    unclear,
    expected(schema, operation, answer) {
      if (answer.status >= 400) throw how.rejected(operation, answer);
      const understood = understand(schema, answer);
      if (!understood.ok) throw unclear(operation, understood.reason);
      return understood.value;
    },
  };
}
