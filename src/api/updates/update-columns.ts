import type { z } from 'zod';
import { fields, type Column } from '../http/columns.ts';
import type { sentUpdate } from './update-view.ts';

type Listed = z.infer<typeof sentUpdate>;

/** An update as a line of a CSV file. */
export const UPDATE_COLUMNS: readonly Column<Listed>[] = fields<Listed>(
  'effectId',
  'type',
  'orderReference',
  'payment',
  'sequence',
  'state',
  'attempts',
  'lastAnswer',
  'queuedAt',
  'attemptedAt',
  'nextAttemptAt',
  'finishedAt',
);
