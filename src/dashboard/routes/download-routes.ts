/** Lists as files, with the filter of their page: calls of the API, whose answers are passed on. */
import type { Router, RouterContext } from '@koa/router';
import type { Dashboard, Download } from '../dashboard.ts';
import { LISTS } from '../parts/downloads.tsx';
import { Refused } from '../refused.ts';
import { requestAs, whoIs } from './requests.ts';

export function downloadRoutes(router: Router, dashboard: Dashboard): void {
  for (const list of LISTS) router.get(`/download/${list}`, (ctx) => download(ctx, list, dashboard));
}

async function download(ctx: RouterContext, list: string, dashboard: Dashboard): Promise<void> {
  const who = whoIs(ctx, dashboard);
  if (who === null) throw new Refused(401, 'You are not signed in', 'Sign in, and follow the link again.');
  const query = new URLSearchParams(ctx.URL.searchParams);
  if (!query.has('format')) query.set('format', 'csv');
  const request = new Request(`http://paidonce/v1/${list}?${query}`, {
    headers: { authorization: `Bearer ${who.key.key}` },
  });
  const asked = { headers: dashboard.headers, address: ctx.ip };
  const answer = await dashboard.download(requestAs(who, asked, request));
  if (answer.status !== 200) throw await refusalOf(answer);
  for (const name of ['content-type', 'content-disposition', 'cache-control'])
    ctx.set(name, answer.headers[name] ?? '');
  ctx.body = answer.body;
}

async function refusalOf({ status, body }: Download): Promise<Refused> {
  const text = Buffer.concat(await body.toArray()).toString();
  const { title, detail, errors = [] } = JSON.parse(text) as Problem;
  const fields = errors.map((one) => `${one.pointer}: ${one.detail}`).join('; ');
  return new Refused(status, title, fields === '' ? detail : `${detail} (${fields})`);
}

interface Problem {
  readonly title: string;
  readonly detail: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}
