import type { z } from 'zod';
import { fields, type Column } from '../http/columns.ts';
import type { delivery } from './delivery-view.ts';

type Listed = z.infer<typeof delivery>;

/** A callback as a line of a CSV file. */
export const DELIVERY_COLUMNS: readonly Column<Listed>[] = [
  ...fields<Listed>('id', 'receivedAt', 'gateway', 'outcome', 'state', 'reason', 'orderReference', 'payment'),
  ...fields<Listed>('eventId', 'method', 'target', 'claim'),
  ['clues', ({ clues }) => clues.map(({ code }) => code).join(' ')],
  ...fields<Listed>('receipts', 'lastReceivedAt', 'handledAt'),
];
