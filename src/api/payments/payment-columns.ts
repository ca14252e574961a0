import type { z } from 'zod';
import { amounts, fields, type Column } from '../http/columns.ts';
import type { listedPayment } from './payment-schemas.ts';

type Listed = z.infer<typeof listedPayment>;

/** A payment as a line of a CSV file. Its captured money may have another currency, where a person accepted that. */
export const PAYMENT_COLUMNS: readonly Column<Listed>[] = [
  ...fields<Listed>('id', 'orderReference', 'n', 'orderStatus', 'status', 'gateway'),
  ...amounts<Listed>(({ currency }) => currency, 'amount'),
  ...fields<Listed>('currency'),
  ...amounts<Listed>(heldIn, 'authorizedAmount', 'capturedAmount', 'refundedAmount'),
  ['heldCurrency', heldIn],
  ...fields<Listed>('heard', 'reason', 'reviewMark', 'foundBy', 'paymentMethod', 'capture'),
  ...fields<Listed>('sessionId', 'transactionId', 'merchantReference2', 'metadata'),
  ['dispute', ({ dispute }) => dispute?.state],
  ['surplus', ({ surplus }) => surplus.length],
  ...fields<Listed>('createdAt', 'updatedAt', 'expiresAt', 'authorizationExpiresAt'),
];

function heldIn({ accepted, currency }: Listed): string {
  return accepted?.currency ?? currency;
}
