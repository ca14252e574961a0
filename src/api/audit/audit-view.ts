/** Audit entries as the API shows them, and the filters of their list: contract §3. */
import { z } from 'zod';
import type { AuditedRow } from '../../store/audit.ts';
import { AUDITED_CALLS } from '../../store/schema/audit-table.ts';
import { aPayment, reference, since1970, text, timestamp } from '../http/fields.ts';
import { cursorOf, fileFormat, limit } from '../http/pages.ts';
import { PAYMENT_ID } from '../payments/payment-examples.ts';

export const auditEntry = z
  .object({
    id: z.string().meta({ example: 'aud_01a201c0f8ea001e5f76a2ef472f' }),
    at: timestamp,
    key: z.string().meta({ description: 'The name of the API key' }),
    actor: z.string().meta({ description: 'The `actor` that the call gave, or else the name of the key' }),
    address: z.string().meta({
      description:
        'The IP address of the caller; behind proxies see TRUST_PROXY. Empty once the entry is older than RETENTION_TIMELINE',
    }),
    requestId: z.string().meta({ description: 'The `X-Request-Id` of the response' }),
    what: z.enum(AUDITED_CALLS),
    payment: z
      .string()
      .nullable()
      .meta({ description: 'The payment id as the call gave it; there may be no such payment' }),
    orderReference: z.string().nullable(),
    asked: z
      .record(z.string(), z.unknown())
      .meta({ description: 'What the call asked for: amount in minor units, reference, decision, reason' }),
    status: z.int().nullable().meta({
      description:
        'The HTTP status of the response. Null while the call is under way, or if our process ended before it responded',
    }),
    code: z.string().nullable().meta({ description: 'The problem code, if the call was refused' }),
  })
  .meta({ id: 'AuditEntry' });

export const auditQuery = z.strictObject({
  key: text(40)
    .optional()
    .meta({ examples: ['webshop'] }),
  what: z
    .enum(AUDITED_CALLS)
    .optional()
    .meta({ examples: ['capture'] }),
  payment: aPayment,
  order: reference.optional(),
  createdAfter: since1970.optional(),
  createdBefore: since1970.optional(),
  limit,
  cursor: cursorOf('aud'),
  format: fileFormat,
});

export function viewAuditEntry(row: AuditedRow): z.infer<typeof auditEntry> {
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

export const auditExample: z.infer<typeof auditEntry> = {
  id: 'aud_01a201c0f8ea001e5f76a2ef472f',
  at: '2026-11-22T09:00:00.667Z',
  key: 'webshop',
  actor: 'webshop',
  address: '203.0.113.7',
  requestId: '339fc91c-85d4-4ac7-9bfd-a2fd0a3795ed',
  what: 'capture',
  payment: PAYMENT_ID,
  orderReference: '1001',
  asked: { amount: 68300, reference: 'parcel-1', finalCapture: false, reason: 'the chairs are sent' },
  status: 200,
  code: null,
};
