import type { Router, RouterContext } from '@koa/router';
import { createClient } from '@paidonce/client';
import type { Context } from 'koa';
import type { ComponentChildren } from 'preact';
import type { Dashboard } from '../dashboard.ts';
import { ACTIONS, type Action } from '../actions.ts';
import type { Address, LivePart, Page, Shown } from '../page.ts';
import { pageAt, PAGES } from '../pages.ts';
import { Away, renderPage, renderPart, State, type PartProps } from '../parts/frame.tsx';
import { ConfirmForm } from '../parts/confirm-form.tsx';
import { Refused } from '../refused.ts';
import type { SignedIn } from '../sign-in.ts';
import { may, type Visit } from '../visit.ts';
import { queryOf, readForm, requestAs, requireOwnForm, whoIs } from './requests.ts';

/** A page whose store hangs says so, instead of hanging too. Money moves answer within 14 s. */
const PATIENCE_MS = { page: 3_000, action: 20_000 } as const;

const WHOLE = 'whole';
const FRAME_MS = 1_000;
const FRAME_PARTS_MS = 10_000;

/** Every page, the stream that keeps it up to date, and every action. */
export function pageRoutes(router: Router, dashboard: Dashboard): void {
  router.get('/live', (ctx) => stream(ctx, dashboard));
  for (const action of ACTIONS) {
    router.get(action.path, (ctx) => confirm(ctx, action, dashboard));
    router.post(action.path, (ctx) => act(ctx, action, dashboard));
  }
  for (const page of PAGES)
    router.get(page.path === '' ? '/' : page.path, (ctx) => show(ctx, page, dashboard));
}

async function show(ctx: RouterContext, page: Page, dashboard: Dashboard): Promise<void> {
  const visit = visitOf(ctx, dashboard);
  if (visit === null) return;
  const query = queryOf(ctx, dashboard.base, ctx.URL.searchParams, page.remembers);
  const address = { ...addressOf(ctx, page.path), query };
  const answer = await page.show(visit, address);
  if (answer.goTo !== undefined) return ctx.redirect(`${dashboard.base}${answer.goTo}`);
  await render(ctx, dashboard, visit, answer, await partsOf(page, answer.live, visit, address));
}

function partsOf(
  { parts }: Page,
  live: ComponentChildren,
  visit: Visit,
  address: Address,
): Promise<PartProps[]> {
  if (parts === undefined) return Promise.resolve([{ id: WHOLE, content: live }]);
  return Promise.all(
    parts.map(async ({ id, show: content }) => ({ id, content: await content(visit, address) })),
  );
}

async function render(
  ctx: Context,
  dashboard: Dashboard,
  visit: Visit,
  page: Shown,
  parts: readonly PartProps[] = [],
): Promise<void> {
  const glance = await dashboard.glance(visit.api);
  const nav = PAGES.flatMap(({ path, nav: name, isThere }) =>
    name === undefined || isThere?.(glance) === false ? [] : [{ path, name }],
  );
  ctx.type = 'html';
  ctx.body = renderPage({ visit, glance, nav, at: below(ctx.url), page, parts });
}

/** The page of effect: order, amount and effect once more, before anything is done. */
async function confirm(ctx: RouterContext, action: Action, dashboard: Dashboard): Promise<void> {
  const visit = visitOf(ctx, dashboard);
  if (visit === null) return;
  requireScope(visit, action);
  const effect = await action.confirm(visit, addressOf(ctx, action.path));
  const at = `${dashboard.base}${below(ctx.path)}`;
  await render(ctx, dashboard, visit, {
    title: effect.title,
    live: null,
    below: <ConfirmForm effect={effect} action={at} csrf={visit.who.csrf} base={visit.base} />,
  });
}

async function act(ctx: RouterContext, action: Action, dashboard: Dashboard): Promise<void> {
  const who = whoIs(ctx, dashboard);
  if (who === null)
    throw new Refused(401, 'You are not signed in', 'Nothing was done. Sign in and do it again.');
  const form = await readForm(ctx);
  requireOwnForm(form, who);
  const visit = visitAs(who, dashboard, { address: ctx.ip, purpose: 'action' });
  requireScope(visit, action);
  const goTo = await action.act(visit, addressOf(ctx, action.path), form);
  ctx.status = 303;
  ctx.redirect(`${dashboard.base}${goTo}`);
}

