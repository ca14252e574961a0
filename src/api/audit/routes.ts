import { Router } from '@koa/router';
import type { z } from 'zod';
import type { Service } from '../../service.ts';
import { listAudit, type AuditedRow } from '../../store/audit.ts';
import { auditQuery, type auditEntry } from './audit-view.ts';
import { readQuery } from '../http/validation.ts';
import { idOf, viewPage } from '../payments/payment-view.ts';

/** `/v1/audit`: who had money moved, or decided. */
export function auditRoutes({ store: { db } }: Service): Router {
  return new Router({ prefix: '/v1' }).get('/audit', async (ctx) => {
    ctx.body = viewPage(await listAudit(db, readQuery(ctx, auditQuery)), viewAudit, idOf);
  });
}

function viewAudit(row: AuditedRow): z.infer<typeof auditEntry> {
  const { id, at, key, actor, address, requestId, what, paymentId, orderReference, asked, status, code } =
    row;
  return {
    id,
    at: at.toISOString(),
    key,
    actor: actor ?? key,
    address,
    requestId,
    what,
    payment: paymentId,
    orderReference,
    asked,
    status,
    code,
  };
}
