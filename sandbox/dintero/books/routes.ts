/** `/__sim/invariants`: checks that all money is where it belongs. */
import type { Router } from '@koa/router';
import { checkInvariants } from './check-books.ts';
import { questionSchema } from './question.ts';
import { one, type Query } from '../records/listing.ts';
import { parseBody, readJson } from '../../http/request-body.ts';
import type { Sandbox } from '../sandbox.ts';

export function simBooksRoutes(router: Router, { ledger }: Sandbox): void {
  router.get('/invariants', (ctx) => {
    ctx.body = checkInvariants(ledger, parseBody(questionSchema, fromQuery(ctx.query)));
  });
  router.post('/invariants', async (ctx) => {
    ctx.body = checkInvariants(ledger, parseBody(questionSchema, await readJson(ctx.req)));
  });
}

function fromQuery(query: Query): Record<string, string | number> {
  const [withinHours, hourMs, now] = ['withinHours', 'hourMs', 'now'].map((name) => one(query, name));
  return {
    ...(withinHours === undefined ? {} : { withinHours: Number(withinHours) }),
    ...(hourMs === undefined ? {} : { hourMs: Number(hourMs) }),
    ...(now === undefined ? {} : { now }),
  };
}
