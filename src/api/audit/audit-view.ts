/** The shapes of the audit: contract §3. */
import { z } from 'zod';
import { AUDITED_CALLS } from '../../store/schema.ts';
import {
  aPayment,
  cursorOf,
  limit,
  reference,
  since1970,
  text,
  timestamp,
} from '../payments/payment-requests.ts';

export const auditEntry = z
  .object({
    id: z.string().meta({ example: 'aud_01a201c0f8ea001e5f76a2ef472f' }),
    at: timestamp,
    key: z.string().meta({ description: 'The name of the API key' }),
    actor: z.string().meta({ description: 'The name that was given, else that of the key' }),
    address: z.string().meta({
      description:
        'Where the call came from; behind proxies see TRUST_PROXY. Empty once older than RETENTION_TIMELINE',
    }),
    requestId: z.string().meta({ description: 'The `X-Request-Id` of its answer' }),
    what: z.enum(AUDITED_CALLS),
    payment: z
      .string()
      .nullable()
      .meta({ description: 'As the call named it; there may be no such payment' }),
    orderReference: z.string().nullable(),
    asked: z
      .record(z.string(), z.unknown())
      .meta({ description: 'What was asked for: amount in minor units, reference, decision, reason' }),
    status: z.int().nullable().meta({
      description: 'Of the answer. Null while it is under way, or where our process ended before it',
    }),
    code: z.string().nullable().meta({ description: 'The code of a refusal' }),
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
  limit,
  cursor: cursorOf('aud'),
});
