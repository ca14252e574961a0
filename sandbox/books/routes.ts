/** `/__sim/invariants`: checks that all money is where it belongs. */
import type { Router } from '@koa/router';
import { parseBody, readJson } from '../http/request-body.ts';
import { type Findings, type Question, questionSchema } from './question.ts';

export function simBooksRoutes(router: Router, check: (question: Question) => Findings): void {
  router.get('/invariants', (ctx) => {
    ctx.body = check(parseBody(questionSchema, fromQuery(ctx.query)));
  });
  router.post('/invariants', async (ctx) => {
    ctx.body = check(parseBody(questionSchema, await readJson(ctx.req)));
  });
}

type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

function fromQuery(query: Query): Record<string, string | number> {
  const [withinHours, hourMs, now] = ['withinHours', 'hourMs', 'now'].map((name) =>
    [query[name]].flat().at(-1),
  );
  return {
    ...(withinHours === undefined ? {} : { withinHours: Number(withinHours) }),
    ...(hourMs === undefined ? {} : { hourMs: Number(hourMs) }),
    ...(now === undefined ? {} : { now }),
  };
}
