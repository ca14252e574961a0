/** The audit, as the document describes it. */
import { auditEntry, auditQuery } from '../audit-schemas.ts';
import { pageOf } from '../schemas.ts';
import { json } from './answers.ts';
import type { Call } from './call.ts';

export const AUDIT_CALLS: readonly Call[] = [
  {
    method: 'get',
    path: '/v1/audit',
    operationId: 'listAudit',
    summary: 'Who had money moved, or decided',
    description:
      'A row for each capture, refund, void, cancel, resolve and redelivery that was asked for, also for those that were refused. It is ' +
      'written before anything is done.',
    query: auditQuery,
    answers: json(200, 'One page, newest first', pageOf(auditEntry)),
  },
];
