/** What the service has written down about order 1001 and about itself, as the document shows it. */
import type { z } from 'zod';
import type { auditEntry } from '../audit-schemas.ts';
import type { health } from '../health-schemas.ts';
import type {
  redeliverRequest,
  resendRequest,
  resentUpdates,
  sentUpdate,
  updateAttempt,
} from '../redelivery-schemas.ts';
import type { delivery } from '../schemas.ts';
import type { searchAnswer } from '../search-schemas.ts';
import { EXAMPLE, GATEWAY, PAYMENT_ID } from './payment-examples.ts';

/** A page that is the last one. */
export function pageWith<Item>(item: Item): { data: Item[]; hasMore: boolean; nextCursor: string | null } {
  return { data: [item], hasMore: false, nextCursor: null };
}

export const callback: z.infer<typeof delivery> = {
  id: 'dlv_01a1fe5c7914050d8703a10b1862',
  gateway: GATEWAY.id,
  eventId: '04a097d4-ea0b-410c-b758-8cf1d4d76a29',
  payment: PAYMENT_ID,
  outcome: 'accepted',
  state: 'handled',
  reason: null,
  claim: { sessionId: EXAMPLE.sessionId, transactionId: EXAMPLE.transactionId },
  method: 'GET',
  target: EXAMPLE.callbackTarget(PAYMENT_ID),
  receipts: 1,
  receivedAt: '2026-11-21T13:47:15.737Z',
  lastReceivedAt: '2026-11-21T13:47:15.737Z',
  handledAt: '2026-11-21T13:47:16.034Z',
};

export const runAgain: z.input<typeof redeliverRequest> = { actor: 'ada', reason: 'ticket 12' };

export const sendAgain = {
  one: { effectId: '1001/order.paid', actor: 'ada', reason: 'ticket 12' },
  all: {
    state: 'gave_up',
    since: '2026-11-20T00:00:00.000Z',
    actor: 'ada',
    reason: 'the shop was away',
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

export const asked: z.infer<typeof auditEntry> = {
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

export const foundBy: z.infer<typeof searchAnswer> = {
  data: [
    {
      kind: 'payment',
      by: 'transaction',
      id: PAYMENT_ID,
      orderReference: '1001',
      paymentId: PAYMENT_ID,
      status: 'AUTHORIZED',
      amount: 72200,
      currency: 'NOK',
      createdAt: '2026-11-21T13:47:12.604Z',
    },
  ],
  hasMore: false,
};

export const healthy: z.infer<typeof health> = {
  status: 'warn',
  checkedAt: '2026-11-22T09:05:00.520Z',
  version: '0.1.0',
  gateways: [{ gateway: GATEWAY.id, account: EXAMPLE.account, mode: 'test' }],
  checks: [
    { name: 'store', state: 'ok', text: 'PostgreSQL: answers, all 14 migrations done' },
    { name: 'worker for payments', state: 'ok', text: '1 polling' },
    {
      name: `${GATEWAY.id} credentials`,
      state: 'ok',
      text: `account ${EXAMPLE.account} (test) lets us in`,
    },
    {
      name: `last complete sweep of ${GATEWAY.id}, created`,
      state: 'warn',
      text: 'none yet',
      todo: 'normal in the first minutes of a new deployment',
    },
  ],
};
