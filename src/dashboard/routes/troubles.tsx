import { randomUUID } from 'node:crypto';
import type { Context, Middleware } from 'koa';
import helmet from 'koa-helmet';
import type { Dashboard } from '../dashboard.ts';
import { renderPlainPage } from '../parts/frame.tsx';
import { shown } from '../parts/text.ts';
import { Refused } from '../refused.ts';
import { troubleOf } from '../visit.ts';

/** Nothing from elsewhere, no inline script or style, and no frame. */
export function securityHeaders(): Middleware {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
        formAction: ["'self'"],
      },
    },
    referrerPolicy: { policy: 'same-origin' },
    strictTransportSecurity: false,
  });
}

/** Shows each error as a page: what was wrong, and what to do. */
export function troublesInWords({ base, onError }: Dashboard): Middleware {
  return async (ctx: Context, next) => {
    ctx.set('Cache-Control', 'no-store');
    try {
      await next();
    } catch (error) {
      const { status, title, text } = wordsOf(error, () => onError(error, ctx));
      ctx.status = status;
      ctx.type = 'html';
      ctx.body = renderPlainPage(
        base,
        title,
        <>
          <p role="alert">{shown(text, 2_000)}</p>
          <p>
            <a href={base}>To the dashboard</a>
          </p>
        </>,
      );
    }
  };
}

function wordsOf(
  error: unknown,
  report: () => void,
): { readonly status: number; readonly title: string; readonly text: string } {
  if (error instanceof Refused) return { status: error.status, title: error.title, text: error.message };
  const trouble = troubleOf(error);
  if (trouble !== null)
    return {
      status: trouble.status,
      title: trouble.status === 404 ? 'Not found' : 'The API refused it',
      text: `${trouble.text} (code ${trouble.code})`,
    };
  report();
  return {
    status: 500,
    title: 'This page has a fault',
    text: `It is in the log of this process. Report it with this id: ${randomUUID()}`,
  };
}
