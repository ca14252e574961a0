/** An order that was paid, as the API shows it. */
import type { Run } from '../../src/cli/why/runs.ts';
import type { Delivery, Payment, Story } from '../../src/cli/why/find-story.ts';

export const NOW = new Date('2026-11-21T12:00:00Z');
export const SERVER = { TEMPORAL_ADDRESS: '127.0.0.1:7233', TEMPORAL_NAMESPACE: 'default' };

type SamplePayment = Story['payments'][number];

export function aStory(...payments: SamplePayment[]): Story {
  return {
    order: {
      reference: '1001',
      status: 'PAID',
      amount: 72_200,
      currency: 'NOK',
      paidAt: '2026-11-21T11:00:00.000Z',
      transactionId: 'T12345678.t',
      payments: payments.map(({ id }) => id),
    },
    payments,
  };
}

export function aPayment(
  changes: Partial<Omit<Payment, 'deliveries'>> & { deliveries?: Partial<Delivery>[] } = {},
): SamplePayment {
  const { deliveries = [], ...rest } = changes;
  return {
    id: 'pay_1',
    status: 'AUTHORIZED',
    gateway: 'dintero',
    orderReference: '1001',
    amount: 72_200,
    currency: 'NOK',
    sessionId: 'T12345678.s',
    checkoutUrl: null,
    transactionId: 'T12345678.t',
    reason: null,
    reviewMark: null,
    dispute: null,
    surplus: [],
    authorizedAmount: 72_200,
    capturedAmount: 0,
    refundedAmount: 0,
    accepted: null,
    paymentMethod: null,
    capture: 'manual',
    returnUrl: null,
    metadata: {},
    merchantReference2: null,
    expiresAt: '2026-11-21T14:00:00.000Z',
    authorizationExpiresAt: null,
    createdAt: '2026-11-21T10:00:00.000Z',
    updatedAt: '2026-11-21T11:00:00.000Z',
    workflow: { workflowId: 'payment/1001/1', runId: null, url: null },
    timeline: [],
    ...rest,
    deliveries: deliveries.map(aDelivery),
  };
}

export function aDelivery(changes: Partial<Delivery> = {}): Delivery {
  return {
    id: 'dlv_1',
    gateway: 'dintero',
    eventId: 'event-1',
    clues: [],
    payment: 'pay_1',
    orderReference: '1001',
    outcome: 'accepted',
    state: 'handled',
    reason: null,
    claim: {},
    method: 'GET',
    target: '/callbacks/dintero',
    receipts: 1,
    receivedAt: '2026-11-21T11:00:00.000Z',
    lastReceivedAt: '2026-11-21T11:00:00.000Z',
    handledAt: null,
    ...changes,
  };
}

export function aRun(changes: Partial<Run> = {}): Run {
  return {
    workflowId: 'payment/1001/1',
    runId: 'run-1',
    status: 'RUNNING',
    startedAt: '2026-11-21T10:00:00.000Z',
    closedAt: null,
    events: 12,
    url: null,
    waitsFor: null,
    problems: null,
    pending: [],
    steps: [],
    ...changes,
  };
}
