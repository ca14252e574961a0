import type { z } from 'zod';
import { fields, type Column } from '../http/columns.ts';
import type { auditEntry } from './audit-view.ts';

type Listed = z.infer<typeof auditEntry>;

/** An entry of the audit as a line of a CSV file. */
export const AUDIT_COLUMNS: readonly Column<Listed>[] = fields<Listed>(
  'id',
  'at',
  'what',
  'key',
  'actor',
  'address',
  'orderReference',
  'payment',
  'asked',
  'status',
  'code',
  'requestId',
);
