import type { z } from 'zod';
import { amounts, fields, type Column } from '../http/columns.ts';
import type { operationOfOrder } from './operation-view.ts';

type Listed = z.infer<typeof operationOfOrder>;

/** An operation as a line of a CSV file. */
export const OPERATION_COLUMNS: readonly Column<Listed>[] = [
  ...fields<Listed>('id', 'orderReference', 'payment', 'gateway', 'kind', 'reference', 'status'),
  ...amounts<Listed>(({ currency }) => currency, 'amount'),
  ...fields<Listed>('currency', 'finalCapture', 'cause', 'key', 'reason', 'transactionId'),
  ['problemCode', ({ problem }) => problem?.code],
  ['problemDetail', ({ problem }) => problem?.detail],
  ...fields<Listed>('createdAt', 'sentAt', 'endsBy', 'finishedAt'),
];
