import type { Service } from '../../service.ts';
import { listAudit } from '../../store/audit.ts';
import { list, reply } from '../http/answers.ts';
import { defineCall } from '../http/define-call.ts';
import { idOf, pageOf, pageWith, viewPage } from '../http/pages.ts';
import { csvExample, wholeList } from '../http/whole-list.ts';
import { AUDIT_COLUMNS } from './audit-columns.ts';
import { auditEntry, auditExample, auditQuery, viewAuditEntry } from './audit-view.ts';

export const AUDIT_CALLS = [
  defineCall({
    method: 'get',
    path: '/v1/audit',
    operationId: 'listAudit',
    access: [],
    summary: 'List the calls that moved money or made a decision, with the API key of each',
    description:
      'One entry for each capture, refund, void, cancel, resolve and redelivery that was requested, also if it was refused. The entry is ' +
      'written before anything is done.',
    query: auditQuery,
    answers: {
      200: list(
        'One page, newest first, or the whole list',
        pageOf(auditEntry),
        {
          page: pageWith(auditExample),
        },
        csvExample(AUDIT_COLUMNS, auditExample),
      ),
    },
    async handle(request, { store: { db } }: Pick<Service, 'store'>) {
      const { format, ...filter } = request.query();
      const read = async (page: Partial<typeof filter>) =>
        viewPage(await listAudit(db, { ...filter, ...page }), viewAuditEntry, idOf);
      if (format === undefined) return reply(200, await read({}));
      return wholeList({ name: 'audit', columns: AUDIT_COLUMNS, read }, { format, cursor: filter.cursor });
    },
  }),
];
