/** The stored updates about order 1001 that the OpenAPI document shows. */
import type { z } from 'zod';
import { PAYMENT_ID } from '../payments/payment-examples.ts';
import type {
  resendRequest,
  resentUpdates,
  sentUpdate,
  updateAttempt,
  updateAttempts,
} from './update-view.ts';

export const sendAgain = {
  one: { effectId: '1001/order.paid', actor: 'ada', reason: 'ticket 12' },
  all: {
    state: 'gave_up',
    since: '2026-11-20T00:00:00.000Z',
    actor: 'ada',
    reason: 'the shop was away',
  },
  some: {
    state: 'pending',
    since: '2026-11-21T12:00:00.000Z',
    until: '2026-11-21T13:00:00.000Z',
    type: 'order.paid',
    minAttempts: 3,
    actor: 'ada',
    reason: 'the shop is back',
  },
} as const satisfies Record<string, z.input<typeof resendRequest>>;

export const heard: z.infer<typeof sentUpdate> = {
  effectId: '1001/order.paid',
  type: 'order.paid',
  orderReference: '1001',
  payment: PAYMENT_ID,
  sequence: 1,
  state: 'delivered',
  attempts: 1,
  lastAnswer: '204',
  queuedAt: '2026-11-21T13:47:16.034Z',
  attemptedAt: '2026-11-21T13:47:16.325Z',
  nextAttemptAt: null,
  finishedAt: '2026-11-21T13:47:16.325Z',
};

export const queuedAgain = {
  one: {
    ...heard,
    state: 'pending',
    lastAnswer: null,
    attemptedAt: null,
    finishedAt: null,
    queuedAt: '2026-11-22T08:00:00.742Z',
    nextAttemptAt: '2026-11-22T08:00:00.742Z',
  },
  all: { queued: 12, hasMore: false },
} as const satisfies Record<string, z.infer<typeof sentUpdate> | z.infer<typeof resentUpdates>>;

export const attempt: z.infer<typeof updateAttempt> = {
  n: 1,
  at: '2026-11-21T13:47:16.274Z',
  status: 204,
  error: null,
  ms: 51,
  answer: null,
};

export const attempts: z.infer<typeof updateAttempts> = {
  data: [attempt],
  hasMore: false,
  nextCursor: null,
  state: 'delivered',
  nextAttemptAt: null,
};
