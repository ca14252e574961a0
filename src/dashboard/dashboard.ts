/**
 * The dashboard: contract §9. Its pages are made on the server from the public API alone, which is called with the
 * key of the person that has signed in.
 */
import type { Readable } from 'node:stream';
import { Router } from '@koa/router';
import type Koa from 'koa';
import type { Context } from 'koa';
import type { ApiKey } from '../config/api-keys.ts';
import type { Config } from '../config/config.ts';
import { createGlance, type Readiness } from './glance.ts';
import { LivePages, type Changes } from './live-pages.ts';
import type { OneTimeLink } from './one-time-link.ts';
import { Refused } from './refused.ts';
import { assetRoutes } from './routes/asset-routes.ts';
import { downloadRoutes } from './routes/download-routes.ts';
import { pageRoutes } from './routes/page-routes.tsx';
import { signInRoutes } from './routes/sign-in-routes.tsx';
import { securityHeaders, troublesInWords } from './routes/troubles.tsx';

/** A key that was admitted, or the refusal in words. */
export type Admitted =
  | { readonly key: ApiKey }
  | { readonly status: number; readonly problem: string; readonly retryAfterSeconds?: number | undefined };

export interface Download {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
}

export interface DashboardParts {
  readonly config: Pick<Config, 'API_KEYS' | 'TEMPORAL_UI_URL'>;
  /** The path of PUBLIC_URL. */
  readonly prefix: string;
  readonly door: { readonly admit: (key: string, ctx: Context) => Admitted };
  /** The API, without a connection. `address` is that of the person. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** The same for an answer that may be long: its body is read while it is made. */
  readonly download: (request: Request) => Promise<Download>;
  /** The headers that name the person's address and the person. */
  readonly headers: { readonly address: string; readonly actor: string };
  readonly readiness: () => Promise<Readiness>;
  readonly changes: Changes;
  readonly link: OneTimeLink;
  readonly onError: (error: unknown, ctx: Context) => void;
  readonly now: () => Date;
}

export interface Dashboard extends DashboardParts {
  readonly base: string;
  readonly glance: ReturnType<typeof createGlance>;
  readonly live: LivePages;
}

/** The routes below `/dashboard`. `close` ends the streams of its pages. */
export function createDashboard(parts: DashboardParts): { mount: (app: Koa) => void; close: () => void } {
  const dashboard: Dashboard = {
    ...parts,
    base: `${parts.prefix}/dashboard`,
    glance: createGlance(parts),
    live: new LivePages(parts.changes),
  };
  const router = new Router({ prefix: '/dashboard' });
  router.use(securityHeaders(), troublesInWords(dashboard));
  assetRoutes(router);
  signInRoutes(router, dashboard);
  downloadRoutes(router, dashboard);
  pageRoutes(router, dashboard);
  router.get('/{*other}', () => {
    throw new Refused(404, 'There is no such page', 'The navigation lists all pages.');
  });
  return {
    mount: (app) => void app.use(router.routes()).use(router.allowedMethods()),
    close: () => dashboard.live.close(),
  };
}
