/** The differences that a reconciliation has found, with the next step for a person. */
import { z } from 'zod';
import { DRIFT_CLASSES, EXPLANATIONS, type DriftClass, type Explanation } from '../../domain/reconcile.ts';
import { paidonce } from '../../health/shell-commands.ts';
import type { ReconciledRow } from '../../store/reconciliations.ts';
import { minorUnits, storable } from '../http/fields.ts';
import { limit } from '../http/pages.ts';
import { EXAMPLE, PAYMENT_ID } from '../payments/payment-examples.ts';

const side = z.object({
  status: z.string(),
  amount: minorUnits,
  currency: z.string(),
  captured: minorUnits.optional(),
  refunded: minorUnits.optional(),
});

const explanation = z.enum(EXPLANATIONS);

const holding = z.object({
  payment: z.string().nullable(),
  transactionId: z.string().nullable(),
  status: z.string(),
  amount: minorUnits.meta({ description: 'Minor units that are held now' }),
  currency: z.string(),
  explanation: explanation.nullable(),
});

export const difference = z
  .object({
    class: z.enum(DRIFT_CLASSES),
    orderReference: z.string().nullable(),
    payment: z
      .string()
      .nullable()
      .meta({ description: 'For `missing_here` the payment that the session names; there may be none' }),
    sessionId: z.string().nullable(),
    transactionId: z.string().nullable(),
    here: side.nullable().meta({ description: 'What the store has; null if it does not know it' }),
    there: side.nullable().meta({ description: 'What the gateway shows; null if it shows nothing' }),
    transactions: z
      .array(holding)
      .nullable()
      .meta({ description: 'For `duplicate` every transaction with money of the order; otherwise null' }),
    explanation: explanation.nullable().meta({
      description:
        'Null if nothing explains the difference. `in_review`: a person is asked. `dismissed`: a person handles it. `going_back`: its money is being given back. `operation_under_way`: a capture, refund or void has not ended. `no_money`: it never held money',
    }),
    advice: z.string().meta({ description: 'The next step, in words' }),
    commands: z.array(z.string()).meta({ description: 'Complete commands for it' }),
  })
  .meta({ id: 'ReconciliationDifference' });

export const differencesQuery = z.strictObject({
  class: z
    .enum(DRIFT_CLASSES)
    .optional()
    .meta({ examples: ['mismatch'] }),
  limit,
  cursor: storable(400)
    .optional()
    .meta({ description: 'The `nextCursor` of the previous page', examples: ['order/1001'] }),
});

export function viewDifference(row: ReconciledRow): z.infer<typeof difference> {
  const { orderReference, paymentId: payment, sessionId, transactionId, here, there, holdings } = row;
  const of = row.class as DriftClass;
  const about = orderReference ?? transactionId;
  return {
    class: of,
    orderReference,
    payment,
    sessionId,
    transactionId,
    here,
    there,
    transactions: holdings?.map((one) => ({ ...one })) ?? null,
    explanation: row.explanation,
    advice: row.explanation === null ? NEXT_STEP[of] : EXPLAINED[row.explanation],
    commands: about === null ? [] : [paidonce('why', about)],
  };
}

const NEXT_STEP: Readonly<Record<DriftClass, string>> = {
  mismatch:
    'The run of the payment has looked, and the two sides still differ. See its reads, and compare with the back office of the gateway.',
  missing_here:
    'Find the transaction in the back office of the gateway. If the store lost the payment (an older backup), have the gateway send the callback again, which brings the payment back; otherwise refund the money there.',
  missing_there:
    'The gateway shows no such transaction. Check that the account and the mode are those of the payment, look for it in the back office, and do not ship before it is found.',
  duplicate:
    'The payer may have paid twice. Decide which transaction pays the order, and give the others back.',
};

const EXPLAINED: Readonly<Record<Explanation, string>> = {
  in_review: 'A person is asked about it: decide with paidonce resolve.',
  dismissed: 'A person has dismissed it, and handles its money. There is nothing to do here.',
  going_back: 'Its money is being given back. There is nothing to do unless that fails.',
  operation_under_way: 'A capture, refund or void is under way. Both sides agree once it has ended.',
  no_money: 'It never held money. There is nothing to do.',
};

export const differenceExample: z.infer<typeof difference> = {
  class: 'missing_there',
  orderReference: '1001',
  payment: PAYMENT_ID,
  sessionId: EXAMPLE.sessionId,
  transactionId: EXAMPLE.transactionId,
  here: { status: 'AUTHORIZED', amount: 72_200, currency: 'NOK', captured: 0, refunded: 0 },
  there: null,
  transactions: null,
  explanation: null,
  advice: NEXT_STEP.missing_there,
  commands: ['paidonce why 1001'],
};