function requireScope(visit: Visit, { scopes }: Action): void {
  if (may(visit, ...scopes)) return;
  const { name, scopes: held } = visit.who.key;
  throw new Refused(
    403,
    'Your key may not do this',
    `The key ${name} has the scope ${held.join('+')}; ${scopes.join(' or ')} was expected (scope_missing).`,
  );
}

/** The events of one page: `data: {"parts": {"<id>": "<HTML>"}}` with the parts that have changed. */
async function stream(ctx: RouterContext, dashboard: Dashboard): Promise<void> {
  const who = whoIs(ctx, dashboard);
  if (who === null) throw new Refused(401, 'You are not signed in', 'Sign in.');
  const wanted = new URL(String(ctx.query['page'] ?? ''), 'http://page/');
  const found = pageAt(PAGES, wanted.pathname);
  if (found === null) throw new Refused(404, 'There is no such page', 'The navigation lists all pages.');
  const { page, params } = found;
  const query = queryOf(ctx, dashboard.base, wanted.searchParams, page.remembers);
  const address = { path: page.path, params, query };
  const body = dashboard.live.open({
    key: [...who.key.scopes, wanted.pathname, query].join(' '),
    parts: [...(page.parts ?? [wholeOf(page)]), ...frameParts(dashboard)].map(
      ({ id, everyMs, show: content }) => ({
        id,
        everyMs,
        render: async () => renderPart(await content(visitAs(who, dashboard, { address: ctx.ip }), address)),
      }),
    ),
    isAllowed: () => whoIs(ctx, dashboard) !== null,
  });
  if (body === null)
    throw new Refused(503, 'Too many pages are open', 'Close some; this one is not kept up to date.');
  ctx.req.socket.setTimeout(0);
  ctx.req.once('close', () => body.destroy());
  ctx.type = 'text/event-stream';
  // A proxy must not keep events back.
  ctx.set('X-Accel-Buffering', 'no');
  ctx.body = body;
}

/** The live part of a page without parts. */
function wholeOf({ show: shown, everyMs = FRAME_MS }: Page): LivePart {
  return {
    id: WHOLE,
    everyMs,
    async show(visit, address) {
      const answer = await shown(visit, address);
      return answer.goTo === undefined ? answer.live : null;
    },
  };
}

function frameParts({ glance, base }: Dashboard): LivePart[] {
  return [
    {
      id: 'state',
      everyMs: FRAME_PARTS_MS,
      show: async ({ api }) => <State glance={await glance(api)} base={base} />,
    },
    { id: 'away', everyMs: FRAME_PARTS_MS, show: async ({ api }) => <Away glance={await glance(api)} /> },
  ];
}

/** Somebody that is not signed in is shown the sign-in first. */
function visitOf(ctx: Context, dashboard: Dashboard): Visit | null {
  const who = whoIs(ctx, dashboard);
  if (who !== null) return visitAs(who, dashboard, { address: ctx.ip });
  const { base } = dashboard;
  ctx.status = 303;
  ctx.redirect(`${base}/login?${new URLSearchParams({ next: `${base}${below(ctx.url)}` })}`);
  return null;
}

interface From {
  readonly address: string;
  readonly purpose?: keyof typeof PATIENCE_MS;
}

function visitAs(
  who: SignedIn,
  { fetch, headers, base, now }: Dashboard,
  { address, purpose = 'page' }: From,
): Visit {
  const asPerson = (input: RequestInfo | URL, init?: RequestInit) =>
    fetch(requestAs(who, { headers, address }, new Request(input, init)));
  const api = createClient({
    baseUrl: 'http://paidonce',
    apiKey: who.key.key,
    fetch: asPerson,
    maxRetries: 0,
    timeoutMs: PATIENCE_MS[purpose],
  });
  return { who, api, base, now: now() };
}

function addressOf(ctx: RouterContext, path: string): Address {
  return { path, params: ctx.params, query: ctx.URL.searchParams };
}

/** The address without `/dashboard`. The path of PUBLIC_URL is gone by then. */
function below(url: string): string {
  return url.replace(/^\/dashboard\/?(?=[/?]|$)/i, '').replace(/^(?=[^/?])/, '/');
}
