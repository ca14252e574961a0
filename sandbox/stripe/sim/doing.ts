import type { RouterContext } from '@koa/router';
import { z } from 'zod';
import { parseBody, readJson } from '../../http/request-body.ts';
import { type EventChoice, eventChoiceSchema } from '../events/event-plan.ts';
import { markState, type StripeSandbox } from '../stripe-sandbox.ts';

/** The body of a call that needs nothing. */
export const nothingElse = z.strictObject({ callback: eventChoiceSchema });

/** Reads the body, runs within one occasion, and answers with the result. */
export function doing<T extends z.ZodType>(
  sandbox: StripeSandbox,
  schema: T,
  run: (body: z.output<T>, id: string) => object,
): (ctx: RouterContext) => Promise<void> {
  return async (ctx) => {
    const body = parseBody(schema, await readJson(ctx.req));
    const { callback: choice } = body as { callback?: EventChoice };
    ctx.body = structuredClone(sandbox.book.during({ choice }, () => run(body, ctx.params['id'] ?? '')));
    markState(sandbox);
  };
}
