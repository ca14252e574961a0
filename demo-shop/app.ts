import { Router } from '@koa/router';
import Koa from 'koa';
import helmet from 'koa-helmet';
import { LIVE_SCRIPT } from './assets/live.ts';
import { STYLE } from './assets/style.ts';
import { errorsInWords } from './errors.tsx';
import { moneyRoutes } from './routes/money-routes.ts';
import { pageRoutes } from './routes/page-routes.tsx';
import { testRoutes } from './routes/test-routes.ts';
import { webhookRoutes } from './routes/webhook-routes.ts';
import type { Shop } from './shop.ts';

/** The shop as a Koa app; it does not listen yet. */
export function createShopApp(shop: Shop): Koa {
  const app = new Koa();
  app.use(securityHeaders());
  app.use(noStore());
  app.use(errorsInWords(shop));
  const assets = assetRoutes({ '/assets/shop.css': STYLE, '/assets/live.js': LIVE_SCRIPT });
  const pages = [pageRoutes(shop), moneyRoutes(shop)];
  for (const router of [assets, ...pages, webhookRoutes(shop), testRoutes(shop)]) {
    app.use(router.routes()).use(router.allowedMethods());
  }
  return app;
}

/** The shop's static files, by path. They are in the code, so that the build need not copy them. */
function assetRoutes(files: Readonly<Record<string, string>>): Router {
  const router = new Router();
  for (const [path, text] of Object.entries(files)) {
    router.get(path, (ctx) => {
      ctx.type = path.endsWith('.css') ? 'css' : 'js';
      ctx.body = text;
    });
  }
  return router;
}

function securityHeaders(): Koa.Middleware {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
        // The Buy form is redirected to the checkout, on the host that paidonce returns; browsers check
        // redirects too.
        formAction: ["'self'", 'http:', 'https:'],
      },
    },
    referrerPolicy: { policy: 'same-origin' },
    // The demo runs on http; a proxy that adds https can set this header.
    strictTransportSecurity: false,
  });
}

/** The browser's back button must load a new cart, and the current state of an order. */
function noStore(): Koa.Middleware {
  return async (ctx, next) => {
    ctx.set('cache-control', 'no-store');
    await next();
  };
}
