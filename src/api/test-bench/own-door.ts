/** The API as the test bench calls it: like a shop, with a key of its own, and without a connection. */
import type { z } from 'zod';
import { problem } from '../http/fields.ts';
import { Refusal, type ProblemCode } from '../refusal.ts';
import type { ApiDoor } from './trial-payment.ts';

/** @throws Refusal as the API has refused the call */
export function ownDoor(send: (request: Request) => Promise<Response>, key: string): ApiDoor {
  const call = async <T>(path: string, schema: z.ZodType<T>, body?: object): Promise<T> => {
    const response = await send(
      new Request(`http://paidonce${path}`, {
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
      }),
    );
    const answer: unknown = await response.json();
    if (response.ok) return schema.parse(answer);
    const { code, detail, errors } = problem.parse(answer);
    throw new Refusal(code as ProblemCode, detail, { ...(errors && { errors }) });
  };
  return {
    get: (path, schema) => call(path, schema),
    post: (path, body, schema) => call(path, schema, body),
  };
}
