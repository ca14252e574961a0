/** The shapes of the counts by status. */
import { z } from 'zod';
import { PAYMENT_STATUSES } from '../../domain/payment.ts';
import { MOST_COUNTED } from '../../store/stats/states.ts';

const count = z.int().min(0);

export const statesAnswer = z
  .object({
    data: z
      .array(
        z.object({
          status: z.enum(PAYMENT_STATUSES),
          count: count.max(MOST_COUNTED),
          hasMore: z
            .boolean()
            .meta({ description: `Whether there are more: no status is counted beyond ${MOST_COUNTED}` }),
        }),
      )
      .meta({ description: 'Every status, also those without payments' }),
    lastHour: z
      .object({
        opened: count.meta({ description: 'Payments that were created' }),
        paid: count.meta({ description: 'Orders that became paid' }),
        declined: count,
        failed: count,
        cancelled: count,
        expired: count,
        review: count.meta({ description: 'Payments about which a person is asked' }),
        captured: count.meta({ description: 'Payments that were captured for the first time' }),
        refunded: count.meta({ description: 'Findings of refunds: two of one payment are two' }),
        voided: count,
      })
      .meta({ description: 'How many went this way in the last hour' }),
  })
  .meta({ id: 'States' });

const NOW: Readonly<Record<string, number>> = {
  PENDING: 8,
  AUTHORIZED: 13,
  CAPTURED: 412,
  DECLINED: 21,
  REVIEW: 1,
};

export const statesExample = {
  data: PAYMENT_STATUSES.map((status) => ({ status, count: NOW[status] ?? 0, hasMore: false })),
  lastHour: {
    opened: 31,
    paid: 22,
    declined: 4,
    failed: 0,
    cancelled: 1,
    expired: 0,
    review: 1,
    captured: 19,
    refunded: 2,
    voided: 0,
  },
} satisfies z.infer<typeof statesAnswer>;
