import { setTimeout as wait } from 'node:timers/promises';
import type { Context } from 'koa';
import type { CommonFault } from '../faults/common-fault.ts';
import { patched } from '../faults/patched.ts';
import { readText } from './request-body.ts';

interface Call {
  readonly handle: () => Promise<void> | void;
  /** The gateway's body of an error with this status. */
  readonly errorBody: (status: number) => unknown;
  /** Saves the effects. */
  readonly flush: () => void;
}

/** Answers a call of a gateway's API with a fault. */
export async function underFault(
  ctx: Context,
  fault: CommonFault,
  { handle, errorBody, flush }: Call,
): Promise<void> {
  const takesEffect = fault.drop !== 'before' && (fault.status === undefined || fault.status < 400);
  if (fault.effectAfterMs !== undefined) {
    // The body must be read before the caller gives up.
    await readText(ctx.req);
    await wait(fault.effectAfterMs, undefined, { ref: false });
  }
  if (takesEffect) await handle();
  answer(ctx, fault, errorBody);
  // The effect happens at once and the answer comes late, which is the worse case for a caller that gives up.
  flush();
  if (fault.delayMs !== undefined) await wait(fault.delayMs, undefined, { ref: false });
  if (fault.drop === undefined) return;
  ctx.respond = false;
  ctx.req.socket.destroy();
}

function answer(ctx: Context, fault: CommonFault, errorBody: Call['errorBody']): void {
  if (fault.status !== undefined) {
    ctx.status = fault.status;
    if (fault.status >= 400) ctx.body = errorBody(fault.status);
  }
  if (fault.retryAfter !== undefined) ctx.set('Retry-After', fault.retryAfter.toString());
  if (fault.body !== undefined) ctx.body = fault.body;
  if (fault.patch !== undefined) ctx.body = patched(ctx.body, fault.patch);
  if (fault.truncate === true) {
    const whole = JSON.stringify(ctx.body ?? {});
    ctx.body = whole.slice(0, Math.floor(whole.length / 2));
    ctx.type = 'application/json';
  }
}
