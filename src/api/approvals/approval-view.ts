/** Requests that wait for a second person, as the API shows them. */
import { z } from 'zod';
import { APPROVAL_STATUSES, approvalStatus, type ApprovalRow } from '../../store/approvals.ts';
import { aPayment, minorUnits, reference, text, timestamp } from '../http/fields.ts';
import { cursorOf, limit } from '../http/pages.ts';
import { PAYMENT_ID } from '../payments/payment-examples.ts';

export const approval = z
  .object({
    id: z.string().meta({ example: 'apr_01a211d103236bb707e7ee6d5e0b' }),
    status: z.enum(APPROVAL_STATUSES).meta({
      description:
        '`awaiting_approval`: nothing is done until a key of another name approves. `expired`: no one has within 24 hours',
    }),
    what: z.enum(['refund', 'accept', 'give_back']),
    payment: z.string(),
    orderReference: z.string(),
    reference: z.string().nullable().meta({ description: 'The reference of the refund; null of a decision' }),
    amount: minorUnits.meta({
      description:
        'Minor units. Of a refund without an amount, and of a decision: the most that the gateway is known to have',
    }),
    currency: z.string(),
    key: z.string().meta({ description: 'The name of the API key that asked' }),
    actor: z.string().meta({ description: 'The person that asked, or else the name of the key' }),
    reason: z.string().nullable(),
    askedAt: timestamp,
    expiresAt: timestamp,
    decided: z
      .object({ key: z.string(), actor: z.string(), reason: z.string().nullable(), at: timestamp })
      .nullable()
      .meta({ description: 'Who approved or rejected it' }),
    doneAt: timestamp.nullable().meta({
      description:
        'When it was carried out after the approval: a refund is then an operation of the payment. Null until then',
    }),
    problem: z
      .object({ code: z.string(), detail: z.string() })
      .nullable()
      .meta({ description: 'Why it was refused after the approval' }),
  })
  .meta({ id: 'Approval' });

export const approvalsQuery = z.strictObject({
  status: z
    .enum(APPROVAL_STATUSES)
    .optional()
    .meta({ examples: ['awaiting_approval'] }),
  payment: aPayment,
  order: reference.optional(),
  limit,
  cursor: cursorOf('apr'),
});

const actor = text(200)
  .optional()
  .meta({ description: "The person that decides; the API key's name if none is given" });

export const approveRequest = z
  .strictObject({ actor, reason: text(2_000).optional() })
  .meta({ id: 'Approve' });
export const rejectRequest = z.strictObject({ actor, reason: text(2_000) }).meta({ id: 'Reject' });

/** A request for a second person. */
export function viewApproval(row: ApprovalRow, orderReference: string): z.infer<typeof approval> {
  const { id, what, amount, currency, key, reason, decidedKey, decidedAt, code, detail } = row;
  return {
    id,
    status: approvalStatus(row),
    what,
    payment: row.paymentId,
    orderReference,
    reference: what === 'refund' ? row.reference : null,
    amount,
    currency,
    key,
    actor: row.actor,
    reason,
    askedAt: row.askedAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    decided:
      decidedKey === null || decidedAt === null
        ? null
        : {
            key: decidedKey,
            actor: row.decidedActor ?? decidedKey,
            reason: row.decidedReason,
            at: decidedAt.toISOString(),
          },
    doneAt: row.doneAt?.toISOString() ?? null,
    problem: code === null ? null : { code, detail: detail ?? '' },
  };
}

const awaiting: z.infer<typeof approval> = {
  id: 'apr_01a211d103236bb707e7ee6d5e0b',
  status: 'awaiting_approval',
  what: 'refund',
  payment: PAYMENT_ID,
  orderReference: '1001',
  reference: 'return-1',
  amount: 34150,
  currency: 'NOK',
  key: 'support',
  actor: 'support',
  reason: 'one chair came back',
  askedAt: '2026-11-25T10:30:00.268Z',
  expiresAt: '2026-11-26T10:30:00.268Z',
  decided: null,
  doneAt: null,
  problem: null,
};

export const approvalExamples = {
  awaiting,
  approved: {
    ...awaiting,
    status: 'approved',
    decided: { key: 'chief', actor: 'grace', reason: null, at: '2026-11-25T11:02:12.114Z' },
    doneAt: '2026-11-25T11:02:12.703Z',
  },
  rejected: {
    ...awaiting,
    status: 'rejected',
    decided: { key: 'chief', actor: 'grace', reason: 'the chair is here', at: '2026-11-25T11:02:12.114Z' },
  },
} as const satisfies Record<string, z.infer<typeof approval>>;
