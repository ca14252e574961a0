import { Router } from '@koa/router';
import type { z } from 'zod';
import type { Service } from '../../service.ts';
import { readUpdate, type OutboxRow } from '../../store/outbox.ts';
import { pageOfAttempts, type AttemptRow } from '../../store/update-attempts.ts';
import { askedBy, audited } from '../audit/audit-trail.ts';
import { needs } from '../http/auth.ts';
import { Problem } from '../http/problem.ts';
import { pageOfUpdates } from '../../store/lists.ts';
import { resend, resendAll } from '../deliveries/redeliver.ts';
import {
  attemptsQuery,
  resendRequest,
  updatesQuery,
  type sentUpdate,
  type updateAttempt,
} from './update-requests.ts';
import { readJson, readQuery } from '../http/validation.ts';
import { viewPage } from '../payments/payment-view.ts';

/** `/v1/updates`: what the merchant was told, and whether he has heard it. */
export function updateRoutes(service: Service): Router {
  return new Router({ prefix: '/v1' })
    .get('/updates', async (ctx) => {
      const page = await pageOfUpdates(service.store.db, readQuery(ctx, updatesQuery));
      ctx.body = viewPage(page, viewUpdate, ({ effectId }) => effectId);
    })
    .get('/updates/:id/attempts', async (ctx) => {
      const { db } = service.store;
      const effectId = ctx.params['id'] ?? '';
      if ((await readUpdate(db, effectId)) === null)
        throw new Problem('not_found', 'there is no such update');
      const page = await pageOfAttempts(db, effectId, readQuery(ctx, attemptsQuery));
      ctx.body = viewPage(page, viewAttempt, ({ n }) => String(n));
    })
    .post('/updates/redeliver', audited(service, 'redeliver_update'), needs('support'), async (ctx) => {
      const asked = await readJson(ctx, resendRequest);
      const { effectId, state = 'gave_up', since = '', actor, key, reason } = askedBy(ctx, asked);
      ctx.status = 202;
      ctx.body =
        effectId === undefined
          ? await resendAll(service, { state, since, actor, key, reason })
          : viewUpdate(await resend(service, { effectId, actor, key, reason }));
    });
}

function viewUpdate(row: OutboxRow): z.infer<typeof sentUpdate> {
  const { effectId, type, orderReference, paymentId, sequence, attempts, lastAnswer } = row;
  return {
    effectId,
    type,
    orderReference,
    payment: paymentId,
    sequence,
    attempts,
    lastAnswer,
    state: row.state as z.infer<typeof sentUpdate>['state'],
    queuedAt: row.createdAt.toISOString(),
    attemptedAt: row.attemptedAt?.toISOString() ?? null,
    nextAttemptAt: row.state === 'pending' ? row.nextAttemptAt.toISOString() : null,
    finishedAt: row.finishedAt?.toISOString() ?? null,
  };
}

function viewAttempt({ n, at, status, error, ms, answer }: AttemptRow): z.infer<typeof updateAttempt> {
  return { n, at: at.toISOString(), status, error, ms, answer };
}
