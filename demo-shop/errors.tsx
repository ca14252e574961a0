import type { Context, Next } from 'koa';
import { ApiProblem } from './paidonce-api.ts';
import { renderPage } from './pages/layout.tsx';
import { ProblemPage, type ProblemInWords } from './pages/problem-page.tsx';
import type { Shop } from './shop.ts';

interface Refusal extends ProblemInWords {
  readonly status: number;
}

const FOR_MACHINES = /^\/(webhooks\/|__shop\/|healthz$|orders\/[^/]+\/events$)/;

/** Turns whatever was thrown into a page for people or JSON for machines; what is not foreseen goes to the app's log. */
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

/** What paidonce says of the order or of the shop's key; any other status is trouble between the shop and paidonce. */
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
  return { status: 500, heading: 'Something broke in the shop', message: 'Please try again in a moment.' };
}

function messageOf({ code, message }: ApiProblem): string {
  if (code !== 'scope_missing') return message;
  return `The shop’s API key may not do this: ${message}. Nothing was done. Give the shop another key in PAIDONCE_API_KEY.`;
}

/** Errors made by Koa and raw-body for the one who asked: a status and a message that may be shown. */
function isRefusal(error: unknown): error is Error & { status: number } {
  return error instanceof Error && 'expose' in error && error.expose === true && 'status' in error;
}
