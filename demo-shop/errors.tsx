import type { Context, Next } from 'koa';
import { ApiProblem } from './paidonce-api.ts';
import { renderPage } from './pages/layout.tsx';
import { ProblemPage, type ProblemInWords } from './pages/problem-page.tsx';
import type { Shop } from './shop.ts';

interface Refusal extends ProblemInWords {
  readonly status: number;
}

const FOR_MACHINES = /^\/(webhooks\/|__shop\/|healthz$|orders\/[^/]+\/events$)/;

/** Answers errors by a page for people or by JSON for machines. Unexpected errors go to the app's log. */
export function errorsInWords(shop: Shop) {
  return async (ctx: Context, next: Next): Promise<void> => {
    try {
      await next();
      if (ctx.status === 404 && ctx.body === undefined) ctx.throw(404, 'The shop has no such page.');
    } catch (error) {
      const refusal = refusalOf(error, ctx.state);
      if (refusal.status === 500) ctx.app.emit('error', error, ctx);
      answer(ctx, refusal, shop.temporalUiUrl);
    }
  };
}

function answer(ctx: Context, refusal: Refusal, temporalUiUrl: string | undefined): void {
  ctx.status = refusal.status;
  if (FOR_MACHINES.test(ctx.path)) {
    ctx.body = { error: refusal.message };
    return;
  }
  ctx.type = 'html';
  ctx.body = renderPage(<ProblemPage problem={refusal} temporalUiUrl={temporalUiUrl} />);
}

/**
 * Statuses about the order or about the shop's key. Any other status is a failure between the shop and
 * paidonce.
 */
const PASSED_ON: readonly number[] = [402, 403, 409, 503];

function refusalOf(error: unknown, { reference, heading }: Context['state']): Refusal {
  if (error instanceof ApiProblem) {
    return {
      status: PASSED_ON.includes(error.status) ? error.status : 502,
      heading: typeof heading === 'string' ? heading : 'The payment could not be started',
      message: messageOf(error),
      code: error.code,
      requestId: error.requestId,
      reference: typeof reference === 'string' ? reference : undefined,
    };
  }
  if (isRefusal(error)) {
    const heading = error.status === 404 ? 'Not found' : 'That was not possible';
    return { status: error.status, heading, message: error.message };
  }
  return { status: 500, heading: 'Something failed in the shop', message: 'Please try again in a moment.' };
}

function messageOf({ code, message }: ApiProblem): string {
  if (code !== 'scope_missing') return message;
  return `The shop’s API key may not do this: ${message}. Nothing was done. Set PAIDONCE_API_KEY of the shop to another key.`;
}

/** Whether an error of Koa or raw-body is for the client: it has a status and a message that may be shown. */
function isRefusal(error: unknown): error is Error & { status: number } {
  return error instanceof Error && 'expose' in error && error.expose === true && 'status' in error;
}
