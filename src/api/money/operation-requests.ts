/** Requests for captures, refunds and voids: contract §3. */
import { z } from 'zod';
import { MAX_AMOUNT_MINOR } from '../../domain/money.ts';
import { aGateway, amount, aPayment, lineAmount, reference, since1970, text } from '../http/fields.ts';
import { cursorOf, fileFormat, limit } from '../http/pages.ts';
import { operation, OPERATION_KINDS } from './operation-view.ts';

/** References of operations that we start ourselves: claim-give-back.ts and plan.ts in the store. */
const OURS = /^(auto-capture$|give-back-)/;

export const operationReference = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,64}$/, '1 to 64 letters, digits, dots, underscores and hyphens')
  .refine((given) => !OURS.test(given), 'another reference: auto-capture and give-back-… are reserved')
  .meta({
    description:
      'Identifies the operation of its kind at the payment: the same call again moves the money only once',
    examples: ['parcel-1'],
  });

const line = z.strictObject({
  lineId: text(200).meta({ description: "The `lineId` of one of the order's items" }),
  amount: lineAmount,
  quantity: z.number('a number').positive('more than 0').max(1_000_000).optional(),
});

const asked = {
  amount: amount.optional().meta({ description: 'Minor units; without amount and items, all that is left' }),
  reference: operationReference.optional().meta({ description: 'May be given as `Idempotency-Key` instead' }),
  items: z
    .array(line, 'a list of lines')
    .min(1, 'at least one line')
    .max(500, 'at most 500 lines')
    .optional()
    .meta({ description: 'Lines that add up to the amount' }),
};

const reason = text(200).optional();

export const captureRequest = z
  .strictObject({
    ...asked,
    finalCapture: z
      .boolean('true or false')
      .default(false)
      .meta({ description: 'Releases what is left of the authorization, if the payment method can' }),
    reason: reason.meta({ description: 'Kept with the operation' }),
  })
  .superRefine(addsUp)
  .meta({ id: 'Capture' });

export const refundRequest = z
  .strictObject({ ...asked, reason: reason.meta({ description: 'Sent to the gateway' }) })
  .superRefine(addsUp)
  .meta({ id: 'Refund' });

export const voidRequest = z
  .strictObject({
    reference: asked.reference,
    reason: reason.meta({ description: 'Kept with the operation' }),
  })
  .meta({ id: 'Void' });

interface Asked {
  readonly amount?: number | undefined;
  readonly items?: readonly z.infer<typeof line>[] | undefined;
}

function addsUp({ amount: total, items }: Asked, context: z.core.$RefinementCtx): void {
  if (items === undefined) return;
  const complain = (message: string, ...path: PropertyKey[]) =>
    context.addIssue({ code: 'custom', path: ['items', ...path], message });
  const sum = items.reduce((sofar, each) => sofar + each.amount, 0);
  if (total !== undefined && sum !== total) complain(`lines that add up to ${total}; they add up to ${sum}`);
  if (sum < 1 || sum > MAX_AMOUNT_MINOR)
    complain(`lines that add up to 1 to ${MAX_AMOUNT_MINOR}; they add up to ${sum}`);
  const ids = items.map(({ lineId }) => lineId);
  for (const [index, id] of ids.entries())
    if (ids.indexOf(id) !== index) complain('each line at most once', index, 'lineId');
}

export const operationQuery = z.strictObject({
  kind: z
    .enum(OPERATION_KINDS, { error: '"capture", "refund" or "void"' })
    .optional()
    .meta({
      description:
        'Needed if operations of several kinds share the reference; without it the newest is returned',
      examples: ['capture'],
    }),
});

export const allOperationsQuery = z.strictObject({
  status: operation.shape.status
    .optional()
    .meta({ description: '`pending` and `unknown` operations are not finished', examples: ['pending'] }),
  kind: z
    .enum(OPERATION_KINDS, { error: '"capture", "refund" or "void"' })
    .optional()
    .meta({ examples: ['capture'] }),
  cause: operation.shape.cause.optional().meta({ examples: ['operator'] }),
  payment: aPayment,
  order: reference.optional(),
  gateway: aGateway,
  createdAfter: since1970.optional(),
  createdBefore: since1970.optional(),
  problem: text(60)
    .regex(/^[a-z_]+$/, 'a code such as not_confirmed')
    .optional()
    .meta({
      description: 'Only operations that failed with this `problem.code`',
      examples: ['not_confirmed'],
    }),
  limit,
  cursor: cursorOf('op'),
  format: fileFormat,
});

export const operationsQuery = z.strictObject({ limit, cursor: cursorOf('op') });
